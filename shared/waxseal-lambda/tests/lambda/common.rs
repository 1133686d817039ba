//! A small service on a table in memory, and what the tests of every source ask about it.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use waxseal::{
    BoxError, Engine, Envelope, Fault, Handler, Host, Service, Settings, Table, Timestamp, Token, Unit,
    batch::{Batches, Policy},
    dead_letter::{DeadLetter, DeadLetters},
    table::{Item, Key, Page, Query, Scan, ScanPage, TableError, Write, WriteError, memory::Items},
};
use waxseal_lambda::{Function, Invocation, Invoke, InvokeError};

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
    pub(crate) letters: Mutex<Vec<DeadLetter>>,
    pub(crate) letters_fail: AtomicBool,
    pub(crate) items: Mutex<Items>,
    pub(crate) table_fails: AtomicBool,
}

impl Seen {
    /// The orders that the handler ran for, sorted: records of no group run at once.
    pub(crate) fn orders(&self) -> Vec<String> {
        let handled = self.handled.lock().unwrap();
        let mut orders: Vec<String> = handled.iter().map(|event| event.data.order_id.clone()).collect();
        orders.sort();
        orders
    }

    pub(crate) fn reasons(&self) -> Vec<String> {
        self.letters.lock().unwrap().iter().map(|letter| letter.reason.clone()).collect()
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

struct MemoryTable(Arc<Seen>);

impl MemoryTable {
    fn reach(&self, action: &'static str) -> Result<(), TableError> {
        let table = "inventory".to_owned();
        match self.0.table_fails.load(Ordering::SeqCst) {
            true => Err(TableError { table, action, source: "connection refused".into() }),
            false => Ok(()),
        }
    }
}

impl Table for MemoryTable {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, TableError> {
        self.reach("GetItem")?;
        let items = self.0.items.lock().unwrap();
        Ok(keys.iter().map(|key| items.get(key).cloned()).collect())
    }
    async fn query(&self, query: &Query) -> Result<Page, TableError> {
        Ok(self.0.items.lock().unwrap().query(query, 100))
    }
    async fn scan(&self, scan: &Scan) -> Result<ScanPage, TableError> {
        Ok(self.0.items.lock().unwrap().scan(scan, 100))
    }
    async fn write(&self, writes: &[Write]) -> Result<(), WriteError> {
        self.reach("PutItem").map_err(WriteError::Unavailable)?;
        self.0.items.lock().unwrap().write(writes).map(|_| ())
    }
}

#[derive(Clone)]
pub(crate) struct RecordedDeadLetters(pub(crate) Arc<Seen>);

impl DeadLetters for RecordedDeadLetters {
    async fn send(&self, letter: DeadLetter) -> Result<(), BoxError> {
        if self.0.letters_fail.load(Ordering::SeqCst) {
            return Err("AWS.SimpleQueueService.NonExistentQueue".into());
        }
        self.0.letters.lock().unwrap().push(letter);
        Ok(())
    }
}

#[derive(Default)]
struct TestHost(AtomicU64);

impl Host for TestHost {
    fn now(&self) -> Timestamp {
        "2026-11-21T09:30:05Z".parse().unwrap()
    }
    fn token(&self) -> Token {
        Token(self.0.fetch_add(1, Ordering::SeqCst).into())
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
    let table = MemoryTable(seen.clone());
    let engine = Engine::new(service, table, Arc::new(TestHost::default()), Settings::default()).unwrap();
    let batches = Batches::new(engine, RecordedDeadLetters(seen.clone()), policy);
    (Function::new(batches), seen)
}

/// A file of `tests/golden`.
pub(crate) fn golden(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/golden/{name}.json", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// A file of the repository's `tests/cases`: inputs from practice.
pub(crate) fn case(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../../tests/cases/{name}.json", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

pub(crate) async fn invoke(function: &impl Invoke, payload: &[u8]) -> Result<String, InvokeError> {
    let invocation =
        Invocation { request_id: "8476a536-e9f4-11e8-9739-2dfe598c3fcd".into(), ..Invocation::default() };
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
