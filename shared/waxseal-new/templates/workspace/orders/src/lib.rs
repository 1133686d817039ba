//! `orders`: places orders over HTTP, and knows where each one is.

mod http;
mod order;
mod orders;

pub use http::router;
pub use order::{Order, Status};
pub use orders::{Orders, PlaceOrder, Refused};

/// The service, with its handlers.
#[must_use]
pub fn service() -> waxseal::Service {
    waxseal::Service::new("orders").aggregate(Orders)
}
