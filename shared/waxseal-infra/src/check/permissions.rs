//! Permissions of roles.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use waxseal_catalog::{Publisher, settings::DEAD_LETTERS};

use crate::{
    bus,
    check::{
        index::{
            QUEUE, ROLE, Resource, TemplateIndex, allowing, allows, import, list, statements, target, texts,
        },
        report::Report,
    },
    names::{self, account, arn, attribute, queue_arn, sub},
    publisher::POLICY,
    publishing,
    service::{
        function::table_actions,
        relay::{RELAY_DEAD_LETTERS, SCAN},
        timers,
    },
};

pub(super) fn managed(index: &TemplateIndex<'_>, report: &mut Report) {
    for role in index.of(ROLE) {
        let none = list(role.get("/ManagedPolicyArns")).is_empty();
        report.unless(none, &role, "ManagedPolicyArns is set");
    }
    for resource in index.all().filter(|resource| !is_publishing(index, resource)) {
        let apart = ["AWS::IAM::ManagedPolicy", "AWS::IAM::Policy", "AWS::IAM::RolePolicy"];
        let kind = resource.body["Type"].as_str().unwrap_or_default();
        report.unless(!apart.contains(&kind), &resource, "a policy apart from its role");
    }
}

/// Whether a resource is the policy of a program, which runs under a role that is not ours.
fn is_publishing(index: &TemplateIndex<'_>, resource: &Resource<'_>) -> bool {
    let of_program = index.app.publishers.iter().any(|publisher| publisher.name == resource.stack);
    of_program && resource.id == POLICY && resource.body["Type"] == "AWS::IAM::ManagedPolicy"
}

/// The policy of a program allows what follows from its messages, and its stack has nothing else.
pub(super) fn publishers(index: &TemplateIndex<'_>, report: &mut Report) {
    let deployed = |publisher: &&Publisher| index.stacks.iter().any(|stack| stack.name == publisher.name);
    for publisher in index.app.publishers.iter().filter(deployed) {
        let Some(policy) = index.all().find(|one| one.stack == publisher.name && is_publishing(index, one))
        else {
            report.stack(&publisher.name, format!("it has no managed policy {POLICY}"));
            continue;
        };
        let mut wanted = publishing::statements(index.app, &publisher.name, &index.app.publishes(publisher));
        let mut given: Vec<Value> =
            list(policy.get("/PolicyDocument/Statement")).into_iter().cloned().collect();
        for statements in [&mut wanted, &mut given] {
            statements.iter_mut().for_each(unnamed);
            statements.sort_by_key(Value::to_string);
        }
        let types = index.app.publishes(publisher);
        report.unless(
            given == wanted,
            &policy,
            format!(
                "it does not allow the events {:?} of {}, the topics {:?} and the queues of {:?} exactly",
                types.events, publisher.name, types.topics, types.recipients
            ),
        );
        let attached = ["/Roles", "/Users", "/Groups"].iter().any(|to| !policy.get(to).is_null());
        report.unless(!attached, &policy, "it is attached here, and a program's team attaches it");
        for other in index.all().filter(|one| one.stack == publisher.name && one.id != policy.id) {
            report.at(&other, "a program's stack has its policy alone");
        }
    }
}

/// A statement's name is for people.
fn unnamed(statement: &mut Value) {
    if let Some(members) = statement.as_object_mut() {
        members.remove("Sid");
    }
}

pub(super) fn version(index: &TemplateIndex<'_>, report: &mut Report) {
    for resource in index.all() {
        let own = ["/PolicyDocument", "/KeyPolicy", "/AssumeRolePolicyDocument"].map(|at| resource.get(at));
        let within = list(resource.get("/Policies")).into_iter().map(|policy| &policy["PolicyDocument"]);
        for document in own.into_iter().chain(within).filter(|document| !document.is_null()) {
            let right = document["Version"] == "2012-10-17";
            report.unless(right, &resource, "a policy's Version is not 2012-10-17");
        }
    }
}

/// Every policy statement of a template, with the resource that holds it.
fn every<'a>(index: &TemplateIndex<'a>) -> Vec<(Resource<'a>, &'a Value)> {
    let mut all = Vec::new();
    for resource in index.all() {
        let documents =
            ["/PolicyDocument/Statement", "/KeyPolicy/Statement", "/AssumeRolePolicyDocument/Statement"];
        for document in documents {
            all.extend(list(resource.get(document)).into_iter().map(|statement| (resource, statement)));
        }
        all.extend(statements(&resource).into_iter().map(|statement| (resource, statement)));
    }
    all
}

