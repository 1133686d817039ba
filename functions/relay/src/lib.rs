//! The order platform's relay service.
