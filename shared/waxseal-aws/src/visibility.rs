//! The time at which SQS delivers failed records again: `ChangeMessageVisibilityBatch` (S-24, S-25).

use std::{collections::BTreeMap, fmt};

use aws_config::SdkConfig;
use aws_sdk_sqs::{Client, types::ChangeMessageVisibilityBatchRequestEntry};
use futures_util::future::join_all;
use waxseal::batch::{Delay, Visibility};

use crate::call::{CallFailure, Target};

/// Entries of one call. Source: SQS API reference, `ChangeMessageVisibilityBatch`.
const CHUNK: usize = 10;

/// Calls at once: as many as the rest of a batch makes.
const AT_ONCE: usize = 10;

/// Calls of one batch. Each takes some milliseconds of CPU time; records beyond come again by their queue's own visibility.
const MOST: usize = 100;

/// The visibility of the records of the queues that feed a function: at most 100 calls a batch, ten at once (S-25).
///
/// A queue's URL is made of its ARN and the dead-letter queue's URL, which has the same host.
#[derive(Clone)]
pub struct SqsVisibility {
    client: Client,
    dead_letters: String,
    target: Target,
}

impl fmt::Debug for SqsVisibility {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqsVisibility").finish_non_exhaustive()
    }
}

impl SqsVisibility {
    pub(crate) fn new(sdk: &SdkConfig, dead_letters: String, target: Target) -> Self {
        Self { client: Client::new(sdk), dead_letters, target }
    }

    async fn change(&self, queue: &str, delays: &[&Delay]) {
        let Some(url) = url(&self.dead_letters, queue) else {
            tracing::warn!(
                queue,
                "not the ARN of a queue, so its visibility decides when records come again"
            );
            return;
        };
        let mut request = self.client.change_message_visibility_batch().queue_url(&url);
        for (position, delay) in delays.iter().enumerate() {
            let entry = ChangeMessageVisibilityBatchRequestEntry::builder()
                // A record's id is longer than an entry's may be.
                .id(position.to_string())
                .receipt_handle(&delay.receipt_handle.handle)
                .visibility_timeout(seconds(delay));
            match entry.build() {
                Ok(entry) => request = request.entries(entry),
                Err(error) => {
                    tracing::warn!(record = delay.record, %error, "the record could not be delayed")
                }
            }
        }
        match request.send().await {
            Ok(answer) => {
                for failed in answer.failed() {
                    let delay = failed.id().parse::<usize>().ok().and_then(|position| delays.get(position));
                    let record = delay.map_or("", |delay| &delay.record);
                    tracing::warn!(record, code = failed.code(), "the record could not be delayed");
                }
            }
            Err(error) => {
                let error =
                    CallFailure::of(&error).at(&source(&self.target, queue), "sqs:ChangeMessageVisibility");
                tracing::warn!(queue, %error, records = delays.len(), "records could not be delayed");
            }
        }
    }
}

impl Visibility for SqsVisibility {
    async fn delay(&self, delays: Vec<Delay>) {
        let mut queues: BTreeMap<&str, Vec<&Delay>> = BTreeMap::new();
        for delay in &delays {
            queues.entry(&delay.receipt_handle.queue).or_default().push(delay);
        }
        let mut calls: Vec<(&str, &[&Delay])> = Vec::new();
        for (queue, delays) in &queues {
            calls.extend(delays.chunks(CHUNK).map(|chunk| (*queue, chunk)));
        }
        let beyond: usize = calls.iter().skip(MOST).map(|(_, chunk)| chunk.len()).sum();
        if beyond > 0 {
            tracing::warn!(
                records = beyond,
                "come again by their queue's own visibility: too many for one batch"
            );
        }
        calls.truncate(MOST);
        for at_once in calls.chunks(AT_ONCE) {
            join_all(at_once.iter().map(|(queue, chunk)| self.change(queue, chunk))).await;
        }
    }
}

/// The queue that a call is about. It feeds the function, so no variable of Waxseal names it.
fn source(target: &Target, queue: &str) -> Target {
    Target {
        what: format!("the source queue {queue}"),
        variable: "the queue of the function's event source mapping".to_owned(),
        ..target.clone()
    }
}