pub(super) fn wildcard_action(index: &TemplateIndex<'_>, report: &mut Report) {
    for (resource, statement) in
        every(index).into_iter().filter(|(_, statement)| statement["Effect"] == "Allow")
    {
        let own_key = resource.body["Type"] == "AWS::KMS::Key" && statement["Principal"] == account();
        let actions = texts(&statement["Action"]);
        let exact = !actions.is_empty()
            && statement["NotAction"].is_null()
            && (own_key || !actions.iter().any(|action| action.contains('*')));
        report.unless(exact, &resource, format!("a wildcard in Action: {actions:?}"));
    }
}

pub(super) fn wildcard_resource(index: &TemplateIndex<'_>, report: &mut Report) {
    for role in index.of(ROLE) {
        for statement in index.derived(&role) {
            // X-Ray knows no resources, and EC2 none for the network of a Kafka mapping.
            let without = |action: &&str| action.starts_with("xray:") || action.starts_with("ec2:");
            let free = texts(&statement["Action"]).iter().all(without);
            let resources = list(&statement["Resource"]);
            let exact = !resources.is_empty()
                && statement["NotResource"].is_null()
                && resources.iter().all(|resource| *resource != "*");
            report.unless(free || exact, &role, "Resource is `*` or missing");
        }
    }
}

pub(super) fn put_events(index: &TemplateIndex<'_>, report: &mut Report) {
    for role in index.of(ROLE) {
        let found = allowing(&index.derived(&role), "events:");
        let Some((service, routes)) = index.routes().find(|(service, _)| *service == role.stack) else {
            report.unless(found.is_empty(), &role, "it may put events and belongs to no service");
            continue;
        };
        let types = &routes.publishes.events;
        let relay = index.relay(role.stack).and_then(|relay| target(relay.get("/Role")).map(str::to_owned));
        let is_relay = relay.as_deref() == Some(role.id);
        let wanted = json!({
            "StringEquals": { "events:source": service, "events:detail-type": types },
        });
        let right = match found.as_slice() {
            [] => !is_relay || types.is_empty(),
            [one] => {
                is_relay
                    && !types.is_empty()
                    && one["Action"] == "events:PutEvents"
                    && one["Resource"] == import(bus::export(index.app, "arn"))
                    && one["Condition"] == wanted
            }
            _ => false,
        };
        report.unless(
            right,
            &role,
            format!("PutEvents is not allowed for source {service} and types {types:?} exactly"),
        );
    }
}

pub(super) fn own_queues(index: &TemplateIndex<'_>, report: &mut Report) {
    for service in index.services() {
        for function in index.functions(service.name()) {
            let mut feeding: Vec<Value> = index
                .mappings(&function)
                .iter()
                .filter_map(|mapping| mapping.named("/EventSourceArn", QUEUE))
                .map(|queue| arn(queue.id))
                .collect();
            let allowed = index.allowed(&function);
            let own = [
                "sqs:ReceiveMessage",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
                "sqs:ChangeMessageVisibility",
            ];
            for action in own {
                let mut readable: Vec<Value> = allowing(&allowed, action)
                    .into_iter()
                    .flat_map(|statement| list(&statement["Resource"]))
                    .cloned()
                    .collect();
                readable.sort_by_key(Value::to_string);
                feeding.sort_by_key(Value::to_string);
                let same = readable == feeding;
                report.unless(same, &function, format!("{action} is not allowed on its own queues exactly"));
            }
            let unexpected =
                allowing(&allowed, "sqs:").into_iter().flat_map(|statement| texts(&statement["Action"]));
            let extra: Vec<_> =
                unexpected.filter(|action| *action != "sqs:SendMessage" && !own.contains(action)).collect();
            report.unless(extra.is_empty(), &function, format!("it may {extra:?}"));
        }
    }
}

