//! What is set aside for one order; also the memory of orders that got nothing, so that a late event changes nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use waxseal::Entity;

/// What became of one order here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// What became of it.
    pub status: ReservationStatus,
    /// Pieces per SKU, all lines together; empty where nothing was set aside.
    pub pieces: BTreeMap<String, u64>,
}

/// What became of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReservationStatus {
    /// Its pieces are set aside.
    Reserved,
    /// There was too little; nothing is set aside.
    Short,
    /// Its pieces were given back.
    Released,
    /// It was cancelled before it was known: it will get nothing.
    CancelledFirst,
}

impl Entity for Reservation {
    const KIND: &'static str = "reservation";
}
