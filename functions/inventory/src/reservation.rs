//! The reservation of one order. It also remembers orders that got nothing, so that a late event
//! changes nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use waxseal::Entity;

/// The reservation of one order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// The status of the reservation.
    pub status: ReservationStatus,
    /// The pieces per SKU, all lines together; empty where nothing was reserved.
    pub pieces: BTreeMap<String, u64>,
}

/// The status of an order's reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReservationStatus {
    /// Its pieces are reserved.
    Reserved,
    /// The stock was too small, so nothing is reserved.
    Short,
    /// Its pieces were released.
    Released,
    /// The order was cancelled before it was known, and gets nothing.
    CancelledFirst,
    /// Its customer sent the pieces back.
    Restocked,
}

impl Entity for Reservation {
    const KIND: &'static str = "reservation";
}
