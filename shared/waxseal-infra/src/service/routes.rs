//! The rules and subscriptions that feed a service.

use serde_json::json;
use waxseal::Declared;
use waxseal_catalog::{
    RULE_RETRY_DAYS,
    routes::{Rule, Subscription},
};

use crate::{
    bus,
    names::{self, arn, pascal, sub},
    service::{builder::StackBuilder, queues::DAY},
};

pub(super) fn add(builder: &mut StackBuilder<'_>) {
    let routes = builder.routes.clone();
    for Rule { event, bus, pattern, .. } in routes.rules {
        let mut rule = json!({
            "Type": "AWS::Events::Rule",
            // EventBridge loses an event for a queue whose policy does not admit the rule.
            "DependsOn": ["EventsPolicy", "DeadLettersPolicy"],
            "Properties": {
                "Name": sub(names::rule_for(&builder.app.name, builder.service.name(), &event)),
                "Description": format!("{} to {}", of_owner(&event), builder.service.name()),
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
        // Without a name the rule lies on the default bus.
        if let Some(name) = bus::name(builder.app, bus) {
            rule["Properties"]["EventBusName"] = name;
        }
        builder.add(rule_id(&event), rule);
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
fn rule_id(event: &Declared) -> String {
    match event.is_foreign() {
        true => format!("On{}{}", names::words(event.owner), names::words(event.name)),
        false => format!("On{}", pascal(event.name)),
    }
}

/// An event with its owner, where it has one.
fn of_owner(event: &Declared) -> String {
    match event.owner {
        "" => event.name.to_owned(),
        owner => format!("{} of {owner}", event.name),
    }
}
