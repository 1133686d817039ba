//! A stage: what its resources are named after, and where they are.

use std::env;

use crate::command_error::CommandError;

/// A stage's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stage {
    pub(crate) name: String,
    /// The URL of the LocalStack that it is on; `None` where it is on AWS.
    pub(crate) endpoint: Option<String>,
}

impl Stage {
    /// The stage of that name. `local` and `local-…` are on LocalStack, others on AWS, and neither
    /// is sent to the other.
    pub(crate) fn of(name: &str) -> Result<Self, CommandError> {
        let given = env::var("AWS_ENDPOINT_URL").ok().filter(|url| !url.is_empty());
        Self::with(name, given)
    }

    fn with(name: &str, given: Option<String>) -> Result<Self, CommandError> {
        let usage = |text: String| Err(CommandError::Usage(text));
        if !is_stage(name) {
            return usage(format!(
                "`{name}` cannot be a stage: take lower-case letters, digits and `-`, 16 at most, a letter first"
            ));
        }
        let name = name.to_owned();
        if name != "local" && !name.starts_with("local-") {
            return match given {
                None => Ok(Self { name, endpoint: None }),
                Some(_) => usage(format!(
                    "AWS_ENDPOINT_URL is set, and the stage {name} is for AWS: unset it, or take the stage local"
                )),
            };
        }
        let endpoint = given.unwrap_or_else(|| "http://127.0.0.1:4566".to_owned());
        if !is_loopback(&endpoint) {
            return usage(format!(
                "the stage {name} is for LocalStack on this machine, and AWS_ENDPOINT_URL is {endpoint}"
            ));
        }
        Ok(Self { name, endpoint: Some(endpoint) })
    }

    pub(crate) fn is_local(&self) -> bool {
        self.endpoint.is_some()
    }
}

/// As the templates' parameter `Stage` allows.
fn is_stage(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    name.len() <= 16
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(is_part)
        && !name.ends_with('-')
}

fn is_loopback(url: &str) -> bool {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://")).unwrap_or_default();
    let is_host = |host: &str| {
        rest.strip_prefix(host).is_some_and(|after| after.is_empty() || after.starts_with([':', '/']))
    };
    ["127.0.0.1", "localhost", "[::1]"].into_iter().any(is_host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_of_localstack_never_reaches_aws_and_the_other_way_round() {
        let endpoint = |name: &str, given: Option<&str>| {
            Stage::with(name, given.map(str::to_owned))
                .map(|stage| stage.endpoint)
                .map_err(|error| error.code())
        };
        assert_eq!(endpoint("local", None), Ok(Some("http://127.0.0.1:4566".to_owned())));
        assert_eq!(endpoint("local-2", Some("http://[::1]:1")), Ok(Some("http://[::1]:1".to_owned())));
        assert_eq!(endpoint("prod", None), Ok(None));
        assert_eq!(endpoint("locality", None), Ok(None));
        assert_eq!(endpoint("prod", Some("http://127.0.0.1:4566")), Err(2));
        for url in ["https://sqs.us-east-1.amazonaws.com", "http://127.0.0.1.example.com", "127.0.0.1"] {
            assert_eq!(endpoint("local", Some(url)), Err(2), "{url}");
        }
    }

    #[test]
    fn names_that_templates_refuse_are_refused_before() {
        for name in ["", "Prod", "1st", "prod-", "a_b", "seventeen-letters"] {
            assert!(Stage::with(name, None).is_err(), "{name}");
        }
        assert!(Stage::with("sixteen-letters1", None).is_ok());
    }
}
