//! `cargo run --profile ci -p waxseal-aws-events --example price_list`: a technical event becomes a business event.
//!
//! S3 says that an object was created. A handler says what that means: a price list was received. The other service knows
//! prices, and nothing of S3. A till sends plain JSON, which the service adapts.

use serde::{Deserialize, Serialize};
use serde_json::json;
use waxseal::{Adapted, Entity, Envelope, Fault, Handler, Service, Unit};
use waxseal_aws_events::s3;
use waxseal_catalog::{App, Deployed};
use waxseal_local::{Local, NewMessage};

/// The business event: who sent which list.
#[derive(Serialize, Deserialize)]
struct PriceListReceived {
    supplier: String,
    bucket: String,
    key: String,
}
waxseal::event!(PriceListReceived { name: "price-list.received", version: 1, owner: "intake" });

struct ReceiveFile;
impl Handler for ReceiveFile {
    const NAME: &str = "receive-file";
    type Event = s3::Created;
    type Emits = (PriceListReceived,);

    async fn handle(
        &self,
        file: &Envelope<s3::Created>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        let s3::Created { bucket, object, .. } = &file.data;
        // prices/<supplier>/<file>.csv; every other file is somebody else's matter.
        if let Some(("prices", rest)) = object.key.split_once('/')
            && let Some((supplier, _)) = rest.split_once('/')
        {
            unit.emit(PriceListReceived {
                supplier: supplier.to_owned(),
                bucket: bucket.name.clone(),
                key: object.key.clone(),
            });
        }
        Ok(())
    }
}

/// The event of a till that sends JSON of its own.
#[derive(Serialize, Deserialize)]
struct PriceChecked {
    supplier: String,
}
waxseal::foreign!(PriceChecked { type: "price_checked", source: "till" });

#[derive(Serialize, Deserialize, Default)]
struct Supplier {
    newest: Option<String>,
    checks: u32,
}
impl Entity for Supplier {
    const KIND: &'static str = "supplier";
}

struct ImportPrices;
impl Handler for ImportPrices {
    const NAME: &str = "import-prices";
    type Event = PriceListReceived;
    type Emits = ();

    async fn handle(&self, list: &Envelope<PriceListReceived>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
        let mut supplier = match unit.load::<Supplier>(&list.data.supplier).await? {
            Some(supplier) => supplier,
            None => unit.create(&list.data.supplier, Supplier::default()),
        };
        supplier.newest = Some(list.data.key.clone());
        unit.save(supplier);
        Ok(())
    }
}

struct CountCheck;
impl Handler for CountCheck {
    const NAME: &str = "count-check";
    type Event = PriceChecked;
    type Emits = ();

    async fn handle(&self, check: &Envelope<PriceChecked>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
        let supplier = &check.data.supplier;
        let mut supplier =
            unit.load::<Supplier>(supplier).await?.ok_or_else(|| Fault::retry("no price list yet"))?;
        supplier.checks += 1;
        unit.save(supplier);
        Ok(())
    }
}

fn app() -> App {
    // The bucket has other files too: this rule selects the price lists, and costs nothing for the rest.
    let lists = json!({
        "source": ["aws.s3"], "detail-type": ["Object Created"],
        "detail": { "bucket": { "name": ["uploads"] }, "object": { "key": [{ "prefix": "prices/" }] } },
    });
    let prices = Service::new("prices").handler(ImportPrices).handler(CountCheck).adapt(|record| {
        Ok(Adapted::named(record.text_at("/kind")?).source("till").id(record.text_at("/receipt")?))
    });
    App::new("shop")
        .service(Deployed::new(Service::new("intake").handler(ReceiveFile)).pattern("Object Created", lists))
        .service(prices)
}

fn main() {
    let local = Local::builder().build();
    local.deploy(&app()).expect("the services are sound");

    // S3 tells EventBridge's default bus, twice, and of a file that nobody asked for.
    let created = |id: &str, key: &str| {
        json!({
            "version": "0", "id": id, "detail-type": "Object Created", "source": "aws.s3", "account": "123456789012",
            "time": "2026-11-21T09:30:00Z", "region": "eu-west-1", "resources": ["arn:aws:s3:::uploads"],
            "detail": {
                "version": "0", "bucket": { "name": "uploads" },
                "object": { "key": key, "size": 1024, "sequencer": "0055AED6DCD90281E5" }, "reason": "PutObject",
            },
        })
        .to_string()
    };
    for (id, key) in
        [("e-1", "prices/acme/21 November.csv"), ("e-1", "prices/acme/21 November.csv"), ("e-2", "logo.png")]
    {
        local.put_foreign(&created(id, key)).expect("it is an event");
    }
    local.run_until_idle();

    // The till sends the same check twice: its own id makes it one event.
    let queue = local.queue("prices").expect("it is deployed");
    for _ in 0..2 {
        let check = json!({ "kind": "price_checked", "receipt": "r-17", "supplier": "acme" });
        queue.send(NewMessage::new(check.to_string())).expect("the queue takes it");
    }
    local.run_until_idle();

    let acme = local.read::<Supplier>("prices", "acme").expect("a list was received");
    println!("the newest price list of acme is {:?}, and {} price was checked", acme.newest, acme.checks);
    assert_eq!((acme.newest.as_deref(), acme.checks), (Some("prices/acme/21 November.csv"), 1));
}
