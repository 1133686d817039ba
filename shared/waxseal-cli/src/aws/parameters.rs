//! The parameters of templates, from environment variables: a value may be secret, and a command
//! line shows in the list of processes.

use std::{collections::BTreeMap, env};

use serde_json::{Value, json};
use waxseal_catalog::App;

use crate::{aws::stage::Stage, command_error::CommandError};

/// `PaymentGatewayUrl` is `PAYMENT_GATEWAY_URL`.
fn variable(parameter: &str) -> String {
    let mut variable = String::new();
    for (index, c) in parameter.chars().enumerate() {
        if index > 0 && c.is_ascii_uppercase() {
            variable.push('_');
        }
        variable.push(c.to_ascii_uppercase());
    }
    variable
}

/// The values of parameters that a stage brings.
#[derive(Debug)]
pub(super) struct Values {
    /// These come before the environment.
    fixed: BTreeMap<String, String>,
    /// These come after it.
    fallback: BTreeMap<String, String>,
}

impl Values {
    pub(super) fn of(stage: &Stage, app: &App, throws_away: bool) -> Self {
        let mut fixed = BTreeMap::from([("STAGE".to_owned(), stage.name.clone())]);
        let mut fallback = BTreeMap::new();
        if throws_away {
            fixed.insert("DELETION_PROTECTION".to_owned(), "false".to_owned());
        }
        if stage.is_local() {
            let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" };
            // The stage ends with LocalStack, and only processes on this machine can call it.
            fixed.extend(
                [
                    ("ARCHITECTURE", architecture),
                    ("FUNCTION_ARCHITECTURE", architecture),
                    ("DELETION_PROTECTION", "false"),
                    ("HTTP_AUTH", "NONE"),
                    // LocalStack knows no HTTP API and no load balancer.
                    ("HTTP_ENTRANCE", "url"),
                ]
                .map(|(name, value)| (name.to_owned(), value.to_owned())),
            );
            // Functions on this machine are in no network, and nobody checks a token.
            fallback.extend(
                [
                    ("SUBNET_IDS", "none"),
                    ("SECURITY_GROUP_IDS", "none"),
                    ("JWT_ISSUER", "https://localhost/"),
                    ("JWT_AUDIENCE", "none"),
                    ("JWKS_ENDPOINT", "https://localhost/"),
                    ("USER_POOLS", "none"),
                    ("LISTENER_ARN", "none"),
                ]
                .map(|(name, value)| (name.to_owned(), value.to_owned())),
            );
            let parameters = app.services.iter().flat_map(|service| &service.parameters);
            fallback.extend(parameters.filter_map(|parameter| {
                Some((parameter.variable.clone(), parameter.on_localstack.clone()?))
            }));
        }
        Self { fixed, fallback }
    }

    fn get(&self, variable: &str, environment: &dyn Fn(&str) -> Option<String>) -> Option<String> {
        let fixed = self.fixed.get(variable).cloned();
        let given = || environment(variable).filter(|value| !value.is_empty());
        fixed.or_else(given).or_else(|| self.fallback.get(variable).cloned())
    }

    /// The values for a template, as `aws cloudformation` reads them. A parameter without a value
    /// keeps its default.
    pub(super) fn for_template(&self, stack: &str, template: &Value) -> Result<Value, CommandError> {
        self.read(stack, template, &|name| env::var(name).ok())
    }

    fn read(
        &self,
        stack: &str,
        template: &Value,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Value, CommandError> {
        let (mut given, mut missing) = (Vec::new(), Vec::new());
        for (name, declared) in template["Parameters"].as_object().into_iter().flatten() {
            let variable = variable(name);
            if let Some(value) = self.get(&variable, environment) {
                given.push(json!({ "ParameterKey": name, "ParameterValue": value }));
            } else if declared.get("Default").is_none() {
                // The description of an application's own parameter starts with its variable.
                let about = declared["Description"].as_str().unwrap_or_default();
                missing.push(match about.starts_with(&variable) {
                    true => format!("{stack}: set {about}"),
                    false => format!("{stack}: set {variable}: {about}"),
                });
            }
        }
        match missing.is_empty() {
            true => Ok(Value::from(given)),
            false => Err(CommandError::Usage(missing.join("\n"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use waxseal::Service;
    use waxseal_catalog::{Deployed, Parameter};

    use super::*;

    fn app() -> App {
        let gateway = Parameter::new("GATEWAY_URL", "the gateway").on_localstack("http://127.0.0.1:1");
        App::new("shop").service(Deployed::new(Service::new("payment")).parameter(gateway))
    }

    fn template() -> Value {
        json!({ "Parameters": {
            "Stage": { "Description": "the stage" },
            "HttpAuth": { "Default": "AWS_IAM" },
            "GatewayUrl": { "Description": "GATEWAY_URL, the gateway" },
        }})
    }

    fn values(stage: &str, local: bool, environment: &[(&str, &str)]) -> Result<Value, String> {
        let endpoint = local.then(|| "http://127.0.0.1:4566".to_owned());
        let values = Values::of(&Stage { name: stage.to_owned(), endpoint }, &app(), false);
        let find = |name: &str| {
            let found = environment.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        values.read("payment", &template(), &find).map_err(|error| error.to_string())
    }

    fn value<'v>(values: &'v Value, name: &str) -> Option<&'v str> {
        let all = values.as_array()?.iter();
        all.into_iter().find(|value| value["ParameterKey"] == name)?["ParameterValue"].as_str()
    }

    #[test]
    fn a_missing_parameter_is_named_with_its_meaning() {
        let missing = Err("payment: set GATEWAY_URL, the gateway".to_owned());
        assert_eq!(values("prod", false, &[]), missing);
        // A variable that is exported and empty is absent.
        assert_eq!(values("prod", false, &[("GATEWAY_URL", "")]), missing);
    }

    #[test]
    fn a_stage_of_localstack_has_what_it_needs_and_the_environment_comes_first() {
        let plain = values("local", true, &[]).unwrap();
        assert_eq!(value(&plain, "Stage"), Some("local"));
        assert_eq!(value(&plain, "HttpAuth"), Some("NONE"));
        assert_eq!(value(&plain, "GatewayUrl"), Some("http://127.0.0.1:1"));
        let given = values("local", true, &[("GATEWAY_URL", "http://127.0.0.1:2")]).unwrap();
        assert_eq!(value(&given, "GatewayUrl"), Some("http://127.0.0.1:2"));
    }

    #[test]
    fn on_aws_a_default_is_left_to_the_template() {
        let values = values("prod", false, &[("GATEWAY_URL", "https://gateway")]).unwrap();
        assert_eq!(value(&values, "HttpAuth"), None);
        assert_eq!(value(&values, "GatewayUrl"), Some("https://gateway"));
    }
}
