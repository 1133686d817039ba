//! `order.placed`

use serde::{Deserialize, Serialize};

/// A customer has placed an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderPlaced {
    /// The order.
    pub order: String,
    /// The article.
    pub article: String,
    /// The number of pieces.
    pub pieces: u32,
}
waxseal_message::event!(OrderPlaced { name: "order.placed", version: 1, owner: "orders" });

impl OrderPlaced {
    /// An example, for tests.
    #[must_use]
    pub fn sample() -> Self {
        Self { order: "o-1".into(), article: "hat".into(), pieces: 2 }
    }
}
