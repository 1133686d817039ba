//! `{{service}}`: say here what it is for.

mod {{handler_module}};

pub use {{handler_module}}::{{{Handler}}, {{Handler}}State};

/// The service, with its handlers.
#[must_use]
pub fn service() -> waxseal::Service {
    waxseal::Service::new("{{service}}").handler({{Handler}})
}
