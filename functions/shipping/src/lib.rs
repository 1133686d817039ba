//! `shipping`: hands the parcel of an order to the carrier, and follows its scans.
//!
//! In choreography it ships what `orders` has confirmed. In orchestration `fulfilment` asks for the
//! parcel before the confirmation, and calls it back where the order comes to nothing: the
//! [style](order_events::Style) of the application decides which of them is registered. The scans
//! of the carrier are the same in both.

mod parcels;
mod scan;
mod shipment;

pub use parcels::{ConfirmedOrders, Parcels};
pub use scan::{ScanPackage, Scans};
pub use shipment::{Refused, Shipment, Whereabouts};

/// The handlers of `shipping` in this style.
pub fn service(style: order_events::Style) -> waxseal::Service {
    let service = waxseal::Service::new("shipping").aggregate(Scans);
    match style {
        order_events::Style::Choreography => service.aggregate(ConfirmedOrders),
        order_events::Style::Orchestration => service.aggregate(Parcels),
    }
}
