//! For each check a template that breaks its rule, and nothing else does: one finding's name, the
//! right one.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use waxseal_catalog::Deployed;
use waxseal_infra::{CHECKS, Stack, check, templates};

/// A change of a template: a check's id, a stack, a path, and the new value (`null` deletes). A
/// segment `@Sid` finds a policy's statement.
type Mutation = (&'static str, &'static str, &'static str, Value);

const ROLE: &str = "Properties/Policies/0/PolicyDocument/Statement";

fn mutations() -> Vec<Mutation> {
    let gone = Value::Null;
    let own = |role: &str, sid: &str, rest: &str| -> &'static str {
        Box::leak(format!("{role}/{ROLE}/@{sid}{rest}").into_boxed_str())
    };
    vec![
        (
            "references",
            "orders",
            "Table/Properties/StreamSpecification",
            json!({ "StreamViewType": "NEW_AND_OLD_IMAGES", "x": { "Ref": "Nothing" } }),
        ),
        ("references", "bus", "AlarmsEmail/Properties/FilterPolicy", json!({})),
        ("names", "orders", "Table/Properties/TableName", gone.clone()),
        ("catalog-routes", "orders", "OnStockShort", gone.clone()),
        ("catalog-routes", "orders", "OnStockShort/Properties/EventPattern/source", json!(["payment"])),
        (
            "catalog-routes",
            "orders",
            "OnStockShort/Properties/EventPattern/detail",
            json!({ "data": { "total": [1] } }),
        ),
        (
            "catalog-routes",
            "analytics",
            "FromTopicStock/Properties/FilterPolicy/eventType",
            json!(["stock.level-changed", "stock.counted"]),
        ),
        (
            "catalog-binary",
            "payment",
            "Function/Properties/Code",
            json!("../../target/lambda/billing/bootstrap.zip"),
        ),
        (
            "catalog-binary",
            "payment",
            "Function/Properties/Code",
            json!("../../target/lambda/orders/bootstrap.zip"),
        ),
        ("mapping-polling", "orders", "EventsMapping/Properties/BatchSize", json!(100)),
        (
            "mapping-polling",
            "orders",
            "EventsMapping/Properties/MaximumBatchingWindowInSeconds",
            gone.clone(),
        ),
        ("relay-mapping", "orders", "RelayMapping/Properties/BatchSize", json!(1000)),
        ("mapping-polling", "orders", "EventsMapping/Properties/BatchSize", gone.clone()),
        (
            "mapping-polling",
            "inventory",
            "EventsMapping/Properties/ScalingConfig/MaximumConcurrency",
            json!(5),
        ),
        (
            "settings",
            "inventory",
            "Function/Properties/Environment/Variables/WAXSEAL_CONCURRENCY",
            json!("10"),
        ),
        ("queue-redrive", "orders", "Events/Properties/RedrivePolicy", gone.clone()),
        ("queue-receives", "orders", "Events/Properties/RedrivePolicy/maxReceiveCount", gone.clone()),
        ("queue-encrypted", "orders", "Events/Properties/SqsManagedSseEnabled", gone.clone()),
        ("queue-encrypted", "orders", "DeadLetters/Properties/KmsMasterKeyId", json!("alias/aws/sqs")),
        ("queue-retention", "orders", "Commands/Properties/MessageRetentionPeriod", gone.clone()),
        ("queue-retention", "orders", "DeadLetters/Properties/MessageRetentionPeriod", json!(345_600)),
        ("queue-redrive-allow", "orders", "DeadLetters/Properties/RedriveAllowPolicy", gone.clone()),
        (
            "queue-redrive-allow",
            "orders",
            "DeadLetters/Properties/RedriveAllowPolicy",
            json!({ "redrivePermission": "allowAll" }),
        ),
        (
            "queue-redrive-allow",
            "orders",
            "DeadLetters/Properties/RedriveAllowPolicy/sourceQueueArns/0",
            gone.clone(),
        ),
        ("queue-visibility", "orders", "Events/Properties/VisibilityTimeout", gone.clone()),
        ("queue-visibility", "orders", "Events/Properties/VisibilityTimeout", json!(179)),
        (
            "queue-senders",
            "orders",
            "EventsPolicy/Properties/PolicyDocument/Statement/@Rules/Action",
            json!(["sqs:SendMessage", "sqs:ReceiveMessage"]),
        ),
        ("queue-tls", "orders", "EventsPolicy/Properties/PolicyDocument/Statement/@TlsOnly", gone.clone()),
        (
            "queue-tls",
            "orders",
            "CommandsPolicy/Properties/PolicyDocument/Statement/@TlsOnly/Condition",
            gone.clone(),
        ),
        ("queue-retained", "orders", "DeadLetters/DeletionPolicy", gone.clone()),
        ("queue-retained", "orders", "DeadLetters/UpdateReplacePolicy", json!("Delete")),
        ("rule-bus", "orders", "OnStockShort/Properties/EventBusName", gone.clone()),
        ("rule-bus", "orders", "OnStockShort/Properties/EventBusName", json!("default")),
        ("rule-enabled", "orders", "OnStockShort/Properties/State", json!("DISABLED")),
        ("rule-target", "orders", "OnStockShort/Properties/Targets/0/Id", gone.clone()),
        ("rule-retry", "orders", "OnStockShort/Properties/Targets/0/RetryPolicy", gone.clone()),
        (
            "rule-retry",
            "orders",
            "OnStockShort/Properties/Targets/0/RetryPolicy/MaximumRetryAttempts",
            gone.clone(),
        ),
        ("rule-dead-letters", "orders", "OnStockShort/Properties/Targets/0/DeadLetterConfig", gone.clone()),
        (
            "rule-admitted",
            "orders",
            "DeadLettersPolicy/Properties/PolicyDocument/Statement/@Rules",
            gone.clone(),
        ),
        ("rule-admitted", "orders", "OnStockShort/DependsOn", json!(["EventsPolicy"])),
        (
            "rule-admitted",
            "orders",
            "EventsPolicy/Properties/PolicyDocument/Statement/@Rules/Condition/ArnEquals/aws:SourceArn/0",
            gone.clone(),
        ),
        ("archive-retention", "bus", "Archive/Properties/RetentionDays", gone.clone()),
        ("archive-retention", "bus", "Archive", gone.clone()),
        ("archive-retention", "bus", "Archive/Properties/EventPattern", json!({ "source": ["orders"] })),
        ("subscription-redrive", "analytics", "FromTopicStock/Properties/RedrivePolicy", gone.clone()),
        ("subscription-scope", "analytics", "FromTopicStock/Properties/FilterPolicyScope", gone.clone()),
        ("subscription-raw", "analytics", "FromTopicStock/Properties/RawMessageDelivery", gone.clone()),
        (
            "subscription-admitted",
            "analytics",
            "EventsPolicy/Properties/PolicyDocument/Statement/@Topics",
            gone.clone(),
        ),
        ("topic-encrypted", "bus", "TopicStock/Properties/KmsMasterKeyId", gone.clone()),
        ("topic-encrypted", "bus", "Alarms/Properties/KmsMasterKeyId", json!("alias/aws/sns")),
        ("topic-encrypted", "bus", "Key/Properties/EnableKeyRotation", gone.clone()),
        ("topic-key", "bus", "AlarmsPolicy/Properties/PolicyDocument/Statement/@Alarms", gone.clone()),
        ("topic-key", "bus", "Key/Properties/KeyPolicy/Statement/@Alarms", gone.clone()),
        ("topic-tls", "bus", "TopicStockPolicy", gone.clone()),
        (
            "mapping-partial-responses",
            "orders",
            "EventsMapping/Properties/FunctionResponseTypes",
            gone.clone(),
        ),
        ("mapping-concurrency", "orders", "EventsMapping/Properties/ScalingConfig", gone.clone()),
        (
            "mapping-concurrency",
            "orders",
            "EventsMapping/Properties/ScalingConfig/MaximumConcurrency",
            json!(1),
        ),
        ("function-limits", "orders", "Function/Properties/MemorySize", gone.clone()),
        ("function-limits", "orders", "Function/Properties/Timeout", gone.clone()),
        (
            "function-limits",
            "orders",
            "Function/Properties/Environment/Variables/WAXSEAL_TIMEOUT_SECONDS",
            json!("31"),
        ),
        ("function-reserved", "orders", "Function/Properties/ReservedConcurrentExecutions", json!(1)),
        ("function-runtime", "orders", "Function/Properties/Runtime", json!("provided.al2")),
        ("function-architecture", "orders", "Function/Properties/Architectures", gone.clone()),
        ("function-architecture", "orders", "Function/Properties/Architectures/0", json!("x86_64")),
        ("function-tracing", "orders", "Function/Properties/TracingConfig", gone.clone()),
        ("function-tracing", "orders", own("FunctionRole", "Traces", ""), gone.clone()),
        ("function-logs", "orders", "Function/Properties/LoggingConfig", gone.clone()),
        ("function-logs", "orders", "Function/Properties/LoggingConfig/LogFormat", json!("Text")),
        ("function-logs", "orders", own("FunctionRole", "Logs", ""), gone.clone()),
        ("log-retention", "orders", "FunctionLogs/Properties/RetentionInDays", gone.clone()),
        (
            "function-role",
            "orders",
            "FunctionRole/Properties/AssumeRolePolicyDocument/Statement/0/Principal",
            json!("*"),
        ),
        ("function-url", "orders", "Url/Properties/AuthType", json!("NONE")),
        ("function-url", "orders", "UrlPublic/Condition", gone.clone()),
        ("function-url", "orders", "UrlPublicInvoke", gone.clone()),
        ("relay-from-the-start", "orders", "RelayMapping/Properties/StartingPosition", json!("LATEST")),
        ("relay-never-gives-up", "orders", "RelayMapping/Properties/MaximumRetryAttempts", json!(3)),
        ("relay-never-gives-up", "orders", "RelayMapping/Properties/MaximumRecordAgeInSeconds", gone.clone()),
        ("relay-bisect", "orders", "RelayMapping/Properties/BisectBatchOnFunctionError", gone.clone()),
        ("relay-filter", "orders", "RelayMapping/Properties/FilterCriteria", gone.clone()),
        (
            "relay-dead-letters",
            "orders",
            "RelayDeadLetters/Properties/QueueName/Fn::Sub",
            json!("shop-${Stage}-orders-letters"),
        ),
        (
            "relay-dead-letters",
            "orders",
            "Events/Properties/RedrivePolicy/deadLetterTargetArn/Fn::GetAtt/0",
            json!("RelayDeadLetters"),
        ),
        (
            "relay-dead-letters",
            "orders",
            "RelayDeadLettersAlarm/Properties/AlarmDescription/Fn::Sub",
            json!("An event was not published"),
        ),
        ("alarm-dead-letters", "orders", "RelayDeadLettersAlarm", gone.clone()),
        ("queue-retained", "orders", "RelayDeadLetters/DeletionPolicy", gone.clone()),
        ("queue-encrypted", "orders", "RelayDeadLetters/Properties/SqsManagedSseEnabled", gone.clone()),
        (
            "queue-tls",
            "orders",
            "RelayDeadLettersPolicy/Properties/PolicyDocument/Statement/@TlsOnly",
            gone.clone(),
        ),
        (
            "queue-redrive-allow",
            "orders",
            "RelayDeadLetters/Properties/RedriveAllowPolicy/redrivePermission",
            json!("allowAll"),
        ),
        ("queue-retention", "orders", "RelayDeadLetters/Properties/MessageRetentionPeriod", json!(345_600)),
        ("iam-dead-letters", "orders", own("RelayRole", "OwnDeadLetters", ""), gone.clone()),
        (
            "catalog-commands",
            "orders",
            own("RelayRole", "-", ""),
            json!({ "Sid": "Letters", "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": { "Fn::GetAtt": ["DeadLetters", "Arn"] } }),
        ),
        (
            "relay-filter",
            "orders",
            "RelayMapping/Properties/FilterCriteria/Filters/0/Pattern",
            json!(r#"{"eventName":["INSERT"]}"#),
        ),
        ("relay-mapping", "orders", "RelayMapping/Properties/EventSourceArn/Fn::GetAtt/1", json!("Arn")),
        ("alarm-actions", "orders", "DeadLettersAlarm/Properties/AlarmActions", gone.clone()),
        ("alarm-mail", "bus", "AlarmsEmail", gone.clone()),
        ("alarm-missing-data", "orders", "DeadLettersAlarm/Properties/TreatMissingData", gone.clone()),
        ("alarm-dead-letters", "orders", "DeadLettersAlarm", gone.clone()),
        (
            "alarm-dead-letters",
            "orders",
            "DeadLettersAlarm/Properties/MetricName",
            json!("NumberOfMessagesSent"),
        ),
        ("alarm-dead-letters", "orders", "DeadLettersAlarm/Properties/Threshold", json!(10)),
        ("alarm-age", "orders", "EventsAgeAlarm", gone.clone()),
        ("alarm-errors", "orders", "RelayErrorsAlarm", gone.clone()),
        ("alarm-relay", "orders", "RelayLateAlarm/Properties/Threshold", json!(300)),
        ("alarm-relay", "orders", "RelayLosingAlarm", gone.clone()),
        ("dashboard", "bus", "Dashboard", gone.clone()),
        (
            "iam-version",
            "orders",
            "FunctionRole/Properties/Policies/0/PolicyDocument/Version",
            json!("2008-10-17"),
        ),
        (
            "iam-managed",
            "orders",
            "FunctionRole/Properties/ManagedPolicyArns",
            json!(["arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole"]),
        ),
        (
            "iam-wildcard-action",
            "orders",
            own("FunctionRole", "Traces", "/Action"),
            json!(["xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:*"]),
        ),
        (
            "iam-wildcard-resource",
            "orders",
            own("FunctionRole", "-", ""),
            json!({ "Sid": "Keys", "Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*" }),
        ),
        ("iam-put-events", "orders", own("RelayRole", "OwnEvents", "/Condition"), gone.clone()),
        (
            "iam-put-events",
            "orders",
            own("RelayRole", "OwnEvents", "/Condition/StringEquals/events:source"),
            json!(["orders", "payment"]),
        ),
        (
            "iam-put-events",
            "orders",
            own("RelayRole", "OwnEvents", "/Condition/StringEquals/events:detail-type"),
            gone.clone(),
        ),
        (
            "iam-put-events",
            "orders",
            own("RelayRole", "OwnEvents", "/Condition"),
            json!({ "ForAllValues:StringEquals": { "events:source": ["orders"] } }),
        ),
        (
            "iam-put-events",
            "orders",
            own("FunctionRole", "-", ""),
            json!({ "Sid": "Events", "Effect": "Allow", "Action": "events:PutEvents", "Resource": { "Fn::ImportValue": { "Fn::Sub": "shop-${Stage}-bus-arn" } } }),
        ),
        ("iam-own-queues", "orders", own("FunctionRole", "OwnQueues", ""), gone.clone()),
        (
            "iam-own-queues",
            "orders",
            own("FunctionRole", "OwnQueues", "/Resource/2"),
            json!({ "Fn::Sub": "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:shop-${Stage}-payment-events" }),
        ),
        ("iam-own-table", "orders", own("FunctionRole", "OwnTable", "/Action/6"), json!("dynamodb:Scan")),
        ("iam-own-table", "orders", own("FunctionRole", "OwnTable", "/Action/0"), gone.clone()),
        ("iam-own-table", "orders", own("RelayRole", "OwnReceipts", ""), gone.clone()),
        (
            "iam-own-table",
            "orders",
            own("RelayRole", "OwnReceipts", "/Action"),
            json!(["dynamodb:Scan", "dynamodb:DeleteItem"]),
        ),
        (
            "iam-own-table",
            "orders",
            own("RelayRole", "OwnReceipts", "/Resource"),
            json!({ "Fn::Sub": "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/shop-${Stage}-payment" }),
        ),
        (
            "iam-claims",
            "orders",
            own("FunctionRole", "-", ""),
            json!({
                "Sid": "Claims", "Effect": "Allow", "Action": "s3:GetObject",
                "Resource": { "Fn::Sub": "arn:${AWS::Partition}:s3:::shop-${Stage}-claims-${AWS::AccountId}/payment/*" },
            }),
        ),
        ("iam-dead-letters", "orders", own("FunctionRole", "OwnDeadLetters", ""), gone.clone()),
        ("iam-stream", "orders", own("RelayRole", "OwnStream", ""), gone.clone()),
        ("iam-topics", "inventory", own("RelayRole", "OwnTopics", ""), gone.clone()),
        ("iam-topics", "inventory", own("RelayRole", "TopicsKey", ""), gone.clone()),
        ("table-keys", "orders", "Table/Properties/KeySchema/1", gone.clone()),
        ("table-billing", "orders", "Table/Properties/BillingMode", gone.clone()),
        ("table-recovery", "orders", "Table/Properties/PointInTimeRecoverySpecification", gone.clone()),
        ("table-deletion", "orders", "Table/Properties/DeletionProtectionEnabled", gone.clone()),
        ("table-deletion", "orders", "Table/Properties/DeletionProtectionEnabled", json!(false)),
        ("table-retained", "orders", "Table/DeletionPolicy", gone.clone()),
        ("table-encrypted", "orders", "Table/Properties/SSESpecification", gone.clone()),
        ("table-ttl", "orders", "Table/Properties/TimeToLiveSpecification", gone.clone()),
        ("table-stream", "orders", "Table/Properties/StreamSpecification/StreamViewType", json!("NEW_IMAGE")),
        ("settings", "orders", "Function/Properties/Environment/Variables/WAXSEAL_TABLE", gone.clone()),
        ("settings", "orders", "Relay/Properties/Environment/Variables/WAXSEAL_BUS", gone.clone()),
        ("settings", "orders", "Relay/Properties/Environment/Variables/WAXSEAL_TABLE", gone.clone()),
        ("settings", "orders", "Relay/Properties/Environment/Variables/WAXSEAL_SWEEP_DAYS", gone.clone()),
        (
            "receipts-outlive",
            "orders",
            "Relay/Properties/Environment/Variables/WAXSEAL_SWEEP_DAYS",
            json!("8"),
        ),
        ("settings", "inventory", "Relay/Properties/Environment/Variables/WAXSEAL_TOPIC_STOCK", gone.clone()),
        (
            "settings",
            "payment",
            "Function/Properties/Environment/Variables/PAYMENT_GATEWAY_URL",
            gone.clone(),
        ),
        (
            "settings-receives",
            "orders",
            "Function/Properties/Environment/Variables/WAXSEAL_MAX_RECEIVES",
            gone.clone(),
        ),
        ("settings-receives", "orders", "Events/Properties/RedrivePolicy/maxReceiveCount", json!(9)),
        (
            "receipts-outlive",
            "orders",
            "Function/Properties/Environment/Variables/WAXSEAL_HORIZON_DAYS",
            gone.clone(),
        ),
        ("tags", "orders", "Table/Properties/Tags/2", gone.clone()),
        ("tags", "bus", "Bus/Properties/Tags", gone),
    ]
}

/// Makes a change below `Resources`.
fn mutate(stacks: &mut [Stack], stack: &str, path: &str, value: &Value) {
    let template = &mut stacks.iter_mut().find(|one| one.name == stack).expect("a stack").template;
    let mut at = &mut template["Resources"];
    let mut segments = path.split('/').peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        if at.is_array() {
            let items = at.as_array_mut().expect("an array");
            let index = match segment.strip_prefix('@') {
                Some(sid) => items.iter().position(|item| item["Sid"] == sid).unwrap_or(items.len()),
                None => segment.parse().expect("an index"),
            };
            match (last, value) {
                (true, Value::Null) => return drop(items.remove(index)),
                (true, _) if index == items.len() => return items.push(value.clone()),
                (true, _) => return items[index] = value.clone(),
                (false, _) => at = &mut items[index],
            }
        } else {
            let map = at.as_object_mut().unwrap_or_else(|| panic!("{stack}: nothing at {segment} of {path}"));
            match (last, value) {
                (true, Value::Null) => {
                    return drop(map.remove(segment).unwrap_or_else(|| panic!("{stack}: no {path}")));
                }
                (true, _) => return drop(map.insert(segment.to_owned(), value.clone())),
                (false, _) => {
                    at = map.get_mut(segment).unwrap_or_else(|| panic!("{stack}: no {segment} of {path}"))
                }
            }
        }
    }
}

