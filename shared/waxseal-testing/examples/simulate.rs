//! cargo run -p waxseal-testing --features local --example simulate
//!
//! An application on a hundred seeds of a bad day: duplicates, reordering, crashes, lost answers. Every parcel is counted once.

use serde::{Deserialize, Serialize};
use waxseal::{Entity, Envelope, Fault, Handler, Raw, Service, Timestamp, Unit};
use waxseal_catalog::{App, Deployed};
use waxseal_local::Local;
use waxseal_testing::simulation::simulate_app;

#[derive(Serialize, Deserialize)]
struct ParcelScanned {
    parcel: String,
}
waxseal::event!(ParcelScanned { name: "parcel.scanned", version: 1, owner: "shipping" });

#[derive(Default, Serialize, Deserialize)]
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

/// Ten scans of three parcels.
fn scans(seed: u64) -> Vec<Raw> {
    let scan = |n: u64| {
        let data = ParcelScanned { parcel: format!("p-{}", (seed + n) % 3) };
        Envelope::starting(format!("e-{n}"), "shipping", Timestamp::UNIX_EPOCH, data).into_raw()
    };
    (0..10).filter_map(|n| scan(n).ok()).collect()
}

fn every_scan_counts_once(local: &Local) -> Result<(), String> {
    let counts = (0..3).filter_map(|n| local.read::<Scans>("counter", &format!("p-{n}")));
    match counts.map(|scans| scans.count).sum() {
        10 => Ok(()),
        other => Err(format!("10 scans count {other} times")),
    }
}

fn main() {
    let app = || {
        App::new("parcels")
            .emitted_elsewhere("parcel.scanned")
            .service(Deployed::new(Service::new("counter").handler(CountScans)))
    };
    let summaries = simulate_app(app, 0..100, scans, &[("every scan counts once", &every_scan_counts_once)]);
    let duplicates: u64 = summaries.iter().map(|(_, duplicates)| duplicates).sum();
    assert!(duplicates > 0, "a bad day has duplicates");
    println!("100 seeds hold; {duplicates} duplicate deliveries had no effect");
}
