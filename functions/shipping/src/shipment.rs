//! The shipment of one order: one parcel.
//!
//! ```text
//! on its way ──scanned at the door──▶ delivered
//!     └──called back──▶ cancelled
//! ```

use order_events::{Address, PackageScanned, PackageShipped, ShipmentCancelled};
use serde::{Deserialize, Serialize};
use waxseal::Entity;

/// The shipment of one order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shipment {
    /// The order.
    pub order_id: String,
    /// The number on the parcel.
    pub package_id: String,
    /// The name on the parcel.
    pub recipient: String,
    /// The address on the parcel; where it is absent, the one that the shop has of the customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ship_to: Option<Address>,
    /// Where the parcel is.
    pub whereabouts: Whereabouts,
    /// The place of the last scan, in the carrier's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_scan: Option<String>,
}

impl Entity for Shipment {
    const KIND: &'static str = "shipment";
}

/// Where a parcel is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Whereabouts {
    /// The carrier has it.
    OnItsWay,
    /// Its customer has it.
    Delivered,
    /// It was called back.
    Cancelled,
}

/// The reason why a message about a parcel was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The customer has it.
    #[error("the parcel of order {0} is delivered: it cannot be called back")]
    Delivered(String),
    /// No parcel of the order was shipped.
    #[error("there is no parcel of order {0}")]
    NoParcel(String),
}

impl Shipment {
    /// The parcel of an order is handed to the carrier. `message_id` is the id of the message that
    /// asks for it: a second run gives the same number.
    pub(crate) fn hand_over(
        state: &mut Option<Self>,
        order_id: &str,
        recipient: &str,
        ship_to: Option<&Address>,
        message_id: &str,
    ) -> Option<PackageShipped> {
        if state.is_some() {
            return None;
        }
        let number: String = message_id.chars().filter(char::is_ascii_alphanumeric).take(12).collect();
        let package_id = format!("WX{}", number.to_ascii_uppercase());
        *state = Some(Self {
            order_id: order_id.to_owned(),
            package_id: package_id.clone(),
            recipient: recipient.to_owned(),
            ship_to: ship_to.cloned(),
            whereabouts: Whereabouts::OnItsWay,
            last_scan: None,
        });
        Some(PackageShipped { order_id: order_id.to_owned(), package_id })
    }

    /// Calls the parcel of an order back, where there is one. A second call changes nothing, and has
    /// an answer.
    pub(crate) fn call_back(state: &mut Option<Self>, order_id: &str) -> Result<ShipmentCancelled, Refused> {
        let package_id = match state {
            Some(shipment) if shipment.whereabouts == Whereabouts::Delivered => {
                return Err(Refused::Delivered(order_id.to_owned()));
            }
            Some(shipment) => {
                shipment.whereabouts = Whereabouts::Cancelled;
                Some(shipment.package_id.clone())
            }
            None => None,
        };
        Ok(ShipmentCancelled { order_id: order_id.to_owned(), package_id })
    }

    /// The carrier scans the parcel. A parcel that was called back is scanned on its way back.
    pub(crate) fn scan(&mut self, place: &str, is_delivered: bool) -> PackageScanned {
        self.last_scan = Some(place.to_owned());
        if is_delivered && self.whereabouts == Whereabouts::OnItsWay {
            self.whereabouts = Whereabouts::Delivered;
        }
        PackageScanned {
            order_id: self.order_id.clone(),
            package_id: self.package_id.clone(),
            place: place.to_owned(),
            is_delivered: self.whereabouts == Whereabouts::Delivered,
        }
    }
}
