//! The order platform's orders service.
