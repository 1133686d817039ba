//! `parcel.shipped`

use serde::{Deserialize, Serialize};

/// The parcel of an order is on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParcelShipped {
    /// The order.
    pub order: String,
}
waxseal_message::event!(ParcelShipped { name: "parcel.shipped", version: 1, owner: "shipping" });

impl ParcelShipped {
    /// An example, for tests.
    #[must_use]
    pub fn sample() -> Self {
        Self { order: "o-1".into() }
    }
}