/// The ids of the findings in the platform's templates after a change.
fn found(stack: &str, path: &str, value: &Value) -> BTreeSet<&'static str> {
    let app = infra::platform();
    let mut stacks = templates(&app).expect("templates");
    mutate(&mut stacks, stack, path, value);
    check(&app, &stacks).iter().map(|finding| finding.check).collect()
}

#[test]
fn a_template_that_breaks_one_rule_has_that_finding_and_no_other() {
    let mut wrong = Vec::new();
    for (id, stack, path, value) in mutations() {
        let found = found(stack, path, &value);
        if found != BTreeSet::from([id]) {
            wrong.push(format!("{id}: {stack} {path} = {value}: found {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Rules that cannot be broken alone, with the other findings of the change.
fn together() -> Vec<(Mutation, &'static [&'static str])> {
    vec![
        (
            (
                "catalog-commands",
                "orders",
                "Commands/Properties/QueueName",
                json!({ "Fn::Sub": "shop-${Stage}-orders-requests" }),
            ),
            &["queue-redrive-allow"],
        ),
        (
            ("rule-pattern", "orders", "OnStockShort/Properties/EventPattern/source", Value::Null),
            &["catalog-routes"],
        ),
        (("queue-mapping", "orders", "EventsMapping", Value::Null), &["iam-own-queues"]),
        (
            (
                "queue-senders",
                "orders",
                "EventsPolicy/Properties/PolicyDocument/Statement/@Rules/Condition",
                Value::Null,
            ),
            &["rule-admitted"],
        ),
        (
            (
                "queue-visibility",
                "orders",
                "EventsMapping/Properties/MaximumBatchingWindowInSeconds",
                json!(5),
            ),
            &["mapping-polling"],
        ),
        (("rule-target", "orders", "OnStockShort/Properties/Targets", Value::Null), &[]),
        (("table-stream", "orders", "Table/Properties/StreamSpecification", Value::Null), &[]),
        (
            ("function-role", "orders", "Relay/Properties/Role/Fn::GetAtt/0", json!("FunctionRole")),
            &[
                "catalog-commands",
                "function-logs",
                "iam-dead-letters",
                "iam-own-queues",
                "iam-own-table",
                "iam-put-events",
                "iam-stream",
            ],
        ),
        (("relay-dead-letters", "orders", "RelayDeadLetters", Value::Null), &["references", "settings"]),
        (
            (
                "relay-dead-letters",
                "orders",
                "Relay/Properties/Environment/Variables/WAXSEAL_DLQ_URL/Ref",
                json!("DeadLetters"),
            ),
            &["iam-dead-letters"],
        ),
    ]
}

#[test]
fn a_template_that_breaks_several_rules_has_all_their_findings() {
    for ((id, stack, path, value), others) in together() {
        let wanted: BTreeSet<_> = others.iter().copied().chain([id]).collect();
        assert_eq!(found(stack, path, &value), wanted, "{id}: {stack} {path}");
    }
}

#[test]
fn stacks_that_lack_or_are_too_many_are_found() {
    let app = infra::platform();
    let mut stacks = templates(&app).unwrap();
    let payment = stacks.iter().position(|stack| stack.name == "payment").unwrap();
    let taken = stacks.remove(payment);
    let findings = check(&app, &stacks);
    assert_eq!(
        findings.iter().map(|one| (one.check, one.stack.as_str())).collect::<Vec<_>>(),
        [("catalog-stacks", "payment")]
    );

    // The service has gone from the catalog, its template has not.
    stacks.push(taken);
    let mut smaller = app.clone();
    smaller.services.retain(|service| service.name() != "payment");
    let found: BTreeSet<_> = check(&smaller, &stacks).iter().map(|one| one.check).collect();
    assert!(found.contains("catalog-stacks"), "{found:?}");
}

#[test]
fn a_service_that_publishes_what_is_anothers_is_found() {
    let mut app = infra::platform();
    let stacks = templates(&app).unwrap();
    let payment = app.find("payment").unwrap().catalog();
    let payments = payment.iter().find(|entry| !entry.emits.is_empty()).unwrap().emits;
    let mut catalog = app.find("orders").unwrap().catalog().to_vec();
    catalog[0].emits = payments;
    *app.find_mut("orders").unwrap() = Deployed::of_catalog("orders", catalog);
    let found: BTreeSet<_> = check(&app, &stacks).iter().map(|one| one.check).collect();
    assert!(found.contains("catalog-owner"), "{found:?}");
}

#[test]
fn every_check_is_broken_by_some_mutation() {
    let mut broken: BTreeSet<&str> = mutations().iter().map(|(id, ..)| *id).collect();
    broken.extend(together().iter().map(|((id, ..), _)| *id));
    // By the tests above, which take more than a change of one value.
    broken.extend(["catalog-stacks", "catalog-owner"]);
    // No message of the platform is checked in: the tests of `waxseal-infra` break these, in an
    // application that has one.
    let all: BTreeSet<&str> =
        CHECKS.iter().map(|check| check.id).filter(|id| !id.starts_with("claims-")).collect();
    assert_eq!(all, broken);
}

#[test]
fn s8_a_mapping_without_partial_responses_is_refused() {
    for (stack, mapping) in
        [("orders", "EventsMapping"), ("orders", "CommandsMapping"), ("inventory", "RelayMapping")]
    {
        for value in [Value::Null, json!([]), json!(["Something"])] {
            let found = found(stack, &format!("{mapping}/Properties/FunctionResponseTypes"), &value);
            assert_eq!(found, BTreeSet::from(["mapping-partial-responses"]), "{stack} {mapping} {value}");
        }
    }
}

#[test]
fn o1_a_relay_that_gives_up_or_starts_late_is_refused() {
    for (property, value, check) in [
        ("StartingPosition", json!("LATEST"), "relay-from-the-start"),
        ("MaximumRetryAttempts", json!(10_000), "relay-never-gives-up"),
        ("MaximumRecordAgeInSeconds", json!(86_400), "relay-never-gives-up"),
    ] {
        let found = found("payment", &format!("RelayMapping/Properties/{property}"), &value);
        assert_eq!(found, BTreeSet::from([check]), "{property}");
    }
}

#[test]
fn o5_a_relay_that_every_write_wakes_is_refused() {
    let everything = json!(r#"{"eventName":["INSERT","MODIFY","REMOVE"]}"#);
    let found = found("orders", "RelayMapping/Properties/FilterCriteria/Filters/0/Pattern", &everything);
    assert_eq!(found, BTreeSet::from(["relay-filter"]));
}

#[test]
fn q3_receipts_that_do_not_outlive_queue_dead_letters_and_archive_are_refused() {
    let days = "Function/Properties/Environment/Variables/WAXSEAL_HORIZON_DAYS";
    // Delivery 1 day, queue 4, dead letters 14, a sweep 7, archive 14.
    assert_eq!(found("orders", days, &json!("40")), BTreeSet::new());
    assert_eq!(found("orders", days, &json!("39")), BTreeSet::from(["receipts-outlive"]));
    // SNS tries for 23 days: 23, 7, 4, 14.
    assert_eq!(found("analytics", days, &json!("48")), BTreeSet::new());
    assert_eq!(found("analytics", days, &json!("47")), BTreeSet::from(["receipts-outlive"]));
    // A longer queue asks for longer receipts.
    let longer = found("orders", "Events/Properties/MessageRetentionPeriod", &json!(5 * 86_400));
    assert_eq!(longer, BTreeSet::from(["receipts-outlive"]));
}
