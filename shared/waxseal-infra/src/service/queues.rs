//! Queues: events, commands, dead letters, and who may send to them.

use serde_json::{Value, json};

use super::{Parts, queue_id};
use crate::names::{self, arn, pascal, queue_arn, reference, sub};

const DAY: u32 = 86_400;

pub(super) fn add(parts: &mut Parts<'_>) {
    let retention = parts.app.retention;
    let queues = parts.service.queues();
    for queue in &queues {
        let id = queue_id(queue);
        let resource = json!({
            "Type": "AWS::SQS::Queue",
            "DeletionPolicy": "Delete",
            "UpdateReplacePolicy": "Delete",
            "Properties": {
                "QueueName": sub(parts.named(&format!("-{queue}"))),
                "MessageRetentionPeriod": retention.queue * DAY,
                // Six runs and a window: a throttled batch is not delivered to somebody else meanwhile. Source: Lambda developer
                // guide, "Configuring a queue to use with Lambda".
                "VisibilityTimeout": 6 * parts.service.program.timeout + parts.service.window,
                "SqsManagedSseEnabled": true,
                "RedrivePolicy": {
                    "deadLetterTargetArn": arn("DeadLetters"),
                    "maxReceiveCount": parts.service.max_receives,
                },
                "Tags": parts.tags(),
            },
        });
        parts.add(id.clone(), resource);
        parts.output(format!("{id}Url"), reference(&id));
        parts.output(format!("{id}Arn"), arn(&id));
        let senders = if *queue == "events" { senders(parts, &id) } else { Vec::new() };
        parts.add(format!("{id}Policy"), policy(&id, senders));
    }

    // By name: the queues name this one already.
    let sources: Vec<_> =
        queues.iter().map(|queue| sub(queue_arn(&parts.named(&format!("-{queue}"))))).collect();
    let redrive = match sources.as_slice() {
        [] => json!({ "redrivePermission": "denyAll" }),
        sources => json!({ "redrivePermission": "byQueue", "sourceQueueArns": sources }),
    };
    add_dead_letters(parts, "DeadLetters", "-dlq", redrive);
    parts.output("DeadLettersUrl", reference("DeadLetters"));
    let senders = senders(parts, "DeadLetters");
    parts.add("DeadLettersPolicy", policy("DeadLetters", senders));
}

/// The relay's dead-letter queue. A letter of a relay is an event that its own service emitted: redriven to the service's
/// queue it would reach its emitter. So no queue moves to it, and only the relay's role may send to it.
pub(super) fn add_relay_dead_letters(parts: &mut Parts<'_>, id: &str) {
    add_dead_letters(parts, id, "-relay-dlq", json!({ "redrivePermission": "denyAll" }));
    parts.output(format!("{id}Url"), reference(id));
    parts.add(format!("{id}Policy"), policy(id, Vec::new()));
}

fn add_dead_letters(parts: &mut Parts<'_>, id: &str, name: &str, redrive: Value) {
    let queue = json!({
        "Type": "AWS::SQS::Queue",
        // A letter is the last copy of an event.
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "QueueName": sub(parts.named(name)),
            "MessageRetentionPeriod": parts.app.retention.dead_letters * DAY,
            "SqsManagedSseEnabled": true,
            "RedriveAllowPolicy": redrive,
            "Tags": parts.tags(),
        },
    });
    parts.add(id, queue);
}

/// The logical id of the rule for an event.
pub(super) fn rule_id(event: &str) -> String {
    format!("On{}", pascal(event))
}

/// What EventBridge and SNS need: each only for the rules and topics of this service.
fn senders(parts: &Parts<'_>, queue: &str) -> Vec<Value> {
    let allow = |sid: &str, service: &str, sources: Vec<Value>| {
        json!({
            "Sid": sid,
            "Effect": "Allow",
            "Principal": { "Service": service },
            "Action": "sqs:SendMessage",
            "Resource": arn(queue),
            "Condition": { "ArnEquals": { "aws:SourceArn": sources } },
        })
    };
    let mut statements = Vec::new();
    let app = &parts.app.name;
    let rule =
        |event: &waxseal::Declared| names::rule_arn(app, &names::rule(app, &parts.service.name, event.name));
    let rules: Vec<_> = parts.service.bus_events().iter().map(rule).collect();
    if !rules.is_empty() {
        statements.push(allow("Rules", "events.amazonaws.com", rules));
    }
    let topics: Vec<_> =
        parts.service.subscriptions().keys().map(|topic| super::routes::topic_arn(parts, topic)).collect();
    if !topics.is_empty() {
        statements.push(allow("Topics", "sns.amazonaws.com", topics));
    }
    statements
}

fn policy(queue: &str, mut statements: Vec<Value>) -> Value {
    statements.push(json!({
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": arn(queue),
        "Condition": { "Bool": { "aws:SecureTransport": "false" } },
    }));
    json!({
        "Type": "AWS::SQS::QueuePolicy",
        "Properties": {
            "Queues": [reference(queue)],
            "PolicyDocument": { "Version": "2012-10-17", "Statement": statements },
        },
    })
}
