//! The service's relay: reads the table's stream and publishes what receipts emitted, with this service's permissions alone. A sweep
//! reads the receipts themselves.

use serde_json::{Map, Value, json};
use waxseal::Channel;
use waxseal_catalog::app;

use super::{Parts, lambda, recipients, role};
use crate::{
    bus,
    names::{arn, attribute, import, queue_arn, queue_url, reference, sub, suffix},
};

/// Only new receipts that emitted something wake the relay (O-5). `exists` works on leaves alone.
pub(crate) const FILTER: &str =
    r#"{"eventName":["INSERT","MODIFY"],"dynamodb":{"NewImage":{"emitted":{"S":[{"exists":true}]}}}}"#;

/// What a sweep asks of the table, and nothing else does.
pub(crate) const SCAN: &str = "dynamodb:Scan";

/// The relay's own dead-letter queue.
pub(crate) const DEAD_LETTERS: &str = "RelayDeadLetters";

pub(super) fn add(parts: &mut Parts<'_>) {
    super::queues::add_relay_dead_letters(parts, DEAD_LETTERS);
    let (app, service) = (parts.app, parts.service);
    let emits = service.emits();
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
            "Resource": arn(DEAD_LETTERS),
        }),
    ];
    let mut environment = Map::from_iter([
        ("WAXSEAL_BUS".to_owned(), import(bus::export(app, "name"))),
        ("WAXSEAL_DLQ_URL".to_owned(), reference(DEAD_LETTERS)),
        ("WAXSEAL_SWEEP_DAYS".to_owned(), json!(app.retention.sweep.to_string())),
        ("WAXSEAL_TABLE".to_owned(), reference("Table")),
    ]);

    let events: Vec<_> = emits
        .iter()
        .filter(|declared| declared.channel == Channel::Bus)
        .map(|declared| declared.name)
        .collect();
    if !events.is_empty() {
        statements.push(json!({
            // Nobody else may say it: ownership of an event is this condition. `StringEquals` refuses an entry without the
            // key, which a bare `ForAllValues:` would let pass.
            "Sid": "OwnEvents",
            "Effect": "Allow",
            "Action": "events:PutEvents",
            "Resource": import(bus::export(app, "arn")),
            "Condition": {
                "StringEquals": { "events:source": service.name, "events:detail-type": events },
            },
        }));
    }

    let mut topics: Vec<_> = emits.iter().filter_map(app::topic).collect();
    topics.sort_unstable();
    topics.dedup();
    if !topics.is_empty() {
        let arns: Vec<Value> = topics.iter().map(|topic| import(bus::topic_export(app, topic))).collect();
        for (topic, arn) in topics.iter().zip(&arns) {
            environment.insert(format!("WAXSEAL_TOPIC_{}", suffix(topic)), arn.clone());
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

    let recipients = recipients(service);
    if !recipients.is_empty() {
        let name = |recipient: &str| app.named(&format!("{recipient}-commands"));
        for recipient in &recipients {
            environment
                .insert(format!("WAXSEAL_QUEUE_{}", suffix(recipient)), sub(queue_url(&name(recipient))));
        }
        statements.push(json!({
            "Sid": "Recipients",
            "Effect": "Allow",
            "Action": "sqs:SendMessage",
            "Resource": recipients.iter().map(|recipient| sub(queue_arn(&name(recipient)))).collect::<Vec<_>>(),
        }));
    }

    let role = role(parts, "RelayLogs", statements);
    parts.add("RelayRole", role);
    lambda(parts, "Relay", &app.relay, environment);
    parts.add(
        "RelayMapping",
        json!({
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "FunctionName": reference("Relay"),
                "EventSourceArn": stream(),
                "BatchSize": 100,
                // From the oldest record, and never past one that was not published (O-1): alarms watch the age.
                "StartingPosition": "TRIM_HORIZON",
                "MaximumRetryAttempts": -1,
                "MaximumRecordAgeInSeconds": -1,
                "BisectBatchOnFunctionError": true,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                "FilterCriteria": { "Filters": [{ "Pattern": FILTER }] },
            },
        }),
    );
}
