//! A small service on a table in memory, and what the tests of every source ask about it.

use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use waxseal::{
    Envelope, Fault, Handler, Host, Service, Unit, batch::Policy, dead_letter::DeadLetter, relay::Publish,
};
use waxseal_lambda::{Function, Invocation, Invoke, InvokeError, Relay};
use waxseal_testing::{Fixture, RecordedDeadLetters};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrderPlaced {
    pub(crate) order_id: String,
    pub(crate) sku: String,
    pub(crate) quantity: u32,
    pub(crate) unit_price: u64,
    pub(crate) currency: String,
}
waxseal::event!(OrderPlaced { name: "order.placed", version: 1, owner: "orders" });

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StockReserved {
    pub(crate) order_id: String,
}
waxseal::event!(StockReserved { name: "stock.reserved", version: 1, owner: "inventory" });

/// What happened, in order.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// What the handler was given.
    pub(crate) handled: Mutex<Vec<Envelope<OrderPlaced>>>,
    pub(crate) fixture: Fixture,
}

impl Seen {
    /// The orders that the handler ran for, sorted: records of no group run at once.
    pub(crate) fn orders(&self) -> Vec<String> {
        let handled = self.handled.lock().unwrap();
        let mut orders: Vec<String> = handled.iter().map(|event| event.data.order_id.clone()).collect();
        orders.sort();
        orders
    }

    /// A relay with these channels and this clock, whose dead letters are recorded.
    pub(crate) fn relay<P: Publish>(
        &self,
        channels: P,
        host: Arc<dyn Host>,
    ) -> Relay<P, RecordedDeadLetters> {
        Relay::new("inventory", channels, self.fixture.dead_letters.clone(), host)
    }

    pub(crate) fn dead_letters(&self) -> Vec<DeadLetter> {
        self.fixture.dead_letters.recorded()
    }

    pub(crate) fn reasons(&self) -> Vec<String> {
        self.dead_letters().into_iter().map(|dead_letter| dead_letter.reason).collect()
    }
}

struct ReserveStock(Arc<Seen>);

impl Handler for ReserveStock {
    const NAME: &str = "reserve-stock";
    type Event = OrderPlaced;
    type Emits = (StockReserved,);
    /// The SKU says how it goes.
    async fn handle(
        &self,
        event: &Envelope<OrderPlaced>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        // Lets the other invocations and records of the moment in between.
        tokio::task::yield_now().await;
        tracing::info!(order = event.data.order_id, "reserving");
        self.0.handled.lock().unwrap().push(event.clone());
        match &*event.data.sku {
            "broken" => return Err(Fault::retry("the shelf is stuck")),
            "never" => return Err(Fault::permanent("no such shelf")),
            "panics" => panic!("the shelf fell over"),
            _ => {}
        }
        unit.emit(StockReserved { order_id: event.data.order_id.clone() });
        Ok(())
    }
}

/// The service as a function, and what it sees.
pub(crate) fn inventory() -> (Function, Arc<Seen>) {
    inventory_with(Policy::default())
}

pub(crate) fn inventory_with(policy: Policy) -> (Function, Arc<Seen>) {
    function_of(|service| service, policy)
}

/// The same service, which ignores foreign records of a kind.
pub(crate) fn inventory_that_ignores(kind: &'static str) -> (Function, Arc<Seen>) {
    function_of(|service| service.ignore(kind), Policy::default())
}

fn function_of(declare: impl Fn(Service) -> Service, policy: Policy) -> (Function, Arc<Seen>) {
    let seen = Arc::new(Seen::default());
    let service = declare(Service::new("inventory").handler(ReserveStock(seen.clone())));
    seen.fixture.host.set("2026-11-21T09:30:05Z".parse().unwrap());
    let engine = seen.fixture.engine(service);
    (Function::new(seen.fixture.batches(engine, policy)), seen)
}

/// A file of `tests/golden`.
pub(crate) fn golden(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/golden/{name}.json", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

pub(crate) async fn invoke(function: &impl Invoke, payload: &[u8]) -> Result<String, InvokeError> {
    let invocation = Invocation::new("8476a536-e9f4-11e8-9739-2dfe598c3fcd");
    function.invoke(payload, &invocation).await.map(|response| String::from_utf8(response).unwrap())
}

/// The response that names these as failed.
pub(crate) fn failed(ids: &[&str]) -> String {
    let ids: Vec<String> = ids.iter().map(|id| format!(r#"{{"itemIdentifier":"{id}"}}"#)).collect();
    format!(r#"{{"batchItemFailures":[{}]}}"#, ids.join(","))
}

pub(crate) const OK: &str = r#"{"batchItemFailures":[]}"#;

/// The envelope of an order, as text.
pub(crate) fn order(id: &str, sku: &str) -> String {
    format!(
        r#"{{"eventId":"{id}","eventType":"order.placed","eventVersion":1,"timestamp":"2026-11-21T09:30:00.123Z","source":"orders","correlationId":"web-4711","data":{{"orderId":"{id}","sku":"{sku}","quantity":3,"unitPrice":1250,"currency":"EUR"}}}}"#
    )
}

/// An SQS record; `body` is JSON of any kind.
pub(crate) fn record(id: &str, body: &Value) -> String {
    let id = Value::from(id);
    format!(
        r#"{{"messageId":{id},"receiptHandle":"AQEB…","body":{body},"attributes":{{"ApproximateReceiveCount":"1","SentTimestamp":"1795253401512"}},"messageAttributes":{{}},"md5OfBody":"7b27","eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:eu-central-1:123456789012:inventory","awsRegion":"eu-central-1"}}"#
    )
}

/// A batch of records.
pub(crate) fn batch(records: &[String]) -> Vec<u8> {
    format!(r#"{{"Records":[{}]}}"#, records.join(",")).into_bytes()
}

/// A batch of orders, each as `(message id, sku)`; the order's id is the message's with `o-` before it.
pub(crate) fn orders(orders: &[(&str, &str)]) -> Vec<u8> {
    let records: Vec<String> =
        orders.iter().map(|(id, sku)| record(id, &Value::from(order(&format!("o-{id}"), sku)))).collect();
    batch(&records)
}
