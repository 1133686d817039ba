//! What a service declares for its function beside its messages.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use waxseal_catalog::{FindingCode, Source, SourceKind};

use crate::{
    check::{
        index::{ALIAS, MAPPING, Resource, TemplateIndex, allows, statements, target, texts},
        report::Report,
    },
    names::{LIVE, attribute, reference},
    service::{alias, own},
};

/// The actions that read a secret.
const READS: [&str; 6] = [
    "secretsmanager:GetSecretValue",
    "secretsmanager:BatchGetSecretValue",
    "ssm:GetParameter",
    "ssm:GetParameters",
    "ssm:GetParametersByPath",
    "ssm:GetParameterHistory",
];

/// The role of a service's function.
fn role<'a>(function: &Resource<'a>) -> Option<Resource<'a>> {
    target(function.get("/Role")).and_then(|id| function.sibling(id))
}

pub(super) fn declared(index: &TemplateIndex<'_>, report: &mut Report) {
    for mistake in index.mistakes.iter().filter(|mistake| mistake.code == FindingCode::Statement) {
        report.stack(&mistake.service, mistake.problem.clone());
    }
    for service in index.services() {
        let Some(function) = index.function(service.name()) else { continue };
        let given = role(&function).map(|role| statements(&role)).unwrap_or_default();
        for statement in index.declared(service.name()) {
            let has = given.contains(&&statement);
            report.unless(has, &function, format!("its role does not have {statement}"));
        }
    }
}

pub(super) fn secrets(index: &TemplateIndex<'_>, report: &mut Report) {
    for service in index.services() {
        for function in index.functions(service.name()) {
            let is_own = function.id == "Function";
            let allowed = index.allowed(&function);
            // A cluster's secret is read by its mapping, with the function's role.
            let of_cluster = |source: &Source| source.kind == SourceKind::Kafka;
            let clusters = service.sources.iter().filter(|source| of_cluster(source)).count();
            let reads = |statement: &&Value| {
                let actions = texts(&statement["Action"]);
                let decrypts = actions.contains("kms:Decrypt") && !statement["Condition"].is_null();
                READS.iter().any(|action| actions.contains(action)) || decrypts
            };
            let given: Vec<&Value> = allowed.into_iter().filter(reads).collect();
            let wanted = if is_own { own::secrets(service) } else { Vec::new() };
            let all = wanted.iter().all(|statement| given.contains(&statement));
            let others = given.len().saturating_sub(wanted.len());
            let only = others == if is_own { clusters } else { 0 };
            report.unless(all && only, &function, "it may not read its own secrets exactly");
            for (name, place) in own::secret_variables(service).into_iter().filter(|_| is_own) {
                let told = function.variable(&name) == &place;
                report.unless(told, &function, format!("{name} is not the place of its secret"));
            }
        }
    }
}

pub(super) fn parts(index: &TemplateIndex<'_>, report: &mut Report) {
    for service in index.services() {
        let Some(function) = index.function(service.name()) else { continue };
        let wanted = own::properties(service);
        for property in ["Layers", "EphemeralStorage"] {
            let wanted = wanted.get(property).unwrap_or(&Value::Null);
            let same = function.get(&format!("/{property}")) == wanted;
            report.unless(same, &function, format!("{property} is not {wanted}"));
        }
        let memory = function.get("/MemorySize").as_u64();
        let same = memory.is_none() || memory == Some(service.program.memory.into());
        report.unless(same, &function, format!("MemorySize is not {}", service.program.memory));
    }
}

pub(super) fn network(index: &TemplateIndex<'_>, report: &mut Report) {
    for service in index.services() {
        for function in index.functions(service.name()) {
            let wanted = own::properties(service).remove("VpcConfig").filter(|_| function.id == "Function");
            let given = function.get("/VpcConfig");
            let same = given == wanted.as_ref().unwrap_or(&Value::Null);
            report.unless(same, &function, "VpcConfig is not the network of its declaration");
            let allowed = index.allowed(&function);
            let network = own::network();
            let joins = texts(&network["Action"])
                .iter()
                .all(|action| allows(&allowed, action, std::slice::from_ref(&network["Resource"])));
            report.unless(wanted.is_none() || joins, &function, "it may not join its network");
        }
    }
}

pub(super) fn alias(index: &TemplateIndex<'_>, report: &mut Report) {
    for service in index.services() {
        let Some(function) = index.function(service.name()) else { continue };
        let instances = service.infrastructure.provisioned;
        let aliases: Vec<Resource<'_>> = index.within(service.name(), ALIAS).collect();
        let live = aliases.iter().find(|one| {
            let version = one.named("/FunctionVersion", "AWS::Lambda::Version");
            let published = version.is_some_and(|version| {
                version.id.starts_with(alias::VERSION)
                    && version.get("/FunctionName") == &reference(function.id)
                    && one.get("/FunctionVersion") == &attribute(version.id, "Version")
            });
            let ready = one.get("/ProvisionedConcurrencyConfig/ProvisionedConcurrentExecutions");
            published
                && one.get("/Name") == LIVE
                && target(one.get("/FunctionName")) == Some(function.id)
                && ready == &json!(instances)
        });
        let count = usize::from(instances > 0);
        let right = aliases.len() == count && (instances == 0 || live.is_some());
        report.unless(
            right,
            &function,
            format!("it has no alias with {instances} ready instances, or one too many"),
        );
        let Some(live) = live else { continue };
        // Whoever calls the function itself finds no ready instance, and other code than the alias has.
        let mut wrong: BTreeSet<&str> = BTreeSet::new();
        for caller in index.all().filter(|one| one.stack == service.name()) {
            let called = match caller.body["Type"].as_str().unwrap_or_default() {
                MAPPING | "AWS::Lambda::Permission" => caller.get("/FunctionName"),
                "AWS::ApiGatewayV2::Integration" => caller.get("/IntegrationUri"),
                "AWS::ElasticLoadBalancingV2::TargetGroup" => caller.get("/Targets/0/Id"),
                "AWS::Lambda::Url" => {
                    let by_alias = caller.get("/Qualifier") == LIVE;
                    if !by_alias || !texts(&caller.body["DependsOn"]).contains(live.id) {
                        wrong.insert(caller.id);
                    }
                    continue;
                }
                _ => continue,
            };
            if target(called) == Some(function.id) {
                wrong.insert(caller.id);
            }
        }
        report.unless(wrong.is_empty(), &function, format!("{wrong:?} call it and not its alias"));
    }
}
