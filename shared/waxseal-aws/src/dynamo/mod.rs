//! The DynamoDB table: consistent reads, and the one conditional write request that is a commit.
//!
//! Two things retry, and neither retries what the other does. The SDK retries connections, 5xx and throttled requests.
//! [`Backoff`] retries what the SDK takes for a verdict but only means "not now": a transaction cancelled by contention
//! or throttling, and the keys that a batch read left unprocessed.
//!
//! No `ClientRequestToken` is set here. The SDK makes one for each call of `TransactWriteItems` and repeats it on its own
//! retries, where DynamoDB answers a repeat with success; but a plain `PutItem` has none, ten minutes later it is
//! forgotten, and with other content it is refused. The owner token in every written item covers all of these: the
//! refused repeat shows the item, and [`waxseal::table::settle`] finds our own token on it (C-2).

mod attributes;
mod backoff;
mod body;
mod condition;
mod connect;
mod pages;
mod read;
mod write;

use std::fmt;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::{
    Client,
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};
use waxseal::{
    BoxError, Table,
    table::{Found, Item, Key, Page, Query, Scan, ScanPage, TableError, Write, WriteError},
};
use waxseal_catalog::settings::TABLE;

use self::backoff::Backoff;
use crate::call::{CallError, Target};

/// A service's own DynamoDB table: partition key `pk` and sort key `sk`, both texts, TTL on `expires_at`.
///
/// Attributes other than texts and whole numbers are [`Foreign`](waxseal::table::Foreign): an entity that has one fails the message that
/// reads it, by item and attribute. Skipping it would be worse: a commit replaces the item whole, so what a read left out would
/// be deleted without a word.
#[derive(Clone)]
pub struct Dynamo {
    client: Client,
    name: String,
    target: Target,
    backoff: Backoff,
}

impl fmt::Debug for Dynamo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dynamo").field("table", &self.name).finish_non_exhaustive()
    }
}

impl Dynamo {
    /// The table of this name or ARN. A function's `main` gets it from [`Environment::table`](crate::Environment::table).
    #[must_use]
    pub fn new(sdk: &SdkConfig, name: impl Into<String>) -> Self {
        let name = name.into();
        let target = Target {
            what: format!("table {name}"),
            variable: TABLE.name.to_owned(),
            service: "DYNAMODB",
            region: sdk.region().map_or_else(|| "no region".to_owned(), ToString::to_string),
            endpoint: sdk.endpoint_url().map(str::to_owned),
        };
        Self::at(Client::new(sdk), name, target)
    }

    pub(crate) fn at(client: Client, name: String, target: Target) -> Self {
        Self { client, name, target, backoff: Backoff::default() }
    }

    fn error(&self, action: &'static str, source: impl Into<BoxError>) -> TableError {
        TableError { table: self.name.clone(), action, source: source.into() }
    }

    fn failed<E>(&self, action: &'static str, error: &SdkError<E, HttpResponse>) -> TableError
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        self.error(action, CallError::of(error).at(&self.target, &format!("dynamodb:{action}")))
    }
}

impl Table for Dynamo {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, TableError> {
        match keys {
            [] => Ok(Vec::new()),
            [key] => Ok(vec![self.get_one(key).await?]),
            keys => self.get_several(keys).await?.into_iter().collect(),
        }
    }

    async fn get_each(&self, keys: &[Key]) -> Result<Vec<Found>, TableError> {
        match keys {
            [] => Ok(Vec::new()),
            [key] => Ok(vec![Ok(self.get_one(key).await?)]),
            keys => self.get_several(keys).await,
        }
    }

    async fn query(&self, query: &Query) -> Result<Page, TableError> {
        self.query_page(query).await
    }

    async fn scan(&self, scan: &Scan) -> Result<ScanPage, TableError> {
        self.scan_page(scan).await
    }

    async fn write(&self, writes: &[Write]) -> Result<(), WriteError> {
        self.write_all(writes).await
    }

    async fn connect(&self) -> Result<(), TableError> {
        self.open().await
    }
}
