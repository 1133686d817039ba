//! One application, declared once.

pub mod settings;
