//! A batch of SQS.
//!
//! SQS's `md5OfBody` is left out, since no consumer reads it.

use std::{collections::BTreeMap, fmt};

use serde::{Serialize, Serializer};

use super::arn::{ACCOUNT, Arn, REGION, Text};
use crate::queue::{Queue, Received};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    message_id: &'a str,
    receipt_handle: Text<&'a dyn fmt::Display>,
    body: &'a str,
    attributes: Attributes<'a>,
    message_attributes: MessageAttributes<'a>,
    event_source: &'a str,
    #[serde(rename = "eventSourceARN")]
    arn: Arn<'a>,
    aws_region: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Attributes<'a> {
    approximate_receive_count: Text<u32>,
    sent_timestamp: Text<i64>,
    sender_id: &'a str,
    approximate_first_receive_timestamp: Text<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_group_id: Option<&'a str>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    fifo: Option<Fifo<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Fifo<'a> {
    message_deduplication_id: Option<&'a str>,
    sequence_number: String,
}

struct MessageAttributes<'a>(&'a BTreeMap<String, String>);

impl Serialize for MessageAttributes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Attribute<'a> {
            string_value: &'a str,
            data_type: &'a str,
        }
        let typed = |value| Attribute { string_value: value, data_type: "String" };
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, typed(value))))
    }
}

/// A batch as an event source mapping of a queue hands it to a function. Only FIFO queues have
/// sequence numbers and deduplication ids. The message group of a standard queue names a tenant.
pub(crate) fn sqs_event(queue: &Queue, messages: &[Received]) -> Vec<u8> {
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Event<'a> {
        records: Records<'a>,
    }
    // A body is escaped: a quarter more, and the rest of the record.
    let bytes = messages.iter().map(|message| message.content.body.len() * 5 / 4 + 640).sum();
    let mut event = Vec::with_capacity(bytes);
    // Texts alone cannot fail.
    serde_json::to_writer(&mut event, &Event { records: Records { queue, messages } }).ok();
    event
}

struct Records<'a> {
    queue: &'a Queue,
    messages: &'a [Received],
}

impl Serialize for Records<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.messages.iter().map(|message| InQueue { queue: self.queue, message }))
    }
}

struct InQueue<'a> {
    queue: &'a Queue,
    message: &'a Received,
}

impl Serialize for InQueue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (name, Received { content, .. }) = (self.queue.name(), self.message);
        let fifo = self.queue.settings().fifo.then(|| Fifo {
            message_deduplication_id: content.deduplication.as_deref(),
            sequence_number: format!("{:020}", self.message.receipt),
        });
        let record = Record {
            message_id: &self.message.id,
            receipt_handle: Text(&self.message.handle()),
            body: &content.body,
            attributes: Attributes {
                approximate_receive_count: Text(self.message.receives),
                sent_timestamp: Text(self.message.sent.as_millisecond()),
                sender_id: ACCOUNT,
                approximate_first_receive_timestamp: Text(self.message.first_received.as_millisecond()),
                message_group_id: content.group.as_deref(),
                fifo,
            },
            message_attributes: MessageAttributes(&content.attributes),
            event_source: "aws:sqs",
            arn: Arn { service: "sqs", resource: format_args!("{name}") },
            aws_region: REGION,
        };
        record.serialize(serializer)
    }
}
#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use waxseal::Timestamp;

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
        let mut event: Value = serde_json::from_slice(&sqs_event(&queue, &queue.take(1))).unwrap();
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
