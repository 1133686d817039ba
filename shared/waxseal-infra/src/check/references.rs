//! References and names: every reference leads to a resource, every name follows the rule.

use serde_json::Value;

use crate::{
    check::{
        index::{TemplateIndex, list},
        report::Report,
    },
    names::named,
};

/// The attributes that `Fn::GetAtt` may name, of the types of resources that the templates make.
const ATTRIBUTES: [&str; 7] =
    ["Arn", "QueueName", "StreamArn", "FunctionUrl", "Version", "ApiEndpoint", "AuthorizerId"];
/// Those types begin so. Others come from an application's own changes, and only their names are checked.
const MADE: [&str; 9] =
    ["ApiGatewayV2", "CloudWatch", "DynamoDB", "Events", "IAM", "KMS", "Lambda", "SNS", "SQS"];

pub(super) fn lead_somewhere(index: &TemplateIndex<'_>, report: &mut Report) {
    let exports: Vec<&Value> = index
        .stacks
        .iter()
        .flat_map(|stack| stack.template["Outputs"].as_object().into_iter().flatten())
        .map(|(_, output)| &output["Export"]["Name"])
        .collect();
    for stack in index.stacks {
        let known = |id: &str| {
            ["Resources", "Parameters"].iter().any(|part| stack.template[part].get(id).is_some())
                || id.starts_with("AWS::")
        };
        let mut lost = Vec::new();
        visit(&stack.template["Resources"], &mut |value| {
            lost.extend(lost_in(value, &stack.template, &known, &exports));
        });
        visit(&stack.template["Outputs"], &mut |value| {
            lost.extend(lost_in(value, &stack.template, &known, &exports));
        });
        for what in lost {
            report.stack(&stack.name, what);
        }
        for (id, output) in stack.template["Outputs"].as_object().into_iter().flatten() {
            if output["Value"].is_null() {
                report.stack(&stack.name, format!("output {id} has no Value"));
            }
        }
        for (id, resource) in stack.template["Resources"].as_object().into_iter().flatten() {
            if !resource["Type"].is_string() {
                report.stack(&stack.name, format!("{id} has no Type"));
            }
            for other in list(&resource["DependsOn"]).into_iter().filter_map(Value::as_str) {
                if stack.template["Resources"].get(other).is_none() {
                    report.stack(
                        &stack.name,
                        format!("DependsOn of {id} names {other}, which is none of its resources"),
                    );
                }
            }
        }
    }
}

fn lost_in(
    value: &Value,
    template: &Value,
    known: &dyn Fn(&str) -> bool,
    exports: &[&Value],
) -> Option<String> {
    let map = value.as_object()?;
    if map.is_empty() {
        return Some("a value is empty".to_owned());
    }
    if let Some(reference) = map.get("Ref") {
        let leads = reference.as_str().is_some_and(known);
        return (!leads).then(|| format!("Ref {reference} leads nowhere"));
    }
    if let Some(path) = map.get("Fn::GetAtt") {
        let kind = path[0].as_str().and_then(|id| template["Resources"].get(id));
        let kind = kind.map(|resource| resource["Type"].as_str().unwrap_or_default());
        let is_made =
            kind.is_some_and(|kind| kind.split("::").nth(1).is_some_and(|part| MADE.contains(&part)));
        let named = path[1].as_str().is_some_and(|name| !is_made || ATTRIBUTES.contains(&name));
        let leads = list(path).len() == 2 && kind.is_some() && named;
        return (!leads).then(|| format!("Fn::GetAtt {path} leads nowhere"));
    }
    if let Some(export) = map.get("Fn::ImportValue") {
        return (!exports.contains(&export))
            .then(|| format!("Fn::ImportValue {export} is exported by no stack"));
    }
    None
}

fn visit(value: &Value, see: &mut dyn FnMut(&Value)) {
    see(value);
    match value {
        Value::Object(map) => map.values().for_each(|value| visit(value, see)),
        Value::Array(items) => items.iter().for_each(|value| visit(value, see)),
        _ => {}
    }
}

/// Resources that are found by their names: by other stacks, by people, and by CloudFormation when
/// it takes retained resources back.
const NAMED: [(&str, &str); 11] = [
    ("AWS::SQS::Queue", "QueueName"),
    ("AWS::DynamoDB::Table", "TableName"),
    ("AWS::S3::Bucket", "BucketName"),
    ("AWS::Events::EventBus", "Name"),
    ("AWS::Events::Rule", "Name"),
    ("AWS::Events::Archive", "ArchiveName"),
    ("AWS::SNS::Topic", "TopicName"),
    ("AWS::Lambda::Function", "FunctionName"),
    ("AWS::CloudWatch::Alarm", "AlarmName"),
    ("AWS::CloudWatch::Dashboard", "DashboardName"),
    ("AWS::IAM::ManagedPolicy", "ManagedPolicyName"),
];

pub(super) fn names(index: &TemplateIndex<'_>, report: &mut Report) {
    let start = named(index.app, "");
    for resource in index.all() {
        for (_, property) in NAMED.iter().filter(|(kind, _)| resource.body["Type"] == *kind) {
            let named = resource.name(property).is_some_and(|name| name.starts_with(&start));
            report.unless(named, &resource, format!("{property} does not start with {start}"));
        }
    }
}
