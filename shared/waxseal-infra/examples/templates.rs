//! `cargo run --profile ci -p waxseal-infra --example templates`: the CloudFormation templates of an
//! application, and their checks.

use std::error::Error;

use serde::{Deserialize, Serialize};
use waxseal::{Envelope, Fault, Handler, Service, Unit};
use waxseal_catalog::{App, Deployed};
use waxseal_infra::{check, templates};

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

fn main() -> Result<(), Box<dyn Error>> {
    let tracking = Deployed::new(Service::new("tracking").handler(CountScans)).batch(100).window(5);
    let app = App::new("parcels").service(tracking).emitted_elsewhere("parcel.scanned");
    let stacks = templates(&app)?;
    for stack in &stacks {
        println!("# {}.yaml\n{}", stack.name, stack.to_yaml());
    }
    assert_eq!(check(&app, &stacks), []);
    Ok(())
}
