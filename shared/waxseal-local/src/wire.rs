//! Deliveries in the JSON of AWS. The embedded environment hands functions the same bytes.
//!
//! SQS's `md5OfBody` is left out, since no consumer reads it.

use serde::Serialize;
use serde_json::{Map, Value, json, value::RawValue};
use waxseal::{
    Timestamp,
    table::{self, Item, Key, attribute, memory::Change},
};

use crate::{entry::Entry, message::Message, queue::Queue};

/// The account and region of every ARN here.
pub(crate) const ACCOUNT: &str = "000000000000";
/// See [`ACCOUNT`].
pub(crate) const REGION: &str = "eu-west-1";

/// An event as EventBridge hands it to a target; `replay` names the replay that it comes with.
pub(crate) fn event_bridge(id: &str, time: Timestamp, entry: &Entry, replay: Option<&str>) -> String {
    #[derive(Serialize)]
    #[serde(rename_all = "kebab-case")]
    struct Event<'a> {
        version: &'a str,
        id: &'a str,
        detail_type: &'a str,
        source: &'a str,
        account: &'a str,
        time: String,
        region: &'a str,
        resources: [&'a str; 0],
        #[serde(skip_serializing_if = "Option::is_none")]
        replay_name: Option<&'a str>,
        detail: &'a RawValue,
    }
    let event = Event {
        version: "0",
        id,
        detail_type: &entry.detail_type,
        source: &entry.source,
        account: ACCOUNT,
        // EventBridge's own time has whole seconds.
        time: Timestamp::from_second(time.as_second()).unwrap_or(time).to_string(),
        region: REGION,
        resources: [],
        replay_name: replay,
        detail: &entry.detail,
    };
    // Texts and raw JSON alone cannot fail.
    serde_json::to_string(&event).unwrap_or_default()
}

/// A message as SNS hands it to a queue without raw delivery.
pub(crate) fn sns_notification(topic: &str, id: &str, time: Timestamp, message: &str) -> String {
    json!({
        "Type": "Notification",
        "MessageId": id,
        "TopicArn": format!("arn:aws:sns:{REGION}:{ACCOUNT}:{topic}"),
        "Message": message,
        "Timestamp": format!("{time:.3}"),
        "SignatureVersion": "1",
        "Signature": "",
        "SigningCertURL": "",
        "UnsubscribeURL": "",
    })
    .to_string()
}

/// A batch as an event source mapping of a queue hands it to a function. Only FIFO queues have
/// sequence numbers and deduplication ids. The message group of a standard queue names a tenant.
pub(crate) fn sqs_event(queue: &Queue, messages: &[Message]) -> Vec<u8> {
    let (name, fifo) = (queue.name(), queue.settings().fifo);
    let records: Vec<Value> = messages
        .iter()
        .map(|message| {
            let mut attributes = json!({
                "ApproximateReceiveCount": message.receives.to_string(),
                "SentTimestamp": message.sent.as_millisecond().to_string(),
                "SenderId": ACCOUNT,
                "ApproximateFirstReceiveTimestamp": message.first_received.as_millisecond().to_string(),
            });
            if let Some(group) = &message.content.group {
                attributes["MessageGroupId"] = json!(group);
            }
            if fifo {
                attributes["MessageDeduplicationId"] = json!(message.content.deduplication);
                attributes["SequenceNumber"] = json!(format!("{:020}", message.receipt));
            }
            let message_attributes: Map<String, Value> = message
                .content
                .attributes
                .iter()
                .map(|(name, value)| (name.clone(), json!({"stringValue": value, "dataType": "String"})))
                .collect();
            json!({
                "messageId": message.id,
                "receiptHandle": message.handle(),
                "body": message.content.body,
                "attributes": attributes,
                "messageAttributes": message_attributes,
                "eventSource": "aws:sqs",
                "eventSourceARN": format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"),
                "awsRegion": REGION,
            })
        })
        .collect();
    json!({ "Records": records }).to_string().into_bytes()
}

