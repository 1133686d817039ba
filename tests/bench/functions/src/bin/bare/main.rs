//! The function written by hand on `lambda_runtime` and the SDK, as well as we can: one put a
//! record, all at once; or one batch read and one transaction for as many records as it takes.

mod book;

use std::{
    collections::HashMap,
    time::{SystemTime, UNIX_EPOCH},
};

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use aws_sdk_dynamodb::{Client, operation::put_item::PutItemError, types::AttributeValue};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use bench_work::{PaymentCaptured, Workload};
use futures_util::future::join_all;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde::{Deserialize, Serialize};

const HORIZON: u64 = 35 * 24 * 60 * 60;

#[derive(Deserialize)]
struct EventBridge {
    detail: Detail,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    event_id: String,
    data: PaymentCaptured,
}

/// The event to publish later.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outgoing<'a> {
    event_id: String,
    event_type: &'static str,
    causation_id: &'a str,
    data: PaymentBooked<'a>,
}

#[derive(Serialize)]
struct PaymentBooked<'a> {
    account: &'a str,
    amount: i64,
}

/// A record that can be handled.
struct Work {
    message_id: String,
    event_id: String,
    data: PaymentCaptured,
}

type Attributes = HashMap<String, AttributeValue>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let http =
        aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest()).http_client(http).load().await;
    let (client, table) = (&Client::new(&config), &std::env::var("BENCH_TABLE")?);
    match Workload::from_env()? {
        workload @ (Workload::Receipt | Workload::Emit) => {
            let emits = workload == Workload::Emit;
            lambda_runtime::run(service_fn(move |event: LambdaEvent<SqsEvent>| async move {
                Ok::<_, Error>(remember(client, table, emits, event.payload).await)
            }))
            .await
        }
        Workload::Ledger => {
            lambda_runtime::run(service_fn(move |event: LambdaEvent<SqsEvent>| async move {
                Ok::<_, Error>(book::book(client, table, event.payload).await)
            }))
            .await
        }
    }
}

/// The records that can be handled, and the ids of the others.
fn read(event: SqsEvent) -> (Vec<Work>, Vec<String>) {
    let (mut works, mut failed) = (Vec::with_capacity(event.records.len()), Vec::new());
    for SqsMessage { message_id, body, .. } in event.records {
        let message_id = message_id.unwrap_or_default();
        match serde_json::from_str::<EventBridge>(&body.unwrap_or_default()) {
            Ok(EventBridge { detail: Detail { event_id, data } }) if data.adds_up() => {
                works.push(Work { message_id, event_id, data });
            }
            Ok(_) => failed.push(message_id),
            Err(error) => {
                eprintln!("record {message_id}: {error}");
                failed.push(message_id);
            }
        }
    }
    (works, failed)
}

fn response(failed: impl IntoIterator<Item = String>) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures = failed
        .into_iter()
        .map(|id| {
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = id;
            failure
        })
        .collect();
    response
}

fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

fn key(kind: &str, id: &str, sort: &str) -> Attributes {
    HashMap::from([("pk".to_owned(), text(format!("{kind}#{id}"))), ("sk".to_owned(), text(sort))])
}

fn receipt(event_id: &str, now: u64) -> Attributes {
    let mut item = key("receipt", event_id, "receipt");
    item.insert("expires_at".to_owned(), number(now + HORIZON));
    item
}

const UNSEEN: &str = "attribute_not_exists(pk) OR expires_at <= :now";

/// The event to publish later. Its id follows from the cause's, so that a second attempt emits the
/// same event.
fn booked(work: &Work) -> Result<String, serde_json::Error> {
    serde_json::to_string(&Outgoing {
        event_id: format!("booked-{}", work.event_id),
        event_type: "payment.booked",
        causation_id: &work.event_id,
        data: PaymentBooked { account: &work.data.account, amount: work.data.amount },
    })
}

async fn remember(client: &Client, table: &str, emits: bool, event: SqsEvent) -> SqsBatchResponse {
    let (works, failed) = read(event);
    let now = now();
    let puts = works.iter().map(|work| async move {
        let mut item = receipt(&work.event_id, now);
        if emits {
            match booked(work) {
                Ok(event) => drop(item.insert("emitted".to_owned(), text(event))),
                Err(error) => {
                    eprintln!("record {}: {error}", work.message_id);
                    return Some(work.message_id.clone());
                }
            }
        }
        let put = client.put_item().table_name(table).set_item(Some(item));
        let put = put.condition_expression(UNSEEN).expression_attribute_values(":now", number(now));
        match put.send().await {
            Ok(_) => None,
            Err(error) => match error.as_service_error() {
                // The event was handled before.
                Some(PutItemError::ConditionalCheckFailedException(_)) => None,
                _ => {
                    eprintln!("record {}: {error:?}", work.message_id);
                    Some(work.message_id.clone())
                }
            },
        }
    });
    let refused = join_all(puts).await.into_iter().flatten();
    response(failed.into_iter().chain(refused))
}
