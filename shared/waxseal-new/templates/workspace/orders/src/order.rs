//! An order.

use serde::{Deserialize, Serialize};
use waxseal::Entity;

/// Where an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It was placed.
    Placed,
    /// Its parcel is on its way.
    Shipped,
}

/// An order, an item of the service's table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The article.
    pub article: String,
    /// The number of pieces.
    pub pieces: u32,
    /// Where it is.
    pub status: Status,
}

impl Entity for Order {
    const KIND: &'static str = "order";
}
