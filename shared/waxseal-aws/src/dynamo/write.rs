//! The commit: one conditional request. A lone write is a plain one (1 WCU per KB), several are a transaction (2).

use aws_sdk_dynamodb::{
    operation::{
        delete_item::DeleteItemError, put_item::PutItemError, transact_write_items::TransactWriteItemsError,
    },
    types::{CancellationReason, Put, TransactWriteItem, error::ConditionalCheckFailedException},
};
use bytes::Bytes;
use serde::Serialize;
use waxseal::table::{Action, Key, Refusal, TableError, Write, WriteError, check_size};

use super::{
    attributes::{self, Attributes},
    body::{Conditional, Transaction, replacing, written},
    client::Dynamo,
};
use crate::{
    call::{CallError, CallFailure, Kind},
    code::Code,
};

const TRANSACT: &str = "TransactWriteItems";

/// Why one request was not applied.
enum Rejected {
    /// For good.
    For(WriteError),
    /// Another writer was in the way: the same request may pass.
    Now(TableError),
}

impl Dynamo {
    pub(super) async fn write_all(&self, writes: &[Write]) -> Result<(), WriteError> {
        check_size(writes).map_err(WriteError::TooLarge)?;
        let mut retries = self.retries.start();
        loop {
            let sent = match writes {
                [] => return Ok(()),
                [write @ Write { action: Action::Put(_), .. }] => self.put(write).await,
                [write @ Write { action: Action::Delete(_), .. }] => self.delete(write).await,
                // A lone check has no plain form: a transaction of one.
                several => self.transact(several).await,
            };
            match sent {
                Ok(()) => return Ok(()),
                Err(Rejected::For(error)) => return Err(error),
                Err(Rejected::Now(error)) => {
                    if !retries.wait().await {
                        return Err(WriteError::Unavailable(error));
                    }
                }
            }
        }
    }

