//! The commands and the events of `shipping`.

use serde::{Deserialize, Serialize};

use crate::{address::Address, customer::Customer};

/// Hands a parcel with the order to the carrier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShipOrder {
    /// The order.
    pub order_id: String,
    /// Who gets it.
    pub customer: Customer,
    /// The address; where it is absent, the one that the shop has of the customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ship_to: Option<Address>,
}
waxseal_message::command!(ShipOrder {
    name: "ship-order",
    version: 1,
    recipient: "shipping",
    undo: CancelShipment
});

/// Keeps the parcel of an order back, or calls it back. It undoes [`ShipOrder`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CancelShipment {
    /// The order.
    pub order_id: String,
}
waxseal_message::command!(CancelShipment { name: "cancel-shipment", version: 1, recipient: "shipping" });

impl From<&ShipOrder> for CancelShipment {
    fn from(ship: &ShipOrder) -> Self {
        Self { order_id: ship.order_id.clone() }
    }
}

/// The carrier has the parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PackageShipped {
    /// The order.
    pub order_id: String,
    /// The number on the parcel.
    pub package_id: String,
}
waxseal_message::event!(PackageShipped { name: "package.shipped", version: 1, owner: "shipping" });

/// Somebody has scanned the parcel on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PackageScanned {
    /// The order.
    pub order_id: String,
    /// The number on the parcel.
    pub package_id: String,
    /// The place of the scan, in the carrier's words.
    pub place: String,
    /// Whether it was handed over to its customer.
    pub is_delivered: bool,
}
waxseal_message::event!(PackageScanned { name: "package.scanned", version: 1, owner: "shipping" });

/// No parcel of the order is on its way to the customer, and none will be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShipmentCancelled {
    /// The order.
    pub order_id: String,
    /// The parcel that was called back; absent where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package_id: Option<String>,
}
waxseal_message::event!(ShipmentCancelled { name: "shipment.cancelled", version: 1, owner: "shipping" });
