//! One application, declared once.

pub mod app;
pub mod settings;

pub use app::{App, Deployed, Outside, Program, Retention};