    async fn put(&self, write: &Write) -> Result<(), Rejected> {
        const ACTION: &str = "PutItem";
        let body = self.body(ACTION, &Conditional::new(&self.name, write), 1)?;
        let sent = self.client.put_item().table_name(&self.name);
        match sent.customize().map_request(replacing(ACTION, body)).send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                    Err(self.refused(ACTION, write.key(), failed))
                }
                _ => Err(self.rejected(ACTION, &error)),
            },
        }
    }

    async fn delete(&self, write: &Write) -> Result<(), Rejected> {
        const ACTION: &str = "DeleteItem";
        let body = self.body(ACTION, &Conditional::new(&self.name, write), 1)?;
        let sent = self.client.delete_item().table_name(&self.name);
        match sent.customize().map_request(replacing(ACTION, body)).send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(DeleteItemError::ConditionalCheckFailedException(failed)) => {
                    Err(self.refused(ACTION, write.key(), failed))
                }
                _ => Err(self.rejected(ACTION, &error)),
            },
        }
    }

    async fn transact(&self, writes: &[Write]) -> Result<(), Rejected> {
        let body = self.body(TRANSACT, &Transaction::new(&self.name, writes), writes.len())?;
        // The SDK looks for the table in a transaction: an endpoint may depend on it.
        let of_table = Put::builder().table_name(&self.name).set_item(Some(Attributes::new())).build();
        let of_table =
            of_table.map_err(|error| Rejected::For(WriteError::Unavailable(self.error(TRANSACT, error))))?;
        let sent = self.client.transact_write_items();
        let sent = sent.transact_items(TransactWriteItem::builder().put(of_table).build());
        match sent.customize().map_request(replacing(TRANSACT, body)).send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                    Err(self.cancelled(writes, cancelled.cancellation_reasons(), cancelled.message()))
                }
                _ => Err(self.rejected(TRANSACT, &error)),
            },
        }
    }

    fn body(&self, action: &'static str, body: &impl Serialize, items: usize) -> Result<Bytes, Rejected> {
        written(body, items)
            .map_err(|error| Rejected::For(WriteError::Unavailable(self.error(action, error))))
    }

    fn refused(&self, action: &'static str, key: &Key, failed: &ConditionalCheckFailedException) -> Rejected {
        Rejected::For(match self.refusal(action, key, failed.item()) {
            Ok(refusal) => WriteError::Refused(vec![refusal]),
            Err(error) => WriteError::Unavailable(error),
        })
    }

    fn refusal(
        &self,
        action: &'static str,
        key: &Key,
        stored: Option<&Attributes>,
    ) -> Result<Refusal, TableError> {
        // DynamoDB answers an absent item with no `Item`, other implementations with an empty one.
        let stored = stored.filter(|stored| !stored.is_empty()).cloned().map(attributes::to_item).transpose();
        Ok(Refusal { key: key.clone(), stored: stored.map_err(|foreign| self.error(action, foreign))? })
    }

    /// Reads the reasons by position: the n-th is about the n-th action. A failed condition counts before all
    /// other reasons; a reason that a retry cannot mend counts before one that it can.
    fn cancelled(&self, writes: &[Write], reasons: &[CancellationReason], message: Option<&str>) -> Rejected {
        let by_position = || writes.iter().zip(reasons).map(|(write, reason)| (write.key(), reason));
        let code = |reason: &CancellationReason| reason.code().unwrap_or("None").to_owned();
        let refusals: Result<Vec<Refusal>, TableError> = by_position()
            .filter(|(_, reason)| code(reason) == "ConditionalCheckFailed")
            .map(|(key, reason)| self.refusal(TRANSACT, key, reason.item()))
            .collect();
        match refusals {
            Ok(refusals) if refusals.is_empty() => {}
            Ok(refusals) => return Rejected::For(WriteError::Refused(refusals)),
            Err(error) => return Rejected::For(WriteError::Unavailable(error)),
        }
        let said: Vec<String> = by_position()
            .filter(|(_, reason)| code(reason) != "None")
            .map(|(key, reason)| match reason.message() {
                Some(message) => format!("{key}: {}: {message}", code(reason)),
                None => format!("{key}: {}", code(reason)),
            })
            .collect();
        let passing = by_position().map(|(_, reason)| code(reason)).all(|code| {
            matches!(
                code.as_str(),
                "None" | "TransactionConflict" | "ProvisionedThroughputExceeded" | "ThrottlingError"
            )
        });
        let place = self.target.endpoint.as_deref().unwrap_or(&self.target.region);
        let error = |why: String| {
            self.error(
                TRANSACT,
                CallError::new(Code::Cancelled, format!("{} in {place}: {why}", self.target.what)),
            )
        };
        match said.as_slice() {
            // Without reasons nothing is known but that nothing was written.
            [] => Rejected::For(WriteError::Unavailable(error(format!(
                "cancelled without a reason: {}",
                message.unwrap_or("no message")
            )))),
            said if passing => {
                Rejected::Now(error(format!("cancelled again and again: {}", said.join("; "))))
            }
            said => Rejected::For(WriteError::Unavailable(error(format!("cancelled: {}", said.join("; "))))),
        }
    }

    fn rejected<E>(
        &self,
        action: &'static str,
        error: &aws_sdk_dynamodb::error::SdkError<E, aws_sdk_dynamodb::config::http::HttpResponse>,
    ) -> Rejected
    where
        E: aws_sdk_dynamodb::error::ProvideErrorMetadata + std::error::Error + 'static,
    {
        let call = CallFailure::of(error);
        // The SDK has retried every throttling but the conflict of a lone write with another writer's transaction.
        let conflict = call.kind == Kind::Throttled
            && call.code.as_deref().is_some_and(|code| {
                matches!(code, "TransactionConflictException" | "ReplicatedWriteConflictException")
            });
        let error = self.failed(action, error);
        if conflict { Rejected::Now(error) } else { Rejected::For(WriteError::Unavailable(error)) }
    }
}