/// Whole seconds, rounded up: nothing comes earlier than it was asked for.
fn seconds(delay: &Delay) -> i32 {
    let seconds = delay.after.as_secs() + u64::from(delay.after.subsec_nanos() > 0);
    i32::try_from(seconds).unwrap_or(i32::MAX)
}

/// The URL of the queue with this ARN, on the host of another queue's URL.
pub(crate) fn url(other: &str, arn: &str) -> Option<String> {
    let mut parts = arn.strip_prefix("arn:")?.split(':');
    let (service, account, name) = (parts.nth(1)?, parts.nth(1)?, parts.next()?);
    let mut segments = other.rsplitn(3, '/');
    let host = segments.nth(2)?;
    (service == "sqs" && parts.next().is_none()).then(|| format!("{host}/{account}/{name}"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use waxseal::batch::ReceiptHandle;
    use waxseal_catalog::settings::DEAD_LETTERS;

    use super::*;
    use crate::call::Kind;

    #[test]
    fn s25_a_source_queue_that_is_gone_or_denied_is_named_and_no_dead_letter_queue_is_blamed() {
        let target = Target {
            what: "the function's queues".to_owned(),
            variable: DEAD_LETTERS.name.to_owned(),
            service: "SQS",
            region: "eu-west-1".to_owned(),
            endpoint: None,
        };
        let arn = "arn:aws:sqs:eu-west-1:123456789012:inventory-events";
        let said = |kind| {
            let mut error = CallFailure::new(kind, "Access denied.".to_owned());
            error.code = Some("SomeCode".to_owned());
            let text = error.at(&source(&target, arn), "sqs:ChangeMessageVisibility").to_string();
            let (text, code) = text.rsplit_once(" (WX").unwrap();
            assert_eq!(code.len(), "0309)".len(), "{text} has a code");
            text.to_owned()
        };
        assert_eq!(
            said(Kind::Missing),
            format!(
                "SomeCode: the source queue {arn} does not exist in eu-west-1: create it or correct the queue of the function's \
                 event source mapping"
            )
        );
        assert_eq!(
            said(Kind::Denied),
            format!(
                "SomeCode: Access denied.: the credentials in eu-west-1 must allow sqs:ChangeMessageVisibility on the source queue {arn}"
            )
        );
        for kind in
            [Kind::Throttled, Kind::NoKey, Kind::Server, Kind::Invalid, Kind::BadCredentials, Kind::Slow]
        {
            assert!(!said(kind).contains("DLQ"), "{}", said(kind));
        }
    }

    #[test]
    fn a_queues_url_is_on_the_host_of_the_dead_letters() {
        let arn = "arn:aws:sqs:eu-west-1:123456789012:shop-test-inventory-events";
        for (other, expected) in [
            (
                "https://sqs.eu-west-1.amazonaws.com/123456789012/shop-test-inventory-dlq",
                "https://sqs.eu-west-1.amazonaws.com/123456789012/shop-test-inventory-events",
            ),
            (
                "http://127.0.0.1:4566/000000000000/dlq",
                "http://127.0.0.1:4566/123456789012/shop-test-inventory-events",
            ),
        ] {
            assert_eq!(url(other, arn).as_deref(), Some(expected));
        }
        for other in
            ["", "arn:aws:sns:eu-west-1:123456789012:topic", "arn:aws:sqs:eu-west-1:123456789012", "queue"]
        {
            assert_eq!(url("https://sqs.eu-west-1.amazonaws.com/123456789012/dlq", other), None);
        }
    }

    #[test]
    fn s24_a_delay_is_rounded_up_to_seconds() {
        let of = |milliseconds| {
            let receipt_handle = ReceiptHandle { queue: String::new(), handle: String::new() };
            seconds(&Delay::new("", receipt_handle, Duration::from_millis(milliseconds)))
        };
        assert_eq!([of(0), of(1), of(1000), of(1001)], [0, 1, 1, 2]);
    }
}
