//! One application, declared once.
