//! One batch request to each service, with its answer per entry.

use aws_config::SdkConfig;
use aws_sdk_eventbridge::{primitives::DateTime, types::PutEventsRequestEntry};
use aws_sdk_sns::types::{MessageAttributeValue, PublishBatchRequestEntry};
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use waxseal::relay::{PublishError, PublishErrorKind};

use super::{
    channel::{Recipient, Service},
    entry::{EVENT_TYPE, Entry, STRING},
    refusal,
};
use crate::{
    call::{CallFailure, Kind, kind_of},
    code::Code,
};

pub(super) type Results = Vec<Result<(), PublishError>>;

/// A client of each service.
#[derive(Clone)]
pub(super) struct Clients {
    events: aws_sdk_eventbridge::Client,
    sns: aws_sdk_sns::Client,
    sqs: aws_sdk_sqs::Client,
}

impl Clients {
    pub(super) fn new(sdk: &SdkConfig) -> Self {
        Self {
            events: aws_sdk_eventbridge::Client::new(sdk),
            sns: aws_sdk_sns::Client::new(sdk),
            sqs: aws_sdk_sqs::Client::new(sdk),
        }
    }
}

/// Sends one request; the results are in the order of `entries`.
pub(super) async fn send(
    clients: &Clients,
    to: &Recipient,
    entries: &[&Entry<'_>],
) -> Result<Results, CallFailure> {
    match to.service {
        Service::EventBridge => put_events(clients, to, entries).await,
        Service::Sns => publish_batch(clients, to, entries).await,
        Service::Sqs => send_message_batch(clients, to, entries).await,
    }
}

async fn put_events(
    clients: &Clients,
    to: &Recipient,
    entries: &[&Entry<'_>],
) -> Result<Results, CallFailure> {
    let events = entries.iter().map(|entry| {
        PutEventsRequestEntry::builder()
            .event_bus_name(&to.address)
            .source(&*entry.header.source)
            .detail_type(&*entry.header.name)
            // When it happened, not when it was relayed: an archive is replayed by this time.
            .time(DateTime::from_millis(entry.header.timestamp.as_millisecond()))
            .detail(entry.json)
            .build()
    });
    let output = clients
        .events
        .put_events()
        .set_entries(Some(events.collect()))
        .send()
        .await
        .map_err(|error| CallFailure::of(&error))?;
    let mut answers = output.entries.unwrap_or_default().into_iter();
    Ok(entries
        .iter()
        .map(|_| match answers.next() {
            Some(answer) => match answer.error_code() {
                Some(code) => Err(refused(to, code, answer.error_message())),
                None => Ok(()),
            },
            None => Err(unanswered(to)),
        })
        .collect())
}

async fn publish_batch(
    clients: &Clients,
    to: &Recipient,
    entries: &[&Entry<'_>],
) -> Result<Results, CallFailure> {
    let messages = entries.iter().enumerate().map(|(position, entry)| {
        let event_type =
            MessageAttributeValue::builder().data_type(STRING).string_value(&*entry.header.name).build()?;
        PublishBatchRequestEntry::builder()
            .id(position.to_string())
            .message(entry.json)
            .message_attributes(EVENT_TYPE, event_type)
            .set_message_group_id(entry.group())
            .build()
    });
    let messages = messages.collect::<Result<Vec<_>, _>>().map_err(unbuilt)?;
    let output = clients
        .sns
        .publish_batch()
        .topic_arn(&to.address)
        .set_publish_batch_request_entries(Some(messages))
        .send()
        .await
        .map_err(|error| CallFailure::of(&error))?;
    let published = output.successful().iter().filter_map(|answer| answer.id());
    let failed = output.failed().iter().map(|answer| (answer.id(), answer.code(), answer.message()));
    Ok(by_id(to, entries.len(), published, failed))
}

async fn send_message_batch(
    clients: &Clients,
    to: &Recipient,
    entries: &[&Entry<'_>],
) -> Result<Results, CallFailure> {
    let messages = entries.iter().enumerate().map(|(position, entry)| {
        SendMessageBatchRequestEntry::builder()
            .id(position.to_string())
            .message_body(entry.json)
            .set_message_group_id(entry.group())
            .set_delay_seconds(entry.delay_seconds())
            .build()
    });
    let messages = messages.collect::<Result<Vec<_>, _>>().map_err(unbuilt)?;
    let output = clients
        .sqs
        .send_message_batch()
        .queue_url(&to.address)
        .set_entries(Some(messages))
        .send()
        .await
        .map_err(|error| CallFailure::of(&error))?;
    let sent = output.successful().iter().map(|answer| answer.id());
    let failed = output.failed().iter().map(|answer| (answer.id(), answer.code(), answer.message()));
    Ok(by_id(to, entries.len(), sent, failed))
}

/// Answers by entry id, which is the position: an entry that neither list names is not known to be published.
fn by_id<'a>(
    to: &Recipient,
    count: usize,
    published: impl Iterator<Item = &'a str>,
    failed: impl Iterator<Item = (&'a str, &'a str, Option<&'a str>)>,
) -> Results {
    let mut results: Results = (0..count).map(|_| Err(unanswered(to))).collect();
    let at = |id: &str| id.parse::<usize>().ok().filter(|position| *position < count);
    for position in published.filter_map(at) {
        results[position] = Ok(());
    }
    for (id, code, message) in failed {
        if let Some(position) = at(id) {
            results[position] = Err(refused(to, code, message));
        }
    }
    results
}

fn unanswered(to: &Recipient) -> PublishError {
    PublishError::transient(format!("{} did not answer for this entry", to.target.what))
}

fn refused(to: &Recipient, code: &str, message: Option<&str>) -> PublishError {
    let kind = refusal::kind(code, message.unwrap_or_default());
    let ours = match (kind, kind_of(code, 0)) {
        // An entry has no HTTP status of its own, so an unknown code is the service's failure where it may pass.
        (PublishErrorKind::Transient, Kind::Invalid) => Code::ServiceFailed,
        (_, kind) => kind.code(),
    };
    let reason = match message {
        Some(message) => format!("{}: {code}: {message} ({ours})", to.target.what),
        None => format!("{}: {code} ({ours})", to.target.what),
    };
    PublishError::new(kind, reason)
}

/// The failure of a request that could not be built. The code builds no such request, so the entries keep their place.
fn unbuilt(error: impl std::error::Error) -> CallFailure {
    CallFailure::new(Kind::Invalid, error.to_string())
}
