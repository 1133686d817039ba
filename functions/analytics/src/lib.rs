//! The order platform's analytics service.
