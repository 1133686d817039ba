//! The stack of a service.

mod alarms;
mod function;
mod queues;
mod relay;
mod routes;
mod table;

use serde_json::{Map, Value, json};
use waxseal_catalog::{
    App, Deployed, Program,
    routes::{QueueKind, Routes},
};

pub(crate) use function::table_actions;
pub(crate) use relay::{RELAY_DEAD_LETTERS, SCAN};

use crate::{
    names::{self, arn, attribute, pascal, reference, stage_parameter},
    stack::Stack,
};

/// Collects the resources and outputs of a service's stack.
pub(crate) struct StackBuilder<'a> {
    pub(crate) app: &'a App,
    pub(crate) service: &'a Deployed,
    pub(crate) routes: Routes,
    resources: Map<String, Value>,
    outputs: Map<String, Value>,
}

impl StackBuilder<'_> {
    /// `shop-${Stage}-orders-dlq`.
    pub(crate) fn named(&self, rest: &str) -> String {
        names::named(self.app, &format!("{}{rest}", self.service.name()))
    }

    pub(crate) fn add(&mut self, id: impl Into<String>, resource: Value) {
        self.resources.insert(id.into(), resource);
    }

    pub(crate) fn output(&mut self, id: impl Into<String>, value: Value) {
        self.outputs.insert(id.into(), json!({ "Value": value }));
    }

    pub(crate) fn tags(&self) -> Value {
        names::tags(&self.app.name, self.service.name())
    }
}

/// The logical id of a queue: `Events`, `Commands`.
pub(crate) fn queue_id(queue: QueueKind) -> String {
    pascal(queue.as_str())
}

pub(crate) fn stack(app: &App, service: &Deployed) -> Stack {
    let routes = app.routes(service);
    let mut builder = StackBuilder { app, service, routes, resources: Map::new(), outputs: Map::new() };
    table::add(&mut builder);
    queues::add(&mut builder);
    routes::add(&mut builder);
    function::add(&mut builder);
    if builder.routes.has_relay() {
        relay::add(&mut builder);
    }
    alarms::add(&mut builder);
    let template = json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": format!("{}: the service {}", app.name, service.name()),
        "Parameters": parameters(service),
        "Resources": builder.resources,
        "Outputs": builder.outputs,
    });
    let mut stack = Stack::new(app, service.name(), template);
    if service.answers_http
        && let Some(template) = stack.template.as_object_mut()
    {
        let public = json!({ "Fn::Equals": [reference("HttpAuth"), "NONE"] });
        template.insert("Conditions".to_owned(), json!({ "HttpIsPublic": public }));
    }
    stack
}

fn parameters(service: &Deployed) -> Map<String, Value> {
    let mut parameters = Map::new();
    parameters.insert("Stage".to_owned(), stage_parameter());
    parameters.insert(
        "Architecture".to_owned(),
        json!({
            "Type": "String",
            "Default": "arm64",
            "AllowedValues": ["arm64", "x86_64"],
            "Description": "What the functions were built for; a local stage runs on whatever the machine is",
        }),
    );
    parameters.insert(
        "DeletionProtection".to_owned(),
        json!({
            "Type": "String",
            "Default": "true",
            "AllowedValues": ["true", "false"],
            "Description": "Whether the table refuses to be deleted; false for stages that are thrown away",
        }),
    );
    if service.answers_http {
        parameters.insert(
            "HttpAuth".to_owned(),
            json!({
                "Type": "String",
                "Default": "AWS_IAM",
                "AllowedValues": ["AWS_IAM", "NONE"],
                "Description": "Who may call the function URL: signed requests of this account, or anybody",
            }),
        );
    }
    for brought in &service.parameters {
        let mut parameter = json!({
            "Type": "String",
            "MinLength": 1,
            "Description": format!("{}, {}", brought.variable, brought.about),
        });
        if brought.secret
            && let Some(parameter) = parameter.as_object_mut()
        {
            parameter.insert("NoEcho".to_owned(), json!(true));
        }
        parameters.insert(names::parameter(&brought.variable), parameter);
    }
    parameters
}

/// A role for Lambda, with `statements`, that may write to its log group and to X-Ray.
pub(crate) fn role(builder: &StackBuilder<'_>, logs: &str, statements: Vec<Value>) -> Value {
    let mut all = vec![
        json!({
            "Sid": "Logs",
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": arn(logs),
        }),
        json!({
            // X-Ray knows no resources.
            "Sid": "Traces",
            "Effect": "Allow",
            "Action": ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
            "Resource": "*",
        }),
    ];
    all.extend(statements);
    json!({
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [{
                    "Effect": "Allow",
                    "Principal": { "Service": "lambda.amazonaws.com" },
                    "Action": "sts:AssumeRole",
                }],
            },
            "Policies": [{
                "PolicyName": "own",
                "PolicyDocument": { "Version": "2012-10-17", "Statement": all },
            }],
            "Tags": builder.tags(),
        },
    })
}

/// A function and its log group, with everything that all functions have in common.
pub(crate) fn lambda(
    builder: &mut StackBuilder<'_>,
    id: &str,
    program: &Program,
    environment: Map<String, Value>,
) {
    let name = builder.named(if id == "Relay" { "-relay" } else { "" });
    let (logs, role) = (format!("{id}Logs"), format!("{id}Role"));
    builder.add(
        logs.clone(),
        json!({
            "Type": "AWS::Logs::LogGroup",
            "DeletionPolicy": "Delete",
            "UpdateReplacePolicy": "Delete",
            "Properties": {
                "LogGroupName": names::sub(format!("/aws/lambda/{name}")),
                "RetentionInDays": builder.app.retention.logs,
                "Tags": builder.tags(),
            },
        }),
    );
    builder.add(
        id,
        json!({
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "FunctionName": names::sub(name),
                "Runtime": "provided.al2023",
                "Handler": "bootstrap",
                "Architectures": [reference("Architecture")],
                "Code": program.code,
                "MemorySize": program.memory,
                "Timeout": program.timeout,
                "Role": attribute(&role, "Arn"),
                "TracingConfig": { "Mode": "Active" },
                "LoggingConfig": { "LogFormat": "JSON", "LogGroup": reference(&logs) },
                "Environment": { "Variables": environment },
                "Tags": builder.tags(),
            },
        }),
    );
    builder.output(format!("{id}Name"), reference(id));
}
