//! The messages of a fulfilment: each names its order.

use serde::{Deserialize, Serialize};
use waxseal::{command, event};

macro_rules! messages {
    ($($name:ident),+) => {
        $(#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        pub(crate) struct $name {
            pub(crate) order: String,
        }
        impl $name {
            pub(crate) fn of(order: &str) -> Self {
                Self { order: order.to_owned() }
            }
        })+
    };
}
macro_rules! undoes {
    ($($undo:ident: $command:ident),+) => {
        $(impl From<&$command> for $undo {
            fn from(command: &$command) -> Self {
                Self::of(&command.order)
            }
        })+
    };
}

messages!(OrderPlaced, OrderCancelled, OrderConfirmed, OrderFailed, FulfilmentStuck);
event!(OrderPlaced { name: "order.placed", version: 1, owner: "orders" });
event!(OrderCancelled { name: "order.cancelled", version: 1, owner: "orders" });
event!(OrderConfirmed { name: "order.confirmed", version: 1, owner: "fulfilment" });
event!(OrderFailed { name: "order.failed", version: 1, owner: "fulfilment" });
event!(FulfilmentStuck { name: "fulfilment.stuck", version: 1, owner: "fulfilment" });

messages!(ReserveStock, ReleaseStock, StockReserved, StockRejected, StockReleased);
command!(ReserveStock { name: "reserve-stock", version: 1, recipient: "inventory", undo: ReleaseStock });
command!(ReleaseStock { name: "release-stock", version: 1, recipient: "inventory" });
event!(StockReserved { name: "stock.reserved", version: 1, owner: "inventory" });
event!(StockRejected { name: "stock.rejected", version: 1, owner: "inventory" });
event!(StockReleased { name: "stock.released", version: 1, owner: "inventory" });

messages!(ChargePayment, ChargeForGood, RefundPayment, PaymentCaptured, PaymentDeclined, PaymentRefunded);
command!(ChargePayment { name: "charge-payment", version: 1, recipient: "payment", undo: RefundPayment });
command!(ChargeForGood { name: "charge-for-good", version: 1, recipient: "payment" });
command!(RefundPayment { name: "refund-payment", version: 1, recipient: "payment" });
event!(PaymentCaptured { name: "payment.captured", version: 1, owner: "payment" });
event!(PaymentDeclined { name: "payment.declined", version: 1, owner: "payment" });
event!(PaymentRefunded { name: "payment.refunded", version: 1, owner: "payment" });

messages!(ShipOrder, CancelShipment, OrderShipped, ShipmentCancelled);
command!(ShipOrder { name: "ship-order", version: 1, recipient: "shipping", undo: CancelShipment });
command!(CancelShipment { name: "cancel-shipment", version: 1, recipient: "shipping" });
event!(OrderShipped { name: "order.shipped", version: 1, owner: "shipping" });
event!(ShipmentCancelled { name: "shipment.cancelled", version: 1, owner: "shipping" });

undoes!(ReleaseStock: ReserveStock, RefundPayment: ChargePayment, CancelShipment: ShipOrder);
