//! `cargo run --profile ci -p waxseal-local --example faults`: a service on a bad day, and a seed that gives
//! the same run again.

use std::error::Error;

use serde::{Deserialize, Serialize};
use waxseal::{Entity, Envelope, Fault, Handler, Service, Unit};
use waxseal_local::{Faults, Local};

#[derive(Serialize, Deserialize)]
struct ParcelScanned {
    parcel: String,
}
waxseal::event!(ParcelScanned { name: "parcel.scanned", version: 1, owner: "shipping" });

#[derive(Serialize, Deserialize, Default)]
struct Scans {
    count: u64,
}
impl Entity for Scans {
    const KIND: &'static str = "scans";
}

struct CountScans;
impl Handler for CountScans {
    const NAME: &str = "count-scans";
    type Event = ParcelScanned;
    type Emits = ();

    async fn handle(&self, event: &Envelope<ParcelScanned>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
        let parcel = &event.data.parcel;
        let mut scans = match unit.load::<Scans>(parcel).await? {
            Some(scans) => scans,
            None => unit.create(parcel, Scans::default()),
        };
        scans.count += 1;
        unit.save(scans);
        Ok(())
    }
}

/// Scans one parcel 200 times, and returns the count, the deliveries and the duplicates among them.
fn run(seed: u64) -> Result<(u64, u64, u64), Box<dyn Error>> {
    let local = Local::builder().seed(seed).faults(Faults::bad_day()).build();
    local.deploy_service(Service::new("tracking").handler(CountScans))?;
    for number in 0..200 {
        let scanned = ParcelScanned { parcel: "p-1".into() };
        let id = format!("scan-{number}");
        local.put(&Envelope::starting(id, "shipping", local.now(), scanned).into_raw()?)?;
    }
    local.run_until_idle();
    let count = local.read::<Scans>("tracking", "p-1").map_or(0, |scans| scans.count);
    Ok((count, local.deliveries(), local.duplicates()))
}

fn main() -> Result<(), Box<dyn Error>> {
    let (count, deliveries, duplicates) = run(7)?;
    println!("200 scans, {deliveries} deliveries, {duplicates} duplicates absorbed: {count} counted");
    assert_eq!(count, 200);
    assert_eq!(run(7)?, (count, deliveries, duplicates), "one seed gives one run");
    Ok(())
}
