//! The order platform's inventory service.