/// One record of a table's stream.
pub(crate) fn stream_record(
    table: &str,
    sequence: u64,
    at: Timestamp,
    change: &Change,
    by_ttl: bool,
) -> Value {
    let key = change.new.as_ref().or(change.old.as_ref()).map(|item| &item.key);
    let name = match (&change.old, &change.new) {
        (None, _) => "INSERT",
        (Some(_), Some(_)) => "MODIFY",
        (Some(_), None) => "REMOVE",
    };
    let mut dynamodb = json!({
        "ApproximateCreationDateTime": at.as_second(),
        "Keys": key.map(keys),
        "SequenceNumber": sequence_number(sequence),
        "SizeBytes": change.new.as_ref().map_or(0, Item::size) + change.old.as_ref().map_or(0, Item::size),
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    });
    if let Some(old) = &change.old {
        dynamodb["OldImage"] = image(old);
    }
    if let Some(new) = &change.new {
        dynamodb["NewImage"] = image(new);
    }
    let mut record = json!({
        "eventID": format!("{sequence:032x}"),
        "eventName": name,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": REGION,
        "dynamodb": dynamodb,
        "eventSourceARN": format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}/stream/1970-01-01T00:00:00.000"),
    });
    if by_ttl {
        record["userIdentity"] = json!({"type": "Service", "principalId": "dynamodb.amazonaws.com"});
    }
    record
}

/// The form of a stream's sequence numbers: 21 digits or more, growing.
pub(crate) fn sequence_number(sequence: u64) -> String {
    format!("1{sequence:020}")
}

fn keys(key: &Key) -> Value {
    json!({ attribute::PARTITION: {"S": &*key.partition}, attribute::SORT: {"S": key.sort} })
}

fn image(item: &Item) -> Value {
    let mut image = keys(&item.key);
    for (name, value) in &item.attributes {
        image[&**name] = match value {
            table::Value::Text(text) => json!({ "S": text }),
            table::Value::Number(number) => json!({ "N": number.to_string() }),
            // DynamoDB's own JSON: only a test that stored it meets it.
            table::Value::Foreign(foreign) => serde_json::from_str(foreign.json()).unwrap_or_default(),
        };
    }
    image
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock::Clock, faults::Faults, message::NewMessage, queue::QueueSettings, random::Random,
        report::Report, world::World,
    };

    /// The system attributes of a message that was sent to a queue of this kind.
    fn attributes(fifo: bool, content: NewMessage) -> Value {
        let clock = Clock::starting_at(Timestamp::UNIX_EPOCH);
        let world = World::new(clock, Random::new(1), Faults::none(), Report { is_on: false });
        let settings = QueueSettings { fifo, ..QueueSettings::default() };
        let name = if fifo { "orders.fifo" } else { "orders" };
        let queue = Queue::new(name, settings, world);
        queue.send(content).unwrap();
        let mut event: Value = serde_json::from_slice(&sqs_event(&queue, &queue.receive(1))).unwrap();
        let arn = format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{name}");
        assert_eq!(event["Records"][0]["eventSourceARN"], arn);
        event["Records"][0]["attributes"].take()
    }

    /// Source: Lambda developer guide, "Using Lambda with Amazon SQS": the events of a standard and
    /// of a FIFO queue.
    #[test]
    fn s48_a_standard_queue_shows_the_tenant_and_no_number_of_a_fifo_queue() {
        let always =
            ["ApproximateFirstReceiveTimestamp", "ApproximateReceiveCount", "SenderId", "SentTimestamp"];
        let of_fifo = ["MessageDeduplicationId", "MessageGroupId", "SequenceNumber"];
        let names = |attributes: &Value, others: &[&str]| -> bool {
            let mut expected: Vec<&str> = always.iter().chain(others).copied().collect();
            expected.sort_unstable();
            let names = attributes.as_object().unwrap().keys().map(String::as_str);
            names.collect::<Vec<_>>() == expected
        };
        let plain = attributes(false, NewMessage::new("x"));
        assert!(names(&plain, &[]), "{plain}");
        let group = Some("customer/4711".to_owned());
        let fair = attributes(false, NewMessage { group: group.clone(), ..NewMessage::new("x") });
        assert!(names(&fair, &["MessageGroupId"]), "{fair}");
        assert_eq!(fair["MessageGroupId"], "customer/4711");
        let deduplication = Some("d-1".to_owned());
        let fifo = attributes(true, NewMessage { group, deduplication, ..NewMessage::new("x") });
        assert!(names(&fifo, &of_fifo), "{fifo}");
        assert_eq!(
            (&fifo["MessageGroupId"], &fifo["MessageDeduplicationId"]),
            (&json!("customer/4711"), &json!("d-1"))
        );
    }
}
