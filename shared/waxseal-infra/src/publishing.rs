//! The permission to publish: events under their owner's name, topics, and the queues of commands.
//!
//! A relay and a program have the same. Ownership of an event is the condition here: no other role
//! may publish it.

use serde_json::{Map, Value, json};
use waxseal_catalog::{
    App,
    routes::Publishes,
    settings::{BUS, QUEUES, TOPICS},
};

use crate::{
    bus,
    names::{import, named, queue_arn, queue_url, sub},
};

/// The statements that let `source` publish, and no more.
pub(crate) fn statements(app: &App, source: &str, publishes: &Publishes) -> Vec<Value> {
    let mut statements = Vec::new();
    if !publishes.events.is_empty() {
        statements.push(json!({
            // `StringEquals` refuses an entry without the key, which a bare `ForAllValues:` would
            // let pass.
            "Sid": "OwnEvents",
            "Effect": "Allow",
            "Action": "events:PutEvents",
            "Resource": import(bus::export(app, "arn")),
            "Condition": {
                "StringEquals": { "events:source": source, "events:detail-type": publishes.events },
            },
        }));
    }
    if !publishes.topics.is_empty() {
        let arn = |topic: &&str| import(bus::topic_export(app, topic));
        statements.push(json!({
            "Sid": "OwnTopics",
            "Effect": "Allow",
            "Action": "sns:Publish",
            "Resource": publishes.topics.iter().map(arn).collect::<Vec<_>>(),
        }));
        statements.push(json!({
            "Sid": "TopicsKey",
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": import(bus::export(app, "key")),
        }));
    }
    if !publishes.recipients.is_empty() {
        let arn = |recipient: &String| sub(queue_arn(&commands(app, recipient)));
        statements.push(json!({
            "Sid": "Recipients",
            "Effect": "Allow",
            "Action": "sqs:SendMessage",
            "Resource": publishes.recipients.iter().map(arn).collect::<Vec<_>>(),
        }));
    }
    statements
}

/// The variables that tell a publisher its channels.
pub(crate) fn variables(app: &App, publishes: &Publishes) -> Map<String, Value> {
    let topics =
        publishes.topics.iter().map(|topic| (TOPICS.member(topic), import(bus::topic_export(app, topic))));
    let queues = publishes
        .recipients
        .iter()
        .map(|recipient| (QUEUES.member(recipient), sub(queue_url(&commands(app, recipient)))));
    let bus = (BUS.name.to_owned(), import(bus::export(app, "name")));
    std::iter::once(bus).chain(topics).chain(queues).collect()
}

/// The name of the queue of a service's commands.
fn commands(app: &App, recipient: &str) -> String {
    named(app, &format!("{recipient}-commands"))
}
