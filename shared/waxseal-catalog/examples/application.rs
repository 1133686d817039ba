//! `cargo run --profile ci -p waxseal-catalog --example application`: one application, its routes and its
//! mistakes.

use serde::{Deserialize, Serialize};
use waxseal::{Envelope, Fault, Handler, Service, Unit};
use waxseal_catalog::{App, Deployed};

#[derive(Serialize, Deserialize)]
struct ParcelScanned {
    parcel: String,
}
waxseal::event!(ParcelScanned { name: "parcel.scanned", version: 1, owner: "shipping" });

struct CountScans;
impl Handler for CountScans {
    const NAME: &str = "count-scans";
    type Event = ParcelScanned;
    type Emits = ();

    async fn handle(&self, _: &Envelope<ParcelScanned>, _: &mut Unit<'_, ()>) -> Result<(), Fault> {
        Ok(())
    }
}

fn main() {
    let tracking = Deployed::new(Service::new("tracking").handler(CountScans)).batch(100).window(5);
    let app = App::new("parcels").service(tracking);
    for finding in app.check() {
        println!("{finding}");
    }
    assert_eq!(app.check().len(), 2);

    // Another system emits the event: now the application has no finding.
    let app = app.emitted_elsewhere("parcel.scanned");
    assert_eq!(app.check(), []);
    println!("{:#?}", app.routes(&app.services[0]).mapping);
}
