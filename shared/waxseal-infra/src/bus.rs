//! The stack that all services share: bus, archive, topics, the alarms' topic, their key, the
//! bucket of payloads, the dashboard.
//!
//! Topics belong to this stack and not to their owners. Readers and writers of a topic depend on
//! this stack and never on each other, so services deploy in any order.

use serde_json::{Map, Value, json};
use waxseal::Bus;
use waxseal_catalog::App;

use crate::{
    claims, dashboard, entrance,
    names::{self, account, arn, pascal, reference, stage_parameter, sub, tags},
    stack::Stack,
};

/// The name of an export, which the services' stacks import.
pub(crate) fn export(app: &App, name: &str) -> String {
    names::named(app, &format!("bus-{name}"))
}

/// The bus of a rule, as `EventBusName` has it; `None` for the default bus.
pub(crate) fn name(app: &App, bus: Bus) -> Option<Value> {
    match bus {
        Bus::Application => Some(names::import(export(app, "name"))),
        Bus::Default => None,
        Bus::Partner(name) => Some(reference(&names::partner_parameter(name))),
    }
}

/// The export of a topic's ARN.
pub(crate) fn topic_export(app: &App, topic: &str) -> String {
    export(app, &format!("topic-{}", names::topic(topic)))
}

pub(crate) fn stack(app: &App) -> Stack {
    let mut resources = Map::new();
    let mut outputs = Map::new();
    let mut output = |id: &str, value: Value, export: String| {
        outputs.insert(id.to_owned(), json!({ "Value": value, "Export": { "Name": sub(export) } }));
    };

    resources.insert(
        "Bus".to_owned(),
        json!({
            "Type": "AWS::Events::EventBus",
            // Services' stacks import it, and other teams' rules and permissions lie on it.
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": { "Name": sub(names::named(app, "bus")), "Tags": tags(&app.name, "bus") },
        }),
    );
    output("BusName", reference("Bus"), export(app, "name"));
    output("BusArn", arn("Bus"), export(app, "arn"));
    resources.insert(
        "Archive".to_owned(),
        json!({
            "Type": "AWS::Events::Archive",
            // What a replay can bring back is nowhere else.
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": {
                "ArchiveName": sub(names::named(app, "archive")),
                "Description": "What a replay can bring back",
                "SourceArn": arn("Bus"),
                "RetentionDays": app.retention.archive,
            },
        }),
    );

    // A customer-managed key: neither CloudWatch nor another account could use AWS's own key for
    // SNS.
    resources.insert("Key".to_owned(), key(app));
    output("KeyArn", arn("Key"), export(app, "key"));

    resources.insert("Alarms".to_owned(), topic(app, "alarms"));
    resources.insert("AlarmsPolicy".to_owned(), alarms_policy(app));
    output("AlarmsArn", reference("Alarms"), export(app, "alarms"));
    resources.insert(
        "AlarmsEmail".to_owned(),
        json!({
            "Type": "AWS::SNS::Subscription",
            "Condition": "HasAlarmEmail",
            "Properties": { "TopicArn": reference("Alarms"), "Protocol": "email", "Endpoint": reference("AlarmEmail") },
        }),
    );

    for name in app.topics() {
        let id = format!("Topic{}", pascal(name));
        resources.insert(id.clone(), topic(app, &format!("topic-{}", names::topic(name))));
        resources.insert(
            format!("{id}Policy"),
            json!({
                "Type": "AWS::SNS::TopicPolicy",
                "Properties": {
                    "Topics": [reference(&id)],
                    "PolicyDocument": { "Version": "2012-10-17", "Statement": [tls_only(&id)] },
                },
            }),
        );
        output(&format!("{id}Arn"), reference(&id), topic_export(app, name));
    }
    if claims::needed(app) {
        for (id, resource) in claims::resources(app) {
            resources.insert(id.to_owned(), resource);
        }
        output("ClaimsName", reference(claims::BUCKET), export(app, "claims"));
    }
    resources.insert("Dashboard".to_owned(), dashboard::resource(app));
    let mut parameters = Map::from_iter([
        ("Stage".to_owned(), stage_parameter()),
        (
            "AlarmEmail".to_owned(),
            json!({
                "Type": "String",
                "Default": "",
                "Description": "Where alarms are mailed to; nowhere when empty",
            }),
        ),
    ]);
    let mailed = json!({ "Fn::Not": [{ "Fn::Equals": [reference("AlarmEmail"), ""] }] });
    let mut conditions = Map::from_iter([("HasAlarmEmail".to_owned(), mailed)]);
    if let Some(entrance) = &app.entrance {
        for (id, resource) in entrance::resources(app, entrance) {
            resources.insert(id, resource);
        }
        parameters.extend(entrance::parameters(entrance));
        conditions.extend(entrance::conditions(entrance));
        outputs.extend(entrance::outputs(app, entrance));
    }

    let mut template = json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": format!("{}: the event bus and what all services share", app.name),
        "Parameters": parameters,
        "Conditions": conditions,
        "Resources": resources,
        "Outputs": outputs,
    });
    for hook in &app.bus_hooks {
        hook(&mut template);
    }
    Stack::new(app, "bus", template)
}

fn topic(app: &App, name: &str) -> Value {
    json!({
        "Type": "AWS::SNS::Topic",
        "Properties": {
            "TopicName": sub(names::named(app, name)),
            "KmsMasterKeyId": reference("Key"),
            "Tags": tags(&app.name, "bus"),
        },
    })
}

fn tls_only(topic: &str) -> Value {
    json!({
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sns:Publish",
        "Resource": reference(topic),
        "Condition": { "Bool": { "aws:SecureTransport": "false" } },
    })
}

fn alarms_policy(app: &App) -> Value {
    let alarms = format!(
        "arn:${{AWS::Partition}}:cloudwatch:${{AWS::Region}}:${{AWS::AccountId}}:alarm:{}",
        names::named(app, "*")
    );
    json!({
        "Type": "AWS::SNS::TopicPolicy",
        "Properties": {
            "Topics": [reference("Alarms")],
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Sid": "Alarms",
                        "Effect": "Allow",
                        "Principal": { "Service": "cloudwatch.amazonaws.com" },
                        "Action": "sns:Publish",
                        "Resource": reference("Alarms"),
                        "Condition": { "ArnLike": { "aws:SourceArn": sub(alarms) } },
                    },
                    tls_only("Alarms"),
                ],
            },
        },
    })
}

fn key(app: &App) -> Value {
    json!({
        "Type": "AWS::KMS::Key",
        "Properties": {
            "Description": format!("Topics of {}", app.name),
            "EnableKeyRotation": true,
            "KeyPolicy": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        // AWS's default: IAM decides, so no principal is locked out of the key.
                        "Sid": "Account",
                        "Effect": "Allow",
                        "Principal": account(),
                        "Action": "kms:*",
                        "Resource": "*",
                    },
                    {
                        "Sid": "Alarms",
                        "Effect": "Allow",
                        "Principal": { "Service": "cloudwatch.amazonaws.com" },
                        "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
                        "Resource": "*",
                        "Condition": { "StringEquals": { "aws:SourceAccount": reference("AWS::AccountId") } },
                    },
                ],
            },
            "Tags": tags(&app.name, "bus"),
        },
    })
}
