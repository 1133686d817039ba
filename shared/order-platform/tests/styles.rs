//! Both styles on the same orders, as STYLES.md compares them.
#![allow(clippy::unwrap_used, reason = "a panic is a test's verdict")]

use std::path::Path;

use order_platform::{
    Stock, Style,
    compare::{Measured, good_day},
    read,
};
use waxseal_local::Faults;

fn sample(path: &str) -> Vec<u8> {
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)).unwrap()
}

/// The first lines of the sample.
fn measured(style: Style, faults: Faults) -> Measured {
    let stock = Stock::parse(&sample("functions/inventory/samples/stock.jsonl"));
    let orders = sample("functions/orders/samples/orders.jsonl");
    let few: Vec<u8> = orders.split_inclusive(|byte| *byte == b'\n').take(60).flatten().copied().collect();
    Measured::of(style, &stock, &few, faults).unwrap()
}

#[test]
fn orchestration_has_more_messages_and_writes_and_one_busy_table() {
    let [choreography, orchestration] = Style::ALL.map(|style| measured(style, good_day()));
    // How many are confirmed depends on the moment of a cancellation.
    assert_eq!(choreography.placed, orchestration.placed);
    assert_eq!((choreography.hops, orchestration.hops), (4, 9));
    assert!(orchestration.messages > choreography.messages);
    assert!(orchestration.write_units > choreography.write_units);
    let coordinator = orchestration.requests["fulfilment"];
    assert!(orchestration.requests.values().all(|requests| *requests <= coordinator));
    assert!(!choreography.requests.contains_key("fulfilment"));
    for run in [&choreography, &orchestration] {
        assert_eq!(run.times.len() as u64, run.confirmed);
        assert!(run.percentile(50) <= run.percentile(99) && !run.percentile(50).is_zero());
    }
}
