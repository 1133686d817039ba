//! Mistakes in what a service's stack has beside its messages: permissions, secrets, numbers.

use std::collections::BTreeSet;

use crate::{
    app::App,
    deployed::Deployed,
    finding::{code::FindingCode, report::Finding, statements},
    infrastructure::secret::{Secret, SecretStore},
};

/// Source: Lambda quotas, "Function configuration, deployment, and execution".
const MOST_LAYERS: usize = 5;
const STORAGE: std::ops::RangeInclusive<u32> = 512..=10_240;
const MEMORY: std::ops::RangeInclusive<u32> = 128..=10_240;

pub(super) fn findings(app: &App) -> Vec<Finding> {
    let mut findings = Vec::new();
    for service in &app.services {
        findings.extend(statements::findings(app, service));
        findings.extend(secrets(service));
        findings.extend(limits(service));
    }
    findings
}

fn secrets(service: &Deployed) -> Vec<Finding> {
    let mut names = BTreeSet::new();
    let mut findings = Vec::new();
    for secret in &service.infrastructure.secrets {
        let Secret { variable, .. } = secret;
        let mut wrong = |problem: String, advice: &'static str| {
            findings.push(Finding::new(FindingCode::SecretDeclaration, service.name(), problem, advice));
        };
        if !names.insert(variable) {
            wrong(format!("two secrets have the name {variable}"), "rename one");
        }
        if !is_variable(variable) {
            let advice = "take upper-case letters, digits and `_`, a letter first";
            wrong(format!("`{variable}` cannot be the name of a secret"), advice);
        }
        let brought = service.parameters.iter().any(|parameter| parameter.variable == *variable);
        if brought || service.environment.contains_key(variable) {
            let advice = "rename one: both are known to the code by that name";
            wrong(format!("{variable} is a secret and a variable"), advice);
        }
        if !is_place(secret) {
            let advice = match secret.store {
                SecretStore::ParameterStore => {
                    "take the whole path of the parameter, such as /shop/${Stage}/smtp"
                }
                SecretStore::SecretsManager => "take the name of the secret, such as shop/${Stage}/gateway",
            };
            wrong(format!("`{}` cannot be the place of the secret {variable}", secret.name), advice);
        }
        if secret.key.as_ref().is_some_and(|key| !key.starts_with("alias/") || key.contains('*')) {
            wrong(format!("the key of the secret {variable} is no alias"), "take alias/ and its name");
        }
    }
    findings
}

fn is_variable(name: &str) -> bool {
    let takes = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().all(takes)
}

/// The names that the stores allow, with `${Stage}`. A wildcard would let the function read others.
fn is_place(secret: &Secret) -> bool {
    let name = secret.name.replace("${Stage}", "stage");
    let signs = match secret.store {
        SecretStore::SecretsManager => "/_+=.@-",
        SecretStore::ParameterStore => "/_.-",
    };
    let takes = |c: char| c.is_ascii_alphanumeric() || signs.contains(c);
    let is_path = name.starts_with('/') || secret.store == SecretStore::SecretsManager;
    !name.is_empty() && is_path && name.chars().all(takes)
}

fn limits(service: &Deployed) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut wrong = |problem: String, advice: String| {
        findings.push(Finding::new(FindingCode::FunctionLimit, service.name(), problem, advice));
    };
    let infrastructure = &service.infrastructure;
    let layers = infrastructure.layers.len();
    if layers > MOST_LAYERS {
        wrong(format!("its function has {layers} layers"), format!("a function has {MOST_LAYERS} at most"));
    }
    if let Some(storage) = infrastructure.storage.filter(|storage| !STORAGE.contains(storage)) {
        let advice = format!("take {} to {}", STORAGE.start(), STORAGE.end());
        wrong(format!("its function has {storage} MB of /tmp"), advice);
    }
    let memory = service.program.memory;
    if !MEMORY.contains(&memory) {
        let advice = format!("take {} to {}", MEMORY.start(), MEMORY.end());
        wrong(format!("its function has {memory} MB of memory"), advice);
    }
    findings
}
