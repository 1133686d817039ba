//! The service's function: its role, its mappings, its URL.

use serde_json::{Map, Value, json};

use super::{Parts, lambda, queue_id, role};
use crate::{
    claims,
    names::{self, arn, reference},
};

/// Everything that `waxseal-aws` asks of a table, and nothing else. A transaction needs the permissions of its parts.
pub(crate) fn table_actions() -> [&'static str; 6] {
    [
        "dynamodb:BatchGetItem",
        "dynamodb:ConditionCheckItem",
        "dynamodb:DeleteItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
    ]
}

pub(super) fn add(parts: &mut Parts<'_>) {
    let service = parts.service;
    let queues: Vec<_> = service.queues().into_iter().map(queue_id).collect();
    let mut statements = vec![
        json!({
            "Sid": "OwnTable",
            "Effect": "Allow",
            "Action": table_actions(),
            "Resource": arn("Table"),
        }),
        json!({
            "Sid": "OwnDeadLetters",
            "Effect": "Allow",
            "Action": "sqs:SendMessage",
            "Resource": arn("DeadLetters"),
        }),
    ];
    if !queues.is_empty() {
        statements.push(json!({
            "Sid": "OwnQueues",
            "Effect": "Allow",
            "Action": [
                "sqs:ReceiveMessage",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
                "sqs:ChangeMessageVisibility",
            ],
            "Resource": queues.iter().map(|queue| arn(queue)).collect::<Vec<_>>(),
        }));
    }
    statements.extend(claims::statements(parts.app, service));
    let role = role(parts, "FunctionLogs", statements);
    parts.add("FunctionRole", role);
    let environment = environment(parts);
    lambda(parts, "Function", &service.program, environment);

    for queue in queues {
        let mapping = json!({
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "FunctionName": reference("Function"),
                "EventSourceArn": arn(&queue),
                "BatchSize": service.batch,
                "MaximumBatchingWindowInSeconds": service.window,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                // Not reserved concurrency: a throttled receive counts towards the dead-letter queue.
                "ScalingConfig": { "MaximumConcurrency": service.invocations },
            },
        });
        parts.add(format!("{queue}Mapping"), mapping);
    }
    if service.http {
        url(parts);
    }
}

fn environment(parts: &Parts<'_>) -> Map<String, Value> {
    let service = parts.service;
    let mut variables = Map::new();
    for (name, value) in &service.environment {
        variables.insert(name.clone(), json!(value));
    }
    for outside in &service.outside {
        variables.insert(outside.variable.clone(), reference(&names::parameter(&outside.variable)));
    }
    variables.extend([
        ("WAXSEAL_TABLE".to_owned(), reference("Table")),
        ("WAXSEAL_DLQ_URL".to_owned(), reference("DeadLetters")),
        ("WAXSEAL_CONCURRENCY".to_owned(), json!(service.handlers.to_string())),
        ("WAXSEAL_HORIZON_DAYS".to_owned(), json!(parts.app.horizon(service).to_string())),
        ("WAXSEAL_MAX_RECEIVES".to_owned(), json!(service.max_receives.to_string())),
    ]);
    if claims::checks_in(service) || !claims::fetches_from(parts.app, service).is_empty() {
        variables.insert("WAXSEAL_CLAIMS".to_owned(), claims::location(parts.app, service));
    }
    variables
}

fn url(parts: &mut Parts<'_>) {
    let function = || arn("Function");
    parts.add(
        "Url",
        json!({
            "Type": "AWS::Lambda::Url",
            "Properties": { "TargetFunctionArn": function(), "AuthType": reference("HttpAuth") },
        }),
    );
    // A public URL takes both since October 2025. Source: Lambda developer guide, "Control access to function URLs".
    parts.add(
        "UrlPublic",
        json!({
            "Type": "AWS::Lambda::Permission",
            "Condition": "HttpIsPublic",
            "Properties": {
                "FunctionName": function(),
                "Action": "lambda:InvokeFunctionUrl",
                "FunctionUrlAuthType": "NONE",
                "Principal": "*",
            },
        }),
    );
    parts.add(
        "UrlPublicInvoke",
        json!({
            "Type": "AWS::Lambda::Permission",
            "Condition": "HttpIsPublic",
            "Properties": {
                "FunctionName": function(),
                "Action": "lambda:InvokeFunction",
                "InvokedViaFunctionUrl": true,
                "Principal": "*",
            },
        }),
    );
    parts.output("Url", names::attribute("Url", "FunctionUrl"));
}
