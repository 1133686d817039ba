//! `shipping`: ships what was ordered.

mod ship_order;

pub use ship_order::{Parcel, ShipOrder};

/// The service, with its handlers.
#[must_use]
pub fn service() -> waxseal::Service {
    waxseal::Service::new("shipping").handler(ShipOrder)
}
