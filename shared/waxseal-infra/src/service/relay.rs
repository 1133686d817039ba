//! The relay of a service: it reads the table's stream and publishes the emissions of receipts,
//! with this service's permissions alone. A sweep reads the receipts themselves.

use serde_json::{Map, Value, json};
use waxseal_catalog::{
    routes::{RELAY_BATCH, RELAY_FILTER},
    settings::{BUS, DEAD_LETTERS, QUEUES, TABLE, TOPICS},
};

use crate::{
    bus,
    names::{arn, attribute, import, named, queue_arn, queue_url, reference, sub},
    service::{
        builder::StackBuilder,
        lambda::{lambda, role},
        queues::add_relay_dead_letters,
    },
};

/// The action of a sweep on the table.
pub(crate) const SCAN: &str = "dynamodb:Scan";

/// The logical id of the relay's own dead-letter queue.
pub(crate) const RELAY_DEAD_LETTERS: &str = "RelayDeadLetters";

pub(super) fn add(builder: &mut StackBuilder<'_>) {
    add_relay_dead_letters(builder, RELAY_DEAD_LETTERS);
    let (app, service) = (builder.app, builder.service);
    let publishes = builder.routes.publishes.clone();
    let stream = || attribute("Table", "StreamArn");
    let mut statements = vec![
        json!({
            "Sid": "OwnStream",
            "Effect": "Allow",
            "Action": ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"],
            "Resource": stream(),
        }),
        json!({
            "Sid": "OwnStreams",
            "Effect": "Allow",
            "Action": "dynamodb:ListStreams",
            "Resource": sub("${Table.Arn}/stream/*"),
        }),
        json!({
            "Sid": "OwnReceipts",
            "Effect": "Allow",
            "Action": SCAN,
            "Resource": arn("Table"),
        }),
        json!({
            "Sid": "OwnDeadLetters",
            "Effect": "Allow",
            "Action": "sqs:SendMessage",
            "Resource": arn(RELAY_DEAD_LETTERS),
        }),
    ];
    let mut environment = Map::from_iter([
        (BUS.name.to_owned(), import(bus::export(app, "name"))),
        (DEAD_LETTERS.name.to_owned(), reference(RELAY_DEAD_LETTERS)),
        (TABLE.name.to_owned(), reference("Table")),
    ]);
    for (name, value) in app.relay_variables() {
        environment.insert(name.to_owned(), json!(value));
    }

    if !publishes.events.is_empty() {
        statements.push(json!({
            // Ownership of an event is this condition: no other role may publish it. `StringEquals`
            // refuses an entry without the key, which a bare `ForAllValues:` would let pass.
            "Sid": "OwnEvents",
            "Effect": "Allow",
            "Action": "events:PutEvents",
            "Resource": import(bus::export(app, "arn")),
            "Condition": {
                "StringEquals": { "events:source": service.name(), "events:detail-type": publishes.events },
            },
        }));
    }

    let topics = publishes.topics;
    if !topics.is_empty() {
        let arns: Vec<Value> = topics.iter().map(|topic| import(bus::topic_export(app, topic))).collect();
        for (topic, arn) in topics.iter().zip(&arns) {
            environment.insert(TOPICS.member(topic), arn.clone());
        }
        statements.push(json!({
            "Sid": "OwnTopics",
            "Effect": "Allow",
            "Action": "sns:Publish",
            "Resource": arns,
        }));
        statements.push(json!({
            "Sid": "TopicsKey",
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": import(bus::export(app, "key")),
        }));
    }

    let recipients = publishes.recipients;
    if !recipients.is_empty() {
        let name = |recipient: &str| named(app, &format!("{recipient}-commands"));
        for recipient in &recipients {
            environment.insert(QUEUES.member(recipient), sub(queue_url(&name(recipient))));
        }
        statements.push(json!({
            "Sid": "Recipients",
            "Effect": "Allow",
            "Action": "sqs:SendMessage",
            "Resource": recipients.iter().map(|recipient| sub(queue_arn(&name(recipient)))).collect::<Vec<_>>(),
        }));
    }

    let role = role(builder, "RelayLogs", statements);
    builder.add("RelayRole", role);
    lambda(builder, "Relay", &app.relay, environment);
    builder.add(
        "RelayMapping",
        json!({
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "FunctionName": reference("Relay"),
                "EventSourceArn": stream(),
                "BatchSize": RELAY_BATCH,
                // From the oldest record on, and never past an unpublished one (O-1). Alarms watch
                // the age.
                "StartingPosition": "TRIM_HORIZON",
                "MaximumRetryAttempts": -1,
                "MaximumRecordAgeInSeconds": -1,
                "BisectBatchOnFunctionError": true,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                "FilterCriteria": { "Filters": [{ "Pattern": RELAY_FILTER }] },
            },
        }),
    );
}
