//! The index of timers on a service's table, and the rule that asks its relay for a tick once a
//! minute (S-69). A service without timers has none of it.
//!
//! A tick that fails is not repeated, by the rule or by Lambda: the next one finds what is left. After
//! an outage hours of ticks would otherwise come at once.

use serde_json::{Value, json};
use waxseal::table::attribute;
use waxseal_catalog::{
    App,
    routes::{TICK_PAYLOAD, TICK_SCHEDULE, TIMERS_INDEX},
};

use crate::{
    names::{self, arn, reference, sub},
    service::builder::StackBuilder,
};

/// The action of a tick on the index.
pub(crate) const QUERY: &str = "dynamodb:Query";
/// The logical id of the rule.
pub(crate) const TICK: &str = "Tick";
/// The seconds after which a tick is given up.
pub(crate) const OLDEST_TICK: u32 = 60;

/// The ARN of the index.
pub(crate) fn index_arn() -> Value {
    sub(format!("${{Table.Arn}}/index/{TIMERS_INDEX}"))
}

/// The attributes of the index's keys, as a table declares them.
pub(crate) fn attributes() -> [Value; 2] {
    [
        json!({ "AttributeName": attribute::WAKE_SHARD, "AttributeType": "S" }),
        json!({ "AttributeName": attribute::WAKE_AT, "AttributeType": "N" }),
    ]
}

/// The index. It is sparse: only rows with a timer are in it.
pub(crate) fn indexes() -> Value {
    json!([{
        "IndexName": TIMERS_INDEX,
        "KeySchema": [
            { "AttributeName": attribute::WAKE_SHARD, "KeyType": "HASH" },
            { "AttributeName": attribute::WAKE_AT, "KeyType": "RANGE" },
        ],
        "Projection": { "ProjectionType": "KEYS_ONLY" },
    }])
}

/// The permission of a relay to read the index.
pub(super) fn statement() -> Value {
    json!({ "Sid": "OwnTimers", "Effect": "Allow", "Action": QUERY, "Resource": index_arn() })
}

/// The name of the rule.
pub(crate) fn rule_name(app: &App, service: &str) -> String {
    names::rule(&app.name, service, "tick")
}

pub(super) fn add(builder: &mut StackBuilder<'_>) {
    // Without a bus it lies on the default one, where alone rules have a schedule.
    let rule = json!({
        "Type": "AWS::Events::Rule",
        "Properties": {
            "Name": sub(rule_name(builder.app, builder.service.name())),
            "Description": format!("The timers of {}", builder.service.name()),
            "ScheduleExpression": TICK_SCHEDULE,
            "State": "ENABLED",
            "Targets": [{
                "Id": "relay",
                "Arn": arn("Relay"),
                "Input": TICK_PAYLOAD,
                "RetryPolicy": { "MaximumEventAgeInSeconds": OLDEST_TICK, "MaximumRetryAttempts": 0 },
            }],
        },
    });
    builder.add(TICK, rule);
    builder.add(
        "TickPermission",
        json!({
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "FunctionName": arn("Relay"),
                "Action": "lambda:InvokeFunction",
                "Principal": "events.amazonaws.com",
                "SourceArn": arn(TICK),
            },
        }),
    );
    builder.add(
        "TickRetries",
        json!({
            "Type": "AWS::Lambda::EventInvokeConfig",
            "Properties": {
                "FunctionName": reference("Relay"),
                "Qualifier": "$LATEST",
                "MaximumEventAgeInSeconds": OLDEST_TICK,
                "MaximumRetryAttempts": 0,
            },
        }),
    );
}
