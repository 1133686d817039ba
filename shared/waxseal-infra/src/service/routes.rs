//! The rules and subscriptions that feed a service.

use serde_json::json;
use waxseal_catalog::{
    RULE_RETRY_DAYS,
    routes::{Rule, Subscription},
};

use crate::{
    bus,
    names::{self, arn, import, pascal, sub},
    service::{builder::StackBuilder, queues::DAY},
};

pub(super) fn add(builder: &mut StackBuilder<'_>) {
    let routes = builder.routes.clone();
    for Rule { event, pattern, .. } in routes.rules {
        let rule = json!({
            "Type": "AWS::Events::Rule",
            // EventBridge loses an event for a queue whose policy does not admit the rule.
            "DependsOn": ["EventsPolicy", "DeadLettersPolicy"],
            "Properties": {
                "Name": sub(names::rule(&builder.app.name, builder.service.name(), event.name)),
                "Description": format!("{} of {} to {}", event.name, event.owner, builder.service.name()),
                "EventBusName": import(bus::export(builder.app, "name")),
                "EventPattern": pattern,
                "State": "ENABLED",
                "Targets": [{
                    "Id": "events",
                    "Arn": arn("Events"),
                    "DeadLetterConfig": { "Arn": arn("DeadLetters") },
                    // EventBridge's longest.
                    "RetryPolicy": {
                        "MaximumEventAgeInSeconds": RULE_RETRY_DAYS * DAY,
                        "MaximumRetryAttempts": 185,
                    },
                }],
            },
        });
        builder.add(rule_id(event.name), rule);
    }
    for Subscription { topic, filter, .. } in routes.subscriptions {
        let subscription = json!({
            "Type": "AWS::SNS::Subscription",
            "DependsOn": ["EventsPolicy", "DeadLettersPolicy"],
            "Properties": {
                "TopicArn": builder.topic_arn(topic),
                "Protocol": "sqs",
                "Endpoint": arn("Events"),
                "RawMessageDelivery": true,
                "FilterPolicyScope": "MessageBody",
                "FilterPolicy": filter,
                "RedrivePolicy": { "deadLetterTargetArn": arn("DeadLetters") },
            },
        });
        builder.add(format!("FromTopic{}", pascal(topic)), subscription);
    }
}

/// The logical id of the rule for an event.
fn rule_id(event: &str) -> String {
    format!("On{}", pascal(event))
}
