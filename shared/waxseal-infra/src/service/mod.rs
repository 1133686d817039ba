//! A service's stack: everything that is its own.

mod alarms;
mod function;
mod queues;
mod relay;
mod routes;
mod table;

use serde_json::{Map, Value, json};
use waxseal::Channel;
use waxseal_catalog::{App, Deployed, Program};

pub(crate) use function::table_actions;
pub(crate) use relay::{DEAD_LETTERS, FILTER, SCAN};

use crate::{
    names::{self, arn, attribute, pascal, reference, stage_parameter},
    stack::Stack,
};

/// A stack in the making.
pub(crate) struct Parts<'a> {
    pub(crate) app: &'a App,
    pub(crate) service: &'a Deployed,
    resources: Map<String, Value>,
    outputs: Map<String, Value>,
}

impl Parts<'_> {
    /// `shop-${Stage}-orders-dlq`.
    pub(crate) fn named(&self, rest: &str) -> String {
        self.app.named(&format!("{}{rest}", self.service.name))
    }

    pub(crate) fn add(&mut self, id: impl Into<String>, resource: Value) {
        self.resources.insert(id.into(), resource);
    }

    pub(crate) fn output(&mut self, id: impl Into<String>, value: Value) {
        self.outputs.insert(id.into(), json!({ "Value": value }));
    }

    pub(crate) fn tags(&self) -> Value {
        names::tags(&self.app.name, &self.service.name)
    }
}

/// The logical id of a queue: `Events`, `Commands`.
pub(crate) fn queue_id(queue: &str) -> String {
    pascal(queue)
}

pub(crate) fn stack(app: &App, service: &Deployed) -> Stack {
    let mut parts = Parts { app, service, resources: Map::new(), outputs: Map::new() };
    table::add(&mut parts);
    queues::add(&mut parts);
    routes::add(&mut parts);
    function::add(&mut parts);
    if !service.emits().is_empty() {
        relay::add(&mut parts);
    }
    alarms::add(&mut parts);
    let template = json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": format!("{}: the service {}", app.name, service.name),
        "Parameters": parameters(service),
        "Resources": parts.resources,
        "Outputs": parts.outputs,
    });
    let mut stack = Stack::new(app, &service.name, template);
    if service.http
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
    if service.http {
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
    for outside in &service.outside {
        let mut parameter = json!({
            "Type": "String",
            "MinLength": 1,
            "Description": format!("{}, {}", outside.variable, outside.about),
        });
        if outside.secret
            && let Some(parameter) = parameter.as_object_mut()
        {
            parameter.insert("NoEcho".to_owned(), json!(true));
        }
        parameters.insert(names::parameter(&outside.variable), parameter);
    }
    parameters
}

/// The queues of other services that get its commands, by their recipients.
pub(crate) fn recipients(service: &Deployed) -> Vec<&'static str> {
    let mut recipients: Vec<_> = service
        .emits()
        .iter()
        .filter_map(|declared| match declared.channel {
            Channel::Queue(recipient) => Some(recipient),
            Channel::Bus | Channel::Topic(_) => None,
        })
        .collect();
    recipients.sort_unstable();
    recipients.dedup();
    recipients
}

/// A role that Lambda takes on, with its log group and tracing allowed, and `statements`.
pub(crate) fn role(parts: &Parts<'_>, logs: &str, statements: Vec<Value>) -> Value {
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
            "Tags": parts.tags(),
        },
    })
}

/// A function, its log group and what all functions have in common.
pub(crate) fn lambda(
    parts: &mut Parts<'_>,
    id: &str,
    program: &Program,
    mut environment: Map<String, Value>,
) {
    environment.insert(names::TIMEOUT.to_owned(), program.timeout.to_string().into());
    let name = parts.named(if id == "Relay" { "-relay" } else { "" });
    let (logs, role) = (format!("{id}Logs"), format!("{id}Role"));
    parts.add(
        logs.clone(),
        json!({
            "Type": "AWS::Logs::LogGroup",
            "DeletionPolicy": "Delete",
            "UpdateReplacePolicy": "Delete",
            "Properties": {
                "LogGroupName": names::sub(format!("/aws/lambda/{name}")),
                "RetentionInDays": parts.app.retention.logs,
                "Tags": parts.tags(),
            },
        }),
    );
    parts.add(
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
                "Tags": parts.tags(),
            },
        }),
    );
    parts.output(format!("{id}Name"), reference(id));
}
