//! `cargo run --profile ci -p waxseal-lambda --example function`: a function handles a batch of SQS.
//!
//! The batch has two records: an order, and a body that no source sends. The order is handled, the other record is a dead letter.
//! The second run shows that a repeated delivery has no further effect.

use std::{error::Error, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::json;
use waxseal::{
    Engine, Envelope, Fault, Handler, Service, Settings, Unit,
    batch::{Batches, Policy},
};
use waxseal_lambda::{Function, Invocation, Invoke};
use waxseal_testing::{ManualHost, MemoryTable, RecordedDeadLetters};

#[derive(Serialize, Deserialize)]
struct OrderPlaced {
    sku: String,
}
waxseal::event!(OrderPlaced { name: "order.placed", version: 1, owner: "orders" });

#[derive(Serialize, Deserialize)]
struct StockReserved {
    sku: String,
}
waxseal::event!(StockReserved { name: "stock.reserved", version: 1, owner: "inventory" });

struct Reserve;

impl Handler for Reserve {
    const NAME: &str = "reserve";
    type Event = OrderPlaced;
    type Emits = (StockReserved,);

    async fn handle(
        &self,
        event: &Envelope<OrderPlaced>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        println!("reserving {}", event.data.sku);
        unit.emit(StockReserved { sku: event.data.sku.clone() });
        Ok(())
    }
}

fn record(id: &str, body: &str) -> serde_json::Value {
    json!({
        "messageId": id, "receiptHandle": "r", "body": body, "messageAttributes": {},
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1795253401512"},
        "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:inventory",
    })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    // On AWS `waxseal_aws::Environment` gives the table, the host and the dead-letter queue.
    let (table, dead_letters) = (MemoryTable::default(), RecordedDeadLetters::default());
    let host = Arc::new(ManualHost::new("2026-11-21T09:30:05Z".parse()?));
    let service = Service::new("inventory").handler(Reserve);
    let engine = Engine::new(service, table.clone(), host, Settings::default())?;
    let function = Function::new(Batches::new(engine, dead_letters.clone(), Policy::default()));

    let time = "2026-11-21T09:30:00Z".parse()?;
    let order = Envelope::starting("e-1", "orders", time, OrderPlaced { sku: "hat".to_owned() });
    let order = serde_json::to_string(&order)?;
    let batch = json!({"Records": [record("m-1", &order), record("m-2", "{\"sku\":\"scarf\"}")]}).to_string();
    for run in 1..=2 {
        let response = function.invoke(batch.as_bytes(), &Invocation::default()).await?;
        println!("run {run}: {}", String::from_utf8(response)?);
    }
    for dead_letter in dead_letters.recorded() {
        println!("dead letter {}: {}: {}", dead_letter.record, dead_letter.code, dead_letter.reason);
    }
    println!("{} item in the table: the receipt", table.items().iter().count());
    Ok(())
}
