//! Kinesis data streams: shards of records, in the order in which they were put.

use std::sync::{Arc, MutexGuard};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use waxseal::{Timestamp, lock::Lock};

use crate::{
    clock::Clock,
    limits::Refused,
    signal::{Changed, Signal},
    wire::{ACCOUNT, REGION},
};

/// A Kinesis data stream. Clones are the same stream.
///
/// It keeps every record for as long as the environment lives. The shard of a record follows from its partition key, by
/// another hash than on AWS.
#[derive(Debug, Clone)]
pub struct KinesisStream(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: String,
    clock: Arc<Clock>,
    shards: Lock<Vec<Vec<ShardRecord>>>,
    changed: Signal,
}

/// A record of a shard.
#[derive(Debug, Clone)]
pub(crate) struct ShardRecord {
    pub(crate) number: u64,
    pub(crate) at: Timestamp,
    key: String,
    data: Vec<u8>,
}

/// Source: Kinesis API reference, `PutRecord`: data and key are 1 MiB at most, and a key has 1 to 256 characters.
const LARGEST: usize = 1024 * 1024;

impl KinesisStream {
    pub(crate) fn new(name: &str, shards: usize, clock: Arc<Clock>) -> Self {
        let shards = Lock::new(vec![Vec::new(); shards.max(1)]);
        Self(Arc::new(Inner { name: name.to_owned(), clock, shards, changed: Signal::default() }))
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Puts a record, as a producer does. The result is its sequence number.
    ///
    /// # Errors
    /// Where Kinesis refuses it: a key without characters or with more than 256, or more than 1 MiB.
    pub fn put(&self, key: &str, data: impl Into<Vec<u8>>) -> Result<String, Refused> {
        let data = data.into();
        if !(1..=256).contains(&key.chars().count()) {
            return Err(Refused::new("ValidationException", "a partition key has 1 to 256 characters"));
        }
        if data.len() + key.len() > LARGEST {
            return Err(Refused::new("ValidationException", "data and partition key have more than 1 MiB"));
        }
        let mut shards = self.shards();
        // Numbers grow over all shards, as on AWS over time.
        let number = shards.iter().map(Vec::len).sum::<usize>() as u64 + 1;
        let count = shards.len();
        let shard =
            key.bytes().fold(0_usize, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into())) % count;
        shards[shard].push(ShardRecord { number, at: self.0.clock.now(), key: key.to_owned(), data });
        drop(shards);
        self.0.changed.notify();
        Ok(sequence_number(number))
    }

    fn shards(&self) -> MutexGuard<'_, Vec<Vec<ShardRecord>>> {
        self.0.shards.lock()
    }

    /// The number of its shards.
    #[must_use]
    pub fn shard_count(&self) -> usize {
        self.shards().len()
    }

    pub(crate) fn changed(&self) -> Changed {
        self.0.changed.changed()
    }

    /// Up to `most` records of a shard from a position on.
    pub(crate) fn read(&self, shard: usize, from: usize, most: usize) -> Vec<ShardRecord> {
        let shards = self.shards();
        let Some(records) = shards.get(shard) else { return Vec::new() };
        records.iter().skip(from).take(most).cloned().collect()
    }

    /// Records as Lambda delivers them. Source: Lambda developer guide, "Using Lambda to process records from Amazon Kinesis Data
    /// Streams".
    pub(crate) fn event(&self, shard: usize, records: &[ShardRecord]) -> Value {
        let arn = format!("arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{}", self.name());
        let record = |record: &ShardRecord| {
            let number = sequence_number(record.number);
            #[allow(
                clippy::cast_precision_loss,
                reason = "milliseconds of this millennium are exact in 53 bits"
            )]
            let at = record.at.as_millisecond() as f64 / 1000.0;
            json!({
                "kinesis": {
                    "kinesisSchemaVersion": "1.0",
                    "partitionKey": record.key,
                    "sequenceNumber": number,
                    "data": STANDARD.encode(&record.data),
                    "approximateArrivalTimestamp": at,
                },
                "eventSource": "aws:kinesis",
                "eventVersion": "1.0",
                "eventID": format!("shardId-{shard:012}:{number}"),
                "eventName": "aws:kinesis:record",
                "invokeIdentityArn": format!("arn:aws:iam::{ACCOUNT}:role/local"),
                "awsRegion": REGION,
                "eventSourceARN": arn,
            })
        };
        json!({ "Records": records.iter().map(record).collect::<Vec<_>>() })
    }
}

/// The form of Kinesis: 56 digits.
pub(crate) fn sequence_number(number: u64) -> String {
    format!("4959{number:052}")
}
