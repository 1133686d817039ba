//! `cargo run --profile ci -p waxseal-local --example redrive`: a dead letter and its way back.
//!
//! A carrier's API key is wrong, so a parcel is dead-lettered with its reason. After the correction
//! the dead letter is redriven, and the parcel is collected once.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use serde::{Deserialize, Serialize};
use waxseal::{Entity, Envelope, Fault, Handler, Service, Unit};
use waxseal_local::Local;

#[derive(Serialize, Deserialize)]
struct ParcelPacked {
    parcel: String,
}
waxseal::event!(ParcelPacked { name: "parcel.packed", version: 1, owner: "warehouse" });

#[derive(Serialize, Deserialize)]
struct Collection {
    parcel: String,
}
impl Entity for Collection {
    const KIND: &'static str = "collection";
}

struct Collect {
    has_key: Arc<AtomicBool>,
}
impl Handler for Collect {
    const NAME: &str = "collect";
    type Event = ParcelPacked;
    type Emits = ();

    async fn handle(&self, packed: &Envelope<ParcelPacked>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
        if !self.has_key.load(Ordering::Relaxed) {
            return Err(Fault::permanent("the carrier refuses the API key"));
        }
        let parcel = &packed.data.parcel;
        let collection = unit.create(parcel, Collection { parcel: parcel.clone() });
        unit.save(collection);
        Ok(())
    }
}

fn main() {
    let has_key = Arc::new(AtomicBool::new(false));
    let local = Local::builder().quiet_dead_letters().build();
    let collect = Collect { has_key: has_key.clone() };
    local.deploy_service(Service::new("carrier").handler(collect)).expect("the service is sound");

    let packed = Envelope::starting("e1", "warehouse", local.now(), ParcelPacked { parcel: "p1".into() });
    local.put(&packed.into_raw().expect("it is JSON")).expect("the bus takes it");
    local.run_until_idle();

    // The fault is permanent, so the first attempt is the last.
    let dead_letters = local.dead_letters("carrier").expect("it is deployed").peek();
    let note = dead_letters[0].note().expect("a function wrote it");
    println!("dead-lettered: {} {}", note.code.expect("it has a code"), note.reason);

    has_key.store(true, Ordering::Relaxed);
    let moved = local.redrive("carrier").expect("it is deployed");
    local.run_until_idle();

    let collection = local.read::<Collection>("carrier", "p1").expect("it was redriven");
    assert!(local.dead_letters("carrier").expect("it is deployed").is_empty());
    println!("redriven: {moved}; collected: {}", collection.parcel);
}
