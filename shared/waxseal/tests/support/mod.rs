//! The common parts of these tests: a service on a table in memory and a clock that stands still.

// Each test binary uses a part of it, and it has no other readers.
#![allow(dead_code, unreachable_pub, missing_docs)]

use serde::{Deserialize, Serialize};
use waxseal::{
    Engine, Raw, Service, Settings, Timestamp,
    batch::{Content, Record},
};
use waxseal_testing::{Fixture, MemoryTable};

/// 2026-11-21T09:30:00.123Z.
pub fn start() -> Timestamp {
    "2026-11-21T09:30:00.123Z".parse().unwrap()
}

pub fn engine(service: Service) -> (Engine, MemoryTable) {
    engine_with(service, Settings::default())
}

pub fn engine_with(service: Service, settings: Settings) -> (Engine, MemoryTable) {
    let fixture = Fixture::at(start());
    (fixture.engine_with(service, settings), fixture.table)
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PaymentRequested {
    pub order: String,
    /// The amount in minor units.
    pub amount: u64,
    pub card: Card,
}
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Card {
    Visa,
    Amex,
}
waxseal::event!(PaymentRequested { name: "payment.requested", version: 1, owner: "orders" });

pub fn payment(id: &str, data: &str) -> Raw {
    let json = format!(
        r#"{{"eventId":"{id}","eventType":"payment.requested","eventVersion":1,"source":"orders",
        "timestamp":"2026-11-21T09:29:59.001Z","data":{data}}}"#
    );
    Raw::parse(&json).unwrap()
}

pub fn record(id: &str, raw: Raw) -> Record {
    Record::new(id, serde_json::to_vec(&raw).unwrap(), Content::Message(Box::new(raw)))
}
