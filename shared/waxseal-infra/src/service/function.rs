//! The function of a service, with its role and its mappings.

use serde_json::{Map, Value, json};
use waxseal_catalog::settings::{CLAIMS, DEAD_LETTERS, METRICS, TABLE};

use crate::{
    claims,
    names::{self, arn, reference},
    service::{
        alias, builder::StackBuilder, builder::queue_id, fifo, lambda::lambda, lambda::role, own, sources,
        timers::QUERY,
    },
};

/// The actions of an engine on its table. A transaction needs the permissions of its parts. Only an
/// engine that reads histories or projections queries.
pub(crate) fn table_actions(queries: bool) -> Vec<&'static str> {
    let mut actions = vec![
        "dynamodb:BatchGetItem",
        "dynamodb:ConditionCheckItem",
        "dynamodb:DeleteItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
    ];
    actions.extend(queries.then_some(QUERY));
    actions
}

pub(super) fn add(builder: &mut StackBuilder<'_>) {
    let service = builder.service;
    let queues: Vec<_> = builder.routes.queues.iter().map(|queue| queue_id(queue.kind)).collect();
    let fifo = builder.routes.fifo.iter().map(names::fifo_id);
    let sources: Vec<_> = queues.iter().cloned().chain(fifo).collect();
    let mut statements = vec![
        json!({
            "Sid": "OwnTable",
            "Effect": "Allow",
            "Action": table_actions(builder.routes.queries),
            "Resource": arn("Table"),
        }),
        json!({
            "Sid": "OwnDeadLetters",
            "Effect": "Allow",
            "Action": "sqs:SendMessage",
            "Resource": arn("DeadLetters"),
        }),
    ];
    statements.extend(fifo::statement(builder));
    if !sources.is_empty() {
        statements.push(json!({
            "Sid": "OwnQueues",
            "Effect": "Allow",
            "Action": [
                "sqs:ReceiveMessage",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
                "sqs:ChangeMessageVisibility",
            ],
            "Resource": sources.iter().map(|queue| arn(queue)).collect::<Vec<_>>(),
        }));
    }
    statements.extend(claims::statements(builder.app, service));
    statements.extend(sources::statements(&service.sources));
    statements.extend(own::statements(service));
    let role = role(builder, "FunctionLogs", statements);
    builder.add("FunctionRole", role);
    let environment = environment(builder);
    lambda(builder, "Function", &service.program, environment);
    own::complete(builder);
    alias::add(builder);

    let polled = builder.routes.mapping;
    for queue in queues {
        let mapping = json!({
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "FunctionName": alias::called(service),
                "EventSourceArn": arn(&queue),
                "BatchSize": polled.batch,
                "MaximumBatchingWindowInSeconds": polled.window,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                // Not reserved concurrency: a throttled receive counts towards the dead-letter
                // queue.
                "ScalingConfig": { "MaximumConcurrency": polled.invocations },
            },
        });
        builder.add(format!("{queue}Mapping"), mapping);
    }
    for (id, mapping) in fifo::mappings(builder) {
        builder.add(id, mapping);
    }
}

fn environment(builder: &StackBuilder<'_>) -> Map<String, Value> {
    let service = builder.service;
    let mut variables = Map::new();
    for (name, value) in &service.environment {
        variables.insert(name.clone(), json!(value));
    }
    for parameter in &service.parameters {
        let value = reference(&names::parameter(&parameter.variable));
        variables.insert(parameter.variable.clone(), value);
    }
    variables.extend(own::secret_variables(service));
    for (name, value) in builder.app.variables(service) {
        variables.insert(name.to_owned(), json!(value));
    }
    variables.extend([
        (TABLE.name.to_owned(), reference("Table")),
        (DEAD_LETTERS.name.to_owned(), reference("DeadLetters")),
    ]);
    if service.metrics {
        variables.insert(METRICS.name.to_owned(), names::sub(names::namespace(builder.app)));
    }
    if claims::checks_in(service) || !claims::fetches_from(builder.app, service).is_empty() {
        variables.insert(CLAIMS.name.to_owned(), claims::location(builder.app, service));
    }
    variables
}
