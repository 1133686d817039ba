//! The order platform's notification service.
