//! The commit: one conditional request. A lone write is a plain one (1 WCU per KB), several are a transaction (2).

use aws_sdk_dynamodb::{
    operation::{
        delete_item::DeleteItemError, put_item::PutItemError, transact_write_items::TransactWriteItemsError,
    },
    types::{
        CancellationReason, ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure as OnFailure,
        TransactWriteItem, error::ConditionalCheckFailedException,
    },
};
use waxseal::{
    item::{Action, Condition, Item, Key, Write},
    table::{Refusal, TableError, WriteError, check_size},
};

use super::{Dynamo, attributes, attributes::Attributes, condition::expression};
use crate::call::{CallError, Kind, Trouble};

const TRANSACT: &str = "TransactWriteItems";

/// Why one request was not applied.
enum Rejected {
    /// A verdict.
    For(WriteError),
    /// Somebody else was in the way: the same request may pass.
    Now(TableError),
}

impl Dynamo {
    pub(super) async fn write_all(&self, writes: &[Write]) -> Result<(), WriteError> {
        check_size(writes).map_err(WriteError::TooLarge)?;
        let mut patience = self.backoff.start();
        loop {
            let sent = match writes {
                [] => return Ok(()),
                [Write { action: Action::Put(item), condition }] => self.put(item, condition).await,
                [Write { action: Action::Delete(key), condition }] => self.delete(key, condition).await,
                // A lone check has no plain form: a transaction of one.
                several => self.transact(several).await,
            };
            match sent {
                Ok(()) => return Ok(()),
                Err(Rejected::For(error)) => return Err(error),
                Err(Rejected::Now(error)) => {
                    if !patience.wait().await {
                        return Err(WriteError::Unavailable(error));
                    }
                }
            }
        }
    }

    async fn put(&self, item: &Item, condition: &Condition) -> Result<(), Rejected> {
        const ACTION: &str = "PutItem";
        let expression = expression(condition);
        let sent = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(attributes::of_item(item)))
            .condition_expression(expression.text)
            .set_expression_attribute_names(Some(expression.names))
            .set_expression_attribute_values(Some(expression.values))
            .return_values_on_condition_check_failure(OnFailure::AllOld)
            .send()
            .await;
        match sent {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                    Err(self.refused(ACTION, &item.key, failed))
                }
                _ => Err(self.rejected(ACTION, &error)),
            },
        }
    }

    async fn delete(&self, key: &Key, condition: &Condition) -> Result<(), Rejected> {
        const ACTION: &str = "DeleteItem";
        let expression = expression(condition);
        let sent = self
            .client
            .delete_item()
            .table_name(&self.name)
            .set_key(Some(attributes::of_key(key)))
            .condition_expression(expression.text)
            .set_expression_attribute_names(Some(expression.names))
            .set_expression_attribute_values(Some(expression.values))
            .return_values_on_condition_check_failure(OnFailure::AllOld)
            .send()
            .await;
        match sent {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(DeleteItemError::ConditionalCheckFailedException(failed)) => {
                    Err(self.refused(ACTION, key, failed))
                }
                _ => Err(self.rejected(ACTION, &error)),
            },
        }
    }

    async fn transact(&self, writes: &[Write]) -> Result<(), Rejected> {
        let actions = writes
            .iter()
            .map(|write| self.action(write))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| Rejected::For(WriteError::Unavailable(self.error(TRANSACT, error))))?;
        match self.client.transact_write_items().set_transact_items(Some(actions)).send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                    Err(self.cancelled(writes, cancelled.cancellation_reasons(), cancelled.message()))
                }
                _ => Err(self.rejected(TRANSACT, &error)),
            },
        }
    }

    fn action(&self, write: &Write) -> Result<TransactWriteItem, aws_sdk_dynamodb::error::BuildError> {
        let expression = expression(&write.condition);
        let item = TransactWriteItem::builder();
        Ok(match &write.action {
            Action::Put(put) => item.put(
                Put::builder()
                    .table_name(&self.name)
                    .set_item(Some(attributes::of_item(put)))
                    .condition_expression(expression.text)
                    .set_expression_attribute_names(Some(expression.names))
                    .set_expression_attribute_values(Some(expression.values))
                    .return_values_on_condition_check_failure(OnFailure::AllOld)
                    .build()?,
            ),
            Action::Delete(key) => item.delete(
                Delete::builder()
                    .table_name(&self.name)
                    .set_key(Some(attributes::of_key(key)))
                    .condition_expression(expression.text)
                    .set_expression_attribute_names(Some(expression.names))
                    .set_expression_attribute_values(Some(expression.values))
                    .return_values_on_condition_check_failure(OnFailure::AllOld)
                    .build()?,
            ),
            Action::Check(key) => item.condition_check(
                ConditionCheck::builder()
                    .table_name(&self.name)
                    .set_key(Some(attributes::of_key(key)))
                    .condition_expression(expression.text)
                    .set_expression_attribute_names(Some(expression.names))
                    .set_expression_attribute_values(Some(expression.values))
                    .return_values_on_condition_check_failure(OnFailure::AllOld)
                    .build()?,
            ),
        }
        .build())
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

    /// Reads the reasons by position: the n-th is about the n-th action. A failed condition is a verdict, whatever
    /// else went wrong; a reason that a retry cannot mend wins over one that it can.
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
        let trouble =
            |why: String| self.error(TRANSACT, Trouble(format!("{} in {place}: {why}", self.target.what)));
        match said.as_slice() {
            // Without reasons nothing is known but that nothing was written.
            [] => Rejected::For(WriteError::Unavailable(trouble(format!(
                "cancelled without a reason: {}",
                message.unwrap_or("no message")
            )))),
            said if passing => {
                Rejected::Now(trouble(format!("cancelled again and again: {}", said.join("; "))))
            }
            said => {
                Rejected::For(WriteError::Unavailable(trouble(format!("cancelled: {}", said.join("; ")))))
            }
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
        let call = CallError::of(error);
        // The SDK has retried every throttling but the conflict of a lone write with somebody's transaction.
        let conflict = call.kind == Kind::Throttled
            && call.code.as_deref().is_some_and(|code| {
                matches!(code, "TransactionConflictException" | "ReplicatedWriteConflictException")
            });
        let error = self.failed(action, error);
        if conflict { Rejected::Now(error) } else { Rejected::For(WriteError::Unavailable(error)) }
    }
}
