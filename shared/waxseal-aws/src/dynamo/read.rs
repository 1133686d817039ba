//! Reads: strongly consistent, in as few requests as there can be.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use foldhash::HashMapExt as _;
use waxseal::table::{Found, Item, Key, TableError};

use super::{
    attributes,
    body::{Reads, replacing, written},
    client::Dynamo,
};
use crate::{call::CallError, code::Code};

/// Keys in one `BatchGetItem`. Source: DynamoDB API reference.
const LARGEST_BATCH: usize = 100;

/// The answer of a batch read for one key.
#[derive(Clone)]
enum Answer {
    Read(Option<Item>),
    /// It was among `left` of `of` keys that stayed unprocessed.
    Unprocessed {
        left: usize,
        of: usize,
    },
}

impl Dynamo {
    pub(super) async fn get_one(&self, key: &Key) -> Result<Option<Item>, TableError> {
        const ACTION: &str = "GetItem";
        let output = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(attributes::of_key(key)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| self.failed(ACTION, &error))?;
        output.item.map(attributes::to_item).transpose().map_err(|foreign| self.error(ACTION, foreign))
    }

    /// A key that DynamoDB leaves unprocessed again and again is an error for those that asked for it.
    pub(super) async fn get_several(&self, keys: &[Key]) -> Result<Vec<Found>, TableError> {
        const ACTION: &str = "BatchGetItem";
        // A batch may not name a key twice, a caller may.
        let mut distinct: Vec<Key> = Vec::with_capacity(keys.len());
        let mut places: foldhash::HashMap<&Key, usize> = foldhash::HashMap::with_capacity(keys.len());
        for key in keys {
            places.entry(key).or_insert_with(|| {
                distinct.push(key.clone());
                distinct.len() - 1
            });
        }
        let mut found: Vec<Answer> = distinct.iter().map(|_| Answer::Read(None)).collect();
        for chunk in distinct.chunks(LARGEST_BATCH) {
            let mut open = chunk.to_vec();
            let mut retries = self.retries.start();
            loop {
                let body = written(&Reads::new(&self.name, &open), open.len())
                    .map_err(|error| self.error(ACTION, error))?;
                // The SDK looks for the table in it: an endpoint may depend on it.
                let of_table = KeysAndAttributes::builder().set_keys(Some(Vec::new())).build();
                let of_table = of_table.map_err(|error| self.error(ACTION, error))?;
                let sent = self.client.batch_get_item().request_items(&self.name, of_table);
                let output = sent.customize().map_request(replacing(ACTION, body)).send().await;
                let output = output.map_err(|error| self.failed(ACTION, &error))?;
                // By value, whatever the answer calls the table: a request by ARN may be answered by name.
                for stored in output.responses.into_iter().flat_map(HashMap::into_values).flatten() {
                    let item = attributes::to_item(stored).map_err(|foreign| self.error(ACTION, foreign))?;
                    if let Some(place) = places.get(&item.key) {
                        found[*place] = Answer::Read(Some(item));
                    }
                }
                open.clear();
                let left = output.unprocessed_keys.into_iter().flat_map(HashMap::into_values);
                for key in left.flat_map(|left| left.keys) {
                    open.push(attributes::to_item(key).map_err(|foreign| self.error(ACTION, foreign))?.key);
                }
                if open.is_empty() {
                    break;
                }
                if !retries.wait().await {
                    for place in open.iter().filter_map(|key| places.get(key)) {
                        found[*place] = Answer::Unprocessed { left: open.len(), of: chunk.len() };
                    }
                    break;
                }
            }
        }
        let answer = |answer: Answer| {
            match answer {
            Answer::Read(item) => Ok(item),
            Answer::Unprocessed { left, of } => Err(self.error(
                ACTION,
                CallError::new(
                    Code::Throttled,
                    format!(
                        "{left} of {of} keys stayed unprocessed after several tries: raise the capacity of {}",
                        self.target.what,
                    ),
                ),
            )),
        }
        };
        if distinct.len() == keys.len() {
            return Ok(found.into_iter().map(answer).collect());
        }
        let found =
            keys.iter().map(|key| places.get(key).map_or(Answer::Read(None), |place| found[*place].clone()));
        Ok(found.map(answer).collect())
    }
}
