//! `inventory`: reserves stock for orders, all of an order or nothing, and releases it.
//!
//! It reacts to the events of `orders`, or takes the commands of `fulfilment`: the
//! [style](order_events::Style) of the application decides which of them are registered.
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

/// The handlers of `inventory` in this style. Returns are the same in both.
pub fn service(style: order_events::Style) -> waxseal::Service {
    let service =
        waxseal::Service::new("inventory").aggregate(receive::Intake).handler(release::OnOrderReturned);
    match style {
        order_events::Style::Choreography => {
            service.handler(reserve::OnOrderPlaced).handler(release::OnOrderCancelled)
        }
        order_events::Style::Orchestration => {
            service.handler(reserve::OnReserveStock).handler(release::OnReleaseStock)
        }
    }
}
