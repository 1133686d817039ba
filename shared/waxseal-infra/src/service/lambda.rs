//! Functions, with the role and the log group that each has.

use serde_json::{Map, Value, json};
use waxseal_catalog::Program;

use crate::{
    names::{self, arn, attribute, reference},
    service::builder::StackBuilder,
};

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
