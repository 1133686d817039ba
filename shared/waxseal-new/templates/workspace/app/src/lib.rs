//! The application: which services there are and how they run.

mod customers;

pub use customers::place_orders;
use waxseal_catalog::{App, Deployed};

/// The application. The embedded environment, the templates and the command line read it.
#[must_use]
pub fn app() -> App {
    App::new("{{app}}")
        .service(Deployed::new(orders::service()).http(orders::router).max_receives(10))
        .service(Deployed::new(shipping::service()).max_receives(10))
}
