//! Queues for events, commands and dead letters, and their policies.

use serde_json::{Value, json};
use waxseal_catalog::routes::{Queue, QueueKind, Rule};

use crate::{
    names::{self, arn, queue_arn, reference, sub},
    service::{builder::StackBuilder, builder::queue_id},
};

/// Seconds.
pub(super) const DAY: u32 = 86_400;

pub(super) fn add(builder: &mut StackBuilder<'_>) {
    let queues = builder.routes.queues.clone();
    for queue in &queues {
        let id = queue_id(queue.kind);
        let resource = json!({
            "Type": "AWS::SQS::Queue",
            "DeletionPolicy": "Delete",
            "UpdateReplacePolicy": "Delete",
            "Properties": {
                "QueueName": sub(builder.named(&format!("-{}", queue.kind.as_str()))),
                "MessageRetentionPeriod": queue.retention * DAY,
                "VisibilityTimeout": queue.visibility,
                "SqsManagedSseEnabled": true,
                "RedrivePolicy": {
                    "deadLetterTargetArn": arn("DeadLetters"),
                    "maxReceiveCount": queue.max_receives,
                },
                "Tags": builder.tags(),
            },
        });
        builder.add(id.clone(), resource);
        builder.output(format!("{id}Url"), reference(&id));
        builder.output(format!("{id}Arn"), arn(&id));
        let senders = if queue.kind == QueueKind::Events { senders(builder, &id) } else { Vec::new() };
        builder.add(format!("{id}Policy"), policy(&id, senders));
    }

    // By name: a reference would be a circle, since the queues refer to this one.
    let source = |queue: &Queue| sub(queue_arn(&builder.named(&format!("-{}", queue.kind.as_str()))));
    let sources: Vec<_> = queues.iter().map(source).collect();
    let redrive = match sources.as_slice() {
        [] => json!({ "redrivePermission": "denyAll" }),
        sources => json!({ "redrivePermission": "byQueue", "sourceQueueArns": sources }),
    };
    add_dead_letters(builder, "DeadLetters", "-dlq", redrive);
    builder.output("DeadLettersUrl", reference("DeadLetters"));
    let senders = senders(builder, "DeadLetters");
    builder.add("DeadLettersPolicy", policy("DeadLetters", senders));
}

/// The relay's dead-letter queue. A letter of a relay is an event that its own service emitted. A
/// redrive to the service's queue would bring it to its emitter. So no queue moves messages there,
/// and only the relay's role may send to it.
pub(super) fn add_relay_dead_letters(builder: &mut StackBuilder<'_>, id: &str) {
    add_dead_letters(builder, id, "-relay-dlq", json!({ "redrivePermission": "denyAll" }));
    builder.output(format!("{id}Url"), reference(id));
    builder.add(format!("{id}Policy"), policy(id, Vec::new()));
}

fn add_dead_letters(builder: &mut StackBuilder<'_>, id: &str, name: &str, redrive: Value) {
    let queue = dead_letters(builder, name, redrive);
    builder.add(id, queue);
}

/// A dead-letter queue, with the end of its name.
pub(super) fn dead_letters(builder: &StackBuilder<'_>, name: &str, redrive: Value) -> Value {
    json!({
        "Type": "AWS::SQS::Queue",
        // A dead letter is the last copy of an event.
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "QueueName": sub(builder.named(name)),
            "MessageRetentionPeriod": builder.app.retention.dead_letters * DAY,
            "SqsManagedSseEnabled": true,
            "RedriveAllowPolicy": redrive,
            "Tags": builder.tags(),
        },
    })
}

/// The permissions of EventBridge and SNS, for the rules and topics of this service alone.
fn senders(builder: &StackBuilder<'_>, queue: &str) -> Vec<Value> {
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
    let (app, service) = (&builder.app.name, builder.service.name());
    let arn_of = |rule: &Rule| {
        names::rule_arn(&names::bus_part(app, rule.bus), &names::rule_for(app, service, &rule.event))
    };
    let rules: Vec<_> = builder.routes.rules.iter().map(arn_of).collect();
    if !rules.is_empty() {
        statements.push(allow("Rules", "events.amazonaws.com", rules));
    }
    let subscriptions = builder.routes.subscriptions.iter();
    let topics: Vec<_> = subscriptions.map(|one| builder.topic_arn(one.topic)).collect();
    if !topics.is_empty() {
        statements.push(allow("Topics", "sns.amazonaws.com", topics));
    }
    statements
}

pub(super) fn policy(queue: &str, mut statements: Vec<Value>) -> Value {
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
