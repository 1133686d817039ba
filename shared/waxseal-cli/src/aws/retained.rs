//! What outlives its stack: dropped, where a stage is thrown away.

use serde_json::Value;
use waxseal_infra::Stack;

use crate::{
    aws::{look::existing, stacks::Stacks},
    command_error::CommandError,
    print,
};

/// A resource that a stack keeps when it is deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Retained {
    kind: Kind,
    /// `${Stage}` and `${AWS::AccountId}` are still in it.
    name: String,
}

/// In the order of their deletion: an archive goes before its bus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Table,
    Queue,
    Archive,
    Bus,
    Bucket,
}

/// What a stack keeps. A kind that is not known here is told, and stays.
pub(super) fn of(stack: &Stack) -> Vec<Retained> {
    let mut all = Vec::new();
    for (id, resource) in stack.template["Resources"].as_object().into_iter().flatten() {
        if resource["DeletionPolicy"] != "Retain" {
            continue;
        }
        let (kind, property) = match resource["Type"].as_str().unwrap_or_default() {
            "AWS::DynamoDB::Table" => (Kind::Table, "TableName"),
            "AWS::SQS::Queue" => (Kind::Queue, "QueueName"),
            "AWS::Events::Archive" => (Kind::Archive, "ArchiveName"),
            "AWS::Events::EventBus" => (Kind::Bus, "Name"),
            "AWS::S3::Bucket" => (Kind::Bucket, "BucketName"),
            other => {
                print::progress(format_args!("{}: {id} stays, a {other}", stack.name));
                continue;
            }
        };
        let name = &resource["Properties"][property];
        if let Some(name) = name["Fn::Sub"].as_str().or_else(|| name.as_str()) {
            all.push(Retained { kind, name: name.to_owned() });
        }
    }
    all.sort_by_key(|one| one.kind);
    all
}

/// Empties the buckets of a stack, since CloudFormation deletes an empty one alone.
pub(super) fn empty_buckets(stacks: &Stacks<'_>, stack: &Stack) -> Result<(), CommandError> {
    for bucket in of(stack).iter().filter(|one| one.kind == Kind::Bucket) {
        let at = format!("s3://{}", name(stacks, bucket)?);
        existing(stacks.aws.run(&["s3", "rm", &at, "--recursive", "--quiet"]).map(|_| Value::Null))?;
    }
    Ok(())
}

/// Deletes what a deleted stack left. What is not there needs no deletion.
pub(super) fn drop(stacks: &Stacks<'_>, stack: &Stack) -> Result<(), CommandError> {
    for one in of(stack) {
        let name = name(stacks, &one)?;
        let aws = stacks.aws;
        let run = |arguments: &[&str]| existing(aws.run(arguments).map(|_| Value::Null));
        match one.kind {
            Kind::Table => {
                let open =
                    ["dynamodb", "update-table", "--no-deletion-protection-enabled", "--table-name", &name];
                if run(&open)?.is_some() {
                    aws.run(&["dynamodb", "wait", "table-exists", "--table-name", &name])?;
                    run(&["dynamodb", "delete-table", "--table-name", &name])?;
                }
            }
            Kind::Queue => {
                let found = existing(aws.json(&["sqs", "get-queue-url", "--queue-name", &name]))?;
                if let Some(url) = found.as_ref().and_then(|found| found["QueueUrl"].as_str()) {
                    run(&["sqs", "delete-queue", "--queue-url", url])?;
                }
            }
            Kind::Archive => drop_it(run(&["events", "delete-archive", "--archive-name", &name])?),
            Kind::Bus => drop_it(run(&["events", "delete-event-bus", "--name", &name])?),
            Kind::Bucket => drop_it(run(&["s3", "rb", &format!("s3://{name}"), "--force"])?),
        }
    }
    Ok(())
}

/// Whether it was there does not matter.
fn drop_it(_: Option<Value>) {}

/// The name of a resource on a stage.
fn name(stacks: &Stacks<'_>, one: &Retained) -> Result<String, CommandError> {
    let name = one.name.replace("${Stage}", &stacks.stage.name);
    if !name.contains("${AWS::AccountId}") {
        return Ok(name);
    }
    let identity = stacks.aws.json(&["sts", "get-caller-identity"])?;
    Ok(name.replace("${AWS::AccountId}", identity["Account"].as_str().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use waxseal::{Channel, Declared, catalog::Entry};
    use waxseal_catalog::{App, Deployed, Source};
    use waxseal_infra::templates;

    use super::*;

    /// Whatever the templates retain is dropped, an archive before its bus.
    #[test]
    fn i5_every_resource_that_a_template_retains_is_known_here() {
        const PLACED: Declared = Declared::new("order.placed", "orders", Channel::Bus);
        const BIG: Declared = PLACED.claim_checked_over(Some(1000));
        let entries = vec![Entry::new("orders", "place", PLACED, &[BIG])];
        let orders = Deployed::of_catalog("orders", entries).stream(Source::kinesis("clicks"));
        let stacks = templates(&App::new("shop").service(orders)).unwrap();
        let names = |stack: &Stack| of(stack).into_iter().map(|one| one.name).collect::<Vec<_>>();
        assert_eq!(
            names(&stacks[0]),
            ["shop-${Stage}-archive", "shop-${Stage}-bus", "shop-${Stage}-claims-${AWS::AccountId}"]
        );
        assert_eq!(
            names(&stacks[1]),
            [
                "shop-${Stage}-orders",
                "shop-${Stage}-orders-dlq",
                "shop-${Stage}-orders-relay-dlq",
                "shop-${Stage}-orders-discarded-${AWS::AccountId}",
            ]
        );
        let kept = |stack: &Stack| stack.to_yaml().matches("DeletionPolicy: Retain").count();
        for stack in &stacks {
            assert_eq!(of(stack).len(), kept(stack), "{}", stack.name);
        }
    }
}
