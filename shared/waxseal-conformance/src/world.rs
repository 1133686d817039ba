//! One statement's world: a table, a clock, and functions that each have their own line to the
//! table.
//!
//! Faults are simulated on a function's line, in front of the table. To the protocol a crashed
//! process, a lost answer and an outage are all the same: a line that does not answer.

use std::sync::Arc;

use waxseal_testing::ManualHost;

use super::env::ContractEnv;
pub(super) use super::{
    doubles::{Delays, RecordedDeadLetters},
    line::{Line, WriteFault, breathe},
};
use waxseal::{
    Emission, Engine, Entity, Failure, Outcome, Raw, Service, Settings, Table,
    batch::{Batches, Content, Policy, ReceiptHandle, Record, RecordOutcome, failures},
    dead_letter::{DeadLetter, Returned},
    row::{Receipt, receipt, state},
    table::{Item, Key, attribute},
};

/// The table and the time that a statement's functions share.
pub(super) struct World<T> {
    pub(super) table: T,
    pub(super) clock: Arc<ManualHost>,
}

impl<T: Table + Clone> World<T> {
    pub(super) async fn of<E: ContractEnv<Table = T>>(env: &E) -> Self {
        Self { table: env.table().await, clock: Arc::new(ManualHost::new(env.start())) }
    }

    /// A process that runs `service`, with its own cache and its own line to the table.
    pub(super) fn function(&self, service: Service) -> Function<T> {
        self.function_with(service, Settings::default())
    }

    /// A process with an empty cache: every duplicate is cold.
    pub(super) fn cold(&self, service: Service) -> Function<T> {
        self.function_with(service, settings(|it| it.cache = 0))
    }

    pub(super) fn function_with(&self, service: Service, settings: Settings) -> Function<T> {
        self.function_on(self.line(), service, settings)
    }

    /// A line for a process whose script uses it.
    pub(super) fn line(&self) -> Line<T> {
        Line::new(self.table.clone())
    }

    pub(super) fn function_on(&self, line: Line<T>, service: Service, settings: Settings) -> Function<T> {
        let engine = Engine::new(service, line.clone(), self.clock.clone(), settings)
            .expect("the contract's services are sound");
        Function { engine, line }
    }

    pub(super) async fn item(&self, key: &Key) -> Option<Item> {
        let mut items = self
            .table
            .get(std::slice::from_ref(key))
            .await
            .expect("the table can be read: its line is not cut");
        assert_eq!(items.len(), 1, "a table answers for every key that it was asked for");
        items.remove(0)
    }

    /// The whole stored item, to check that nothing changed it.
    pub(super) async fn receipt_item(&self, consumer: &str, raw: &Raw) -> Option<Item> {
        self.item(&receipt::key(consumer, &raw.source, &raw.id)).await
    }

    pub(super) async fn receipt(&self, consumer: &str, raw: &Raw) -> Option<Receipt> {
        let item = self.receipt_item(consumer, raw).await?;
        Some(Receipt::from_item(&item).expect("what lies under a receipt's key is a receipt"))
    }

    /// The emissions in the consumer's receipt of `raw`.
    pub(super) async fn emitted(&self, consumer: &str, raw: &Raw) -> Vec<Emission> {
        let item = self.receipt_item(consumer, raw).await;
        let text = item.as_ref().and_then(|item| item.get_text(attribute::EMITTED)).unwrap_or("[]");
        waxseal::read_emissions(text).expect("an outbox is a list of emissions")
    }

    pub(super) async fn entity<S: Entity>(&self, id: &str) -> Option<S> {
        let key = state::key::<S>(id);
        let item = self.item(&key).await?;
        let value =
            state::value::<S>(&item).expect("an entity's item has data and a version, and fits its type");
        value.map(|(value, _)| value)
    }
}

/// The default policy with one change.
pub(super) fn policy(change: impl FnOnce(&mut Policy)) -> Policy {
    let mut policy = Policy::default();
    change(&mut policy);
    policy
}

/// The default settings with one change.
pub(super) fn settings(change: impl FnOnce(&mut Settings)) -> Settings {
    let mut settings = Settings::default();
    change(&mut settings);
    settings
}

/// One process: an engine and its line to the table.
pub(super) struct Function<T> {
    pub(super) engine: Engine,
    pub(super) line: Line<T>,
}

impl<T: Table> Function<T> {
    pub(super) async fn deliver(&self, raw: &Raw) -> Result<Outcome, Failure> {
        self.engine.handle(raw).await
    }

    /// Delivers, and counts the requests.
    pub(super) async fn count(&self, raw: &Raw) -> (Result<Outcome, Failure>, usize) {
        let before = self.line.requests();
        let result = self.engine.handle(raw).await;
        (result, self.line.requests() - before)
    }

    /// Runs a batch; the answer to Lambda and the outcomes.
    pub(super) async fn batch(
        &self,
        records: &[Record],
        dead_letters: &RecordedDeadLetters,
        policy: Policy,
    ) -> (Vec<String>, Vec<RecordOutcome>) {
        let batches = Batches::new(self.engine.clone(), dead_letters.clone(), policy);
        let outcomes = batches.run(records, None).await;
        assert_eq!(outcomes.len(), records.len(), "an outcome for each record");
        let failed = failures(records, &outcomes).expect("the contract's records have ids");
        (failed.into_iter().map(str::to_owned).collect(), outcomes)
    }
}

/// The same record after this many receives, with a receipt handle.
pub(super) fn received(times: u32, record: Record) -> Record {
    let handle = ReceiptHandle {
        queue: "arn:aws:sqs:eu-west-1:123456789012:orders".to_owned(),
        handle: record.id.clone(),
    };
    let mut record = record.received(times);
    record.receipt_handle = Some(handle);
    record
}

/// An SQS record that holds `raw`, received for the first time.
pub(super) fn record(id: &str, raw: &Raw) -> Record {
    let body = serde_json::to_vec(raw).expect("an envelope has a JSON form");
    Record::new(id, body, Content::Message(Box::new(raw.clone())))
}

/// The same in a FIFO message group.
pub(super) fn grouped(id: &str, group: &str, raw: &Raw) -> Record {
    record(id, raw).in_group(group.to_owned())
}

/// The record that a redrive of this dead letter delivers.
pub(super) fn redriven(dead_letter: &DeadLetter) -> Record {
    let message = dead_letter.message(1 << 20, |_| true).expect("it is small");
    let returned = Returned::read(message.note()).map(Box::new);
    let raw = Raw::parse(&message.body).expect("an envelope");
    let content = Content::Message(Box::new(raw));
    let mut record = Record::new("redriven", message.body.into_bytes(), content);
    (record.attributes, record.returned) = (message.attributes, returned);
    record
}
