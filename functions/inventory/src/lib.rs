//! `inventory`: reserves stock for orders, all of an order or nothing, and releases it.
//!
//! Reserving and releasing change several SKUs and the reservation in one transaction. Events may
//! arrive in any order: an order that is cancelled before it is known here reserves nothing later.

mod receive;
mod release;
mod reservation;
mod reserve;
mod stock;
pub mod stock_file;

pub use receive::{ReceiveStock, receive};
pub use reservation::{Reservation, ReservationStatus};
pub use reserve::{MOST_SKUS, Unfit};
pub use stock::{ImpossibleStock, Stock};

/// The handlers of `inventory`.
pub fn service() -> waxseal::Service {
    waxseal::Service::new("inventory")
        .handler(reserve::ReserveStock)
        .handler(release::ReleaseStock)
        .aggregate(receive::Intake)
}
