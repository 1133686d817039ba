//! How events come here: a rule for each event of the bus, a subscription for each topic.

use serde_json::{Value, json};

use super::{Parts, queues::rule_id};
use crate::{
    bus,
    names::{self, arn, import, pascal, sub},
};

pub(super) fn add(parts: &mut Parts<'_>) {
    for event in parts.service.bus_events() {
        let rule = json!({
            "Type": "AWS::Events::Rule",
            // An event for a queue that does not let it in is lost.
            "DependsOn": ["EventsPolicy", "DeadLettersPolicy"],
            "Properties": {
                "Name": sub(names::rule(&parts.app.name, &parts.service.name, event.name)),
                "Description": format!("{} of {} to {}", event.name, event.owner, parts.service.name),
                "EventBusName": import(bus::export(parts.app, "name")),
                "EventPattern": { "source": [event.owner], "detail-type": [event.name] },
                "State": "ENABLED",
                "Targets": [{
                    "Id": "events",
                    "Arn": arn("Events"),
                    "DeadLetterConfig": { "Arn": arn("DeadLetters") },
                    // EventBridge's longest: a day.
                    "RetryPolicy": { "MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185 },
                }],
            },
        });
        parts.add(rule_id(event.name), rule);
    }
    // One subscription for each topic, whatever number of types: SNS refuses a second one to the same queue.
    for (topic, types) in parts.service.subscriptions() {
        let subscription = json!({
            "Type": "AWS::SNS::Subscription",
            "DependsOn": ["EventsPolicy", "DeadLettersPolicy"],
            "Properties": {
                "TopicArn": topic_arn(parts, topic),
                "Protocol": "sqs",
                "Endpoint": arn("Events"),
                "RawMessageDelivery": true,
                "FilterPolicyScope": "MessageBody",
                "FilterPolicy": { "eventType": types },
                "RedrivePolicy": { "deadLetterTargetArn": arn("DeadLetters") },
            },
        });
        parts.add(format!("FromTopic{}", pascal(topic)), subscription);
    }
}

pub(super) fn topic_arn(parts: &Parts<'_>, topic: &str) -> Value {
    import(bus::topic_export(parts.app, topic))
}