pub(super) fn own_table(index: &TemplateIndex<'_>, report: &mut Report) {
    for service in index.services() {
        for function in index.functions(service.name()) {
            let stream = [
                "dynamodb:DescribeStream",
                "dynamodb:GetRecords",
                "dynamodb:GetShardIterator",
                "dynamodb:ListStreams",
            ];
            let allowed = allowing(&index.allowed(&function), "dynamodb:");
            let on_table: Vec<_> = allowed
                .into_iter()
                .filter(|statement| !texts(&statement["Action"]).iter().all(|action| stream.contains(action)))
                .collect();
            let wanted = match function.id {
                "Function" => table_actions(service.queries()),
                "Relay" => vec![SCAN],
                _ => Vec::new(),
            };
            // A tick reads the index of timers.
            let ticks = function.id == "Relay" && service.has_timers();
            let (on_index, on_table): (Vec<_>, Vec<_>) =
                on_table.into_iter().partition(|statement| ticks && statement["Action"] == timers::QUERY);
            let reads_index = match on_index.as_slice() {
                [] => !ticks,
                [one] => one["Resource"] == timers::index_arn(),
                _ => false,
            };
            let right = reads_index
                && match on_table.as_slice() {
                    [] => wanted.is_empty(),
                    [one] => {
                        texts(&one["Action"]) == wanted.iter().copied().collect()
                            && list(&one["Resource"]) == [&arn("Table")]
                    }
                    _ => false,
                };
            report.unless(right, &function, "its permissions on Table are not those of waxseal-aws");
        }
    }
}

pub(super) fn dead_letters(index: &TemplateIndex<'_>, report: &mut Report) {
    for service in index.services() {
        for function in index.functions(service.name()) {
            let Some(queue) = function.told(&DEAD_LETTERS) else {
                continue;
            };
            let sends = allows(&index.allowed(&function), "sqs:SendMessage", &[arn(queue)]);
            report.unless(sends, &function, format!("it may not send to {queue}"));
        }
    }
}

pub(super) fn stream(index: &TemplateIndex<'_>, report: &mut Report) {
    for relay in index.services().filter_map(|service| index.relay(service.name())) {
        let allowed = index.allowed(&relay);
        let own = [attribute("Table", "StreamArn")];
        let reads = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
            .iter()
            .all(|action| allows(&allowed, action, &own));
        let lists = allows(&allowed, "dynamodb:ListStreams", &[sub("${Table.Arn}/stream/*")]);
        report.unless(reads && lists, &relay, "it may not read the stream of Table");
        let only = allowing(&allowed, "dynamodb:")
            .into_iter()
            // The table and its index of timers have a check of their own.
            .filter(|statement| {
                let actions = texts(&statement["Action"]);
                !actions.contains(SCAN) && !actions.contains(timers::QUERY)
            })
            .flat_map(|statement| list(&statement["Resource"]))
            .all(|resource| resource == &own[0] || *resource == sub("${Table.Arn}/stream/*"));
        report.unless(only, &relay, "it may read more than the stream of Table");
    }
}

pub(super) fn topics(index: &TemplateIndex<'_>, report: &mut Report) {
    for (service, routes) in index.routes() {
        let names = &routes.publishes.topics;
        let arns: Vec<Value> =
            names.iter().map(|topic| import(bus::topic_export(index.app, topic))).collect();
        for function in index.functions(service) {
            let allowed = index.allowed(&function);
            let found = allowing(&allowed, "sns:");
            let right = if function.id == "Relay" && !arns.is_empty() {
                let key = [import(bus::export(index.app, "key"))];
                found.len() == 1
                    && found.iter().all(|one| one["Action"] == "sns:Publish")
                    && allows(&allowed, "sns:Publish", &arns)
                    && ["kms:Decrypt", "kms:GenerateDataKey"]
                        .iter()
                        .all(|action| allows(&allowed, action, &key))
            } else {
                found.is_empty()
            };
            report.unless(
                right,
                &function,
                format!("sns:Publish is not allowed for the topics {names:?} exactly"),
            );
        }
    }
}

/// Whether a relay may send to the command queue of `recipient`, and to no other.
pub(super) fn may_send(
    index: &TemplateIndex<'_>,
    relay: &Resource<'_>,
    recipients: &BTreeSet<String>,
) -> bool {
    let arns: Vec<Value> = recipients
        .iter()
        .map(|recipient| sub(queue_arn(&names::named(index.app, &format!("{recipient}-commands")))))
        .collect();
    let allowed = index.allowed(relay);
    let others = allowing(&allowed, "sqs:SendMessage")
        .into_iter()
        .filter(|statement| list(&statement["Resource"]) != [&arn(RELAY_DEAD_LETTERS)])
        .count();
    if arns.is_empty() { others == 0 } else { others == 1 && allows(&allowed, "sqs:SendMessage", &arns) }
}
