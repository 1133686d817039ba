//! The handle of a table, and its errors.

use std::{collections::HashMap, fmt};

use aws_config::SdkConfig;
use aws_sdk_dynamodb::{
    Client,
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
    types::AttributeValue,
};
use waxseal::{
    BoxError,
    table::{Item, TableError},
};
use waxseal_catalog::settings::TABLE;

use super::{attributes, retry::RetryPolicy};
use crate::call::{CallFailure, Target};

/// A service's own DynamoDB table: partition key `pk` and sort key `sk`, both texts, TTL on `expires_at`.
///
/// Attributes other than texts and whole numbers are [`Foreign`](waxseal::table::Foreign): an entity that has one fails the message that
/// reads it, by item and attribute. Skipping it would be worse: a commit replaces the item whole, so what a read left out would
/// be deleted without a word.
#[derive(Clone)]
pub struct Dynamo {
    pub(super) client: Client,
    pub(super) name: String,
    pub(super) target: Target,
    pub(super) retries: RetryPolicy,
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
        Self { client, name, target, retries: RetryPolicy::default() }
    }

    pub(super) fn error(&self, action: &'static str, source: impl Into<BoxError>) -> TableError {
        TableError::new(&*self.name, action, source)
    }

    pub(super) fn failed<E>(&self, action: &'static str, error: &SdkError<E, HttpResponse>) -> TableError
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        self.error(action, CallFailure::of(error).at(&self.target, &format!("dynamodb:{action}")))
    }

    /// The items of a page.
    pub(super) fn items(
        &self,
        action: &'static str,
        items: Option<Vec<HashMap<String, AttributeValue>>>,
    ) -> Result<Vec<Item>, TableError> {
        let item = |stored| attributes::to_item(stored).map_err(|foreign| self.error(action, foreign));
        items.unwrap_or_default().into_iter().map(item).collect()
    }

    /// The key at which the next page begins.
    pub(super) fn last(
        &self,
        action: &'static str,
        key: Option<HashMap<String, AttributeValue>>,
    ) -> Result<Option<Item>, TableError> {
        key.map(attributes::to_item).transpose().map_err(|foreign| self.error(action, foreign))
    }
}

/// A limit of items as DynamoDB takes it.
pub(super) fn count(limit: usize) -> i32 {
    i32::try_from(limit.max(1)).unwrap_or(i32::MAX)
}
