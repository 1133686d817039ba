//! The relay of a service: it reads the table's stream and publishes the emissions of receipts,
//! with this service's permissions alone. A sweep reads the receipts themselves.

use serde_json::json;
use waxseal_catalog::{
    routes::{RELAY_BATCH, RELAY_FILTER},
    settings::{DEAD_LETTERS, TABLE},
};

use crate::{
    names::{arn, attribute, reference, sub},
    publishing,
    service::{
        builder::StackBuilder,
        lambda::{lambda, role},
        queues::add_relay_dead_letters,
        timers,
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
    if builder.routes.has_timers {
        statements.push(timers::statement());
    }
    statements.extend(publishing::statements(app, service.name(), &publishes));
    let mut environment = publishing::variables(app, &publishes);
    environment.extend([
        (DEAD_LETTERS.name.to_owned(), reference(RELAY_DEAD_LETTERS)),
        (TABLE.name.to_owned(), reference("Table")),
    ]);
    for (name, value) in app.relay_variables(service) {
        environment.insert(name.to_owned(), json!(value));
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
