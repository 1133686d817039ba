//! The order platform's payment service.
