//! The commands and the events of `inventory`.

use serde::{Deserialize, Serialize};
use waxseal_message::Channel;

use crate::{currency::Currency, line::Line};

/// Sets everything in the order aside for it, or nothing. [`StockReserved`] or [`StockShort`] is the
/// reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReserveStock {
    /// The order.
    pub order_id: String,
    /// The articles and their prices.
    pub lines: Vec<Line>,
    /// The currency of the prices.
    pub currency: Currency,
    /// The token that the payment gateway charges: `stock.reserved` carries it.
    pub payment_token: String,
}
waxseal_message::command!(ReserveStock {
    name: "reserve-stock",
    version: 1,
    recipient: "inventory",
    undo: ReleaseStock
});

/// Gives back what is set aside for the order. It undoes [`ReserveStock`]; [`StockReleased`] is the
/// reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseStock {
    /// The order.
    pub order_id: String,
}
waxseal_message::command!(ReleaseStock { name: "release-stock", version: 1, recipient: "inventory" });

impl From<&ReserveStock> for ReleaseStock {
    fn from(reserve: &ReserveStock) -> Self {
        Self { order_id: reserve.order_id.clone() }
    }
}

/// Everything in the order is set aside for it. Carries what payment needs, so that payment need
/// not have heard `order.placed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StockReserved {
    /// The order.
    pub order_id: String,
    /// The price, in minor units.
    pub total: u64,
    /// The total's currency.
    pub currency: Currency,
    /// The token that the payment gateway charges.
    pub payment_token: String,
}
waxseal_message::event!(StockReserved { name: "stock.reserved", version: 1, owner: "inventory" });

/// Not everything in the order is in stock; nothing was set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StockShort {
    /// The order.
    pub order_id: String,
    /// Each SKU of which there is too little.
    pub short: Vec<ShortLine>,
}
waxseal_message::event!(StockShort { name: "stock.short", version: 1, owner: "inventory" });

/// An SKU of which there is too little.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShortLine {
    /// The article.
    pub sku: String,
    /// How many the order wants, all its lines together.
    pub wanted: u64,
    /// How many there were.
    pub on_hand: u64,
}

/// Nothing is set aside for the order any more, or ever was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StockReleased {
    /// The order.
    pub order_id: String,
}
waxseal_message::event!(StockReleased { name: "stock.released", version: 1, owner: "inventory" });

/// The pieces of a returned order are on the shelf again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StockRestocked {
    /// The order.
    pub order_id: String,
}
waxseal_message::event!(StockRestocked { name: "stock.restocked", version: 1, owner: "inventory" });

/// How much there is of an article has changed. On a topic: many want to hear it, at a high rate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StockLevelChanged {
    /// The article.
    pub sku: String,
    /// How many can be ordered now.
    pub on_hand: u64,
    /// How many are set aside now.
    pub reserved: u64,
}
waxseal_message::event!(StockLevelChanged {
    name: "stock.level-changed",
    version: 1,
    owner: "inventory",
    channel: Channel::Topic("stock"),
});
