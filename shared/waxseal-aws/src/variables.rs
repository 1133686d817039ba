//! Environment variables, read and checked: an absent or absurd one gives one line that says what to set.

use std::{collections::BTreeMap, ops::RangeInclusive, str::FromStr};

use crate::names;

/// A variable that is absent or absurd. One line: its name, what it is for, and an example.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable} {problem}: it is {purpose}, for example {shown}={example}")]
pub struct SettingError {
    /// The variable.
    pub variable: String,
    problem: String,
    /// The variable that the example sets.
    shown: String,
    purpose: &'static str,
    example: &'static str,
}

impl SettingError {
    pub(crate) fn new(
        variable: impl Into<String>,
        problem: impl Into<String>,
        purpose: &'static str,
        example: &'static str,
    ) -> Self {
        let variable = variable.into();
        Self { shown: variable.clone(), variable, problem: problem.into(), purpose, example }
    }

    /// A variable that is not known, and near one that is.
    pub(crate) fn misspelt(
        variable: &str,
        meant: String,
        purpose: &'static str,
        example: &'static str,
    ) -> Self {
        let problem = format!("is not known; {meant} may be meant");
        Self { variable: variable.to_owned(), problem, shown: meant, purpose, example }
    }
}

/// A variable that is known here.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Variable {
    pub(crate) name: &'static str,
    pub(crate) purpose: &'static str,
    pub(crate) example: &'static str,
}

impl Variable {
    pub(crate) fn error(&self, problem: impl Into<String>) -> SettingError {
        SettingError::new(self.name, problem, self.purpose, self.example)
    }
}

/// The variables of this process that concern us, as they were when it started.
#[derive(Debug, Clone, Default)]
pub(crate) struct Variables(BTreeMap<String, String>);

impl Variables {
    /// Of all variables those that concern us. A value that is not UTF-8 keeps a mark in the place of each bad byte,
    /// which no check lets pass.
    pub(crate) fn of_process() -> Self {
        Self::new(
            std::env::vars_os()
                .map(|(name, value)| (name.to_string_lossy().into(), value.to_string_lossy().into())),
        )
    }

    pub(crate) fn new(all: impl IntoIterator<Item = (String, String)>) -> Self {
        let ours = |name: &str| name.starts_with(ENDPOINT) || name == IGNORE || names::is_ours(name);
        Self(all.into_iter().filter(|(name, _)| ours(name)).collect())
    }

    /// The value, if there is one: an empty variable counts as absent, as the SDK and shells have it.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// The value, in the form that `check` accepts; it answers what is wrong.
    pub(crate) fn required(
        &self,
        variable: &Variable,
        check: impl Fn(&str) -> Result<(), String>,
    ) -> Result<String, SettingError> {
        let Some(value) = self.get(variable.name) else {
            // A slip of its name says more than its absence.
            self.check_names()?;
            return Err(variable.error("is not set"));
        };
        check(value).map_err(|problem| variable.error(problem))?;
        Ok(value.to_owned())
    }

    /// A whole number in `range`, where one is set.
    pub(crate) fn number<N>(
        &self,
        variable: &Variable,
        range: RangeInclusive<N>,
    ) -> Result<Option<N>, SettingError>
    where
        N: FromStr + PartialOrd + std::fmt::Display,
    {
        let Some(value) = self.get(variable.name) else { return Ok(None) };
        match value.parse() {
            Ok(number) if range.contains(&number) => Ok(Some(number)),
            _ => Err(variable.error(format!(
                "is `{value}`, not a whole number from {} to {}",
                range.start(),
                range.end()
            ))),
        }
    }

    /// One of named values; the default where none is set.
    pub(crate) fn choice<T: Copy + Default>(
        &self,
        variable: &Variable,
        known: &[(&str, T)],
    ) -> Result<T, SettingError> {
        let Some(value) = self.get(variable.name) else { return Ok(T::default()) };
        known.iter().find(|(name, _)| *name == value).map(|(_, value)| *value).ok_or_else(|| {
            let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
            variable.error(format!("is `{value}`, not {}", names.join(" or ")))
        })
    }

    /// All variables that start with `prefix`, by the rest of their names.
    pub(crate) fn with_prefix(&self, prefix: &str) -> impl Iterator<Item = (&str, &str)> {
        self.0.keys().filter_map(move |name| {
            let rest = name.strip_prefix(prefix).filter(|rest| !rest.is_empty())?;
            Some((rest, self.get(name)?))
        })
    }

    /// The endpoint that a service's requests go to, where the environment names one.
    pub(crate) fn endpoint(&self, service: &str) -> Result<Option<&str>, SettingError> {
        if self.get(IGNORE).is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return Ok(None);
        }
        for name in [format!("{ENDPOINT}_{service}"), ENDPOINT.to_owned()] {
            if let Some(value) = self.get(&name) {
                let purpose = "the endpoint that requests go to instead of AWS's own";
                return match endpoint_url(value) {
                    Ok(()) => Ok(Some(value)),
                    Err(problem) => Err(SettingError::new(name, problem, purpose, "http://127.0.0.1:4566")),
                };
            }
        }
        Ok(None)
    }

    /// Refuses a variable whose name is a slip of a known one: its value would be ignored.
    pub(crate) fn check_names(&self) -> Result<(), SettingError> {
        for name in self.set_names() {
            if let names::Name::Near(error) = names::judge(name) {
                return Err(error);
            }
        }
        Ok(())
    }

    /// Tells of variables that no build up to this one knows: a newer template may set them, so they stop nothing.
    pub(crate) fn tell_unknown(&self) {
        for name in self.set_names() {
            if let names::Name::Unknown(resembles) = names::judge(name) {
                tracing::warn!(
                    variable = name,
                    resembles,
                    "this build does not know the variable, so it has no effect: correct its name, or deploy a newer build"
                );
            }
        }
    }

    /// The names that are ours, of variables that are not empty.
    fn set_names(&self) -> impl Iterator<Item = &str> {
        let names = self.0.keys().map(String::as_str);
        names.filter(|name| !name.starts_with("AWS_") && self.get(name).is_some())
    }
}

/// The prefix of the SDK's variables for endpoints, and the variable that turns them off.
/// Source: AWS SDKs and Tools reference guide, "Service-specific endpoints".
pub(crate) const ENDPOINT: &str = "AWS_ENDPOINT_URL";
pub(crate) const IGNORE: &str = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS";

/// An endpoint: `http` or `https`, a host, perhaps a port and a path.
pub(crate) fn endpoint_url(value: &str) -> Result<(), String> {
    // It may hold a password.
    if value.contains('@') {
        return Err("holds a user or a password, which no endpoint has".to_owned());
    }
    let rest = value.strip_prefix("https://").or_else(|| value.strip_prefix("http://"));
    let authority = rest.and_then(|rest| rest.split('/').next()).unwrap_or_default();
    let is_plain = value.chars().all(|c| c.is_ascii_graphic() && !"?#\\\"<>^`{|}".contains(c));
    if is_plain && is_host_and_port(authority) {
        Ok(())
    } else {
        Err(format!("is `{value:.200}`, not a URL of http or https with a host"))
    }
}

/// `host`, `host:port` or `[address]:port`.
fn is_host_and_port(authority: &str) -> bool {
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, rest)) => {
            let is_address = address.parse::<std::net::Ipv6Addr>().is_ok();
            (
                if is_address { address } else { "" },
                if rest.is_empty() { None } else { rest.strip_prefix(':').or(Some("")) },
            )
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let is_name = |host: &str| {
        host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':'))
            && host.starts_with(|c: char| c.is_ascii_alphanumeric() || c == ':')
    };
    let is_port = |port: &str| {
        port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse().is_ok_and(|port: u16| port > 0)
    };
    is_name(host) && port.is_none_or(is_port)
}

/// A region's name, such as `eu-west-1`.
pub(crate) fn region(value: &str) -> Result<(), String> {
    match value.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-') {
        true => Ok(()),
        false => Err(format!("is `{value:.60}`, not a region's name")),
    }
}

/// The last part of a variable's name for a channel: upper case, and `_` for what a variable's name cannot hold.
pub(crate) fn suffix(name: &str) -> String {
    name.chars().map(|c| if matches!(c, '-' | '.') { '_' } else { c.to_ascii_uppercase() }).collect()
}

/// A queue's URL. FIFO queues are refused: no order is kept across receipts, so a group would promise one.
pub(crate) fn queue_url(value: &str) -> Result<(), String> {
    let rest = value.strip_prefix("https://").or_else(|| value.strip_prefix("http://"));
    let is_url = rest.is_some_and(|rest| {
        rest.split_once('/').is_some_and(|(host, path)| !host.is_empty() && !path.is_empty())
            && rest.chars().all(|c| c.is_ascii_graphic())
    });
    if value.starts_with("arn:") {
        Err(format!("is `{value}`, an ARN and not a queue's URL"))
    } else if !is_url {
        Err(format!("is `{value}`, not a queue's URL"))
    } else if value.ends_with(".fifo") {
        Err(format!("is `{value}`, a FIFO queue where a standard one is needed"))
    } else {
        Ok(())
    }
}

/// A topic's ARN.
pub(crate) fn topic_arn(value: &str) -> Result<(), String> {
    let parts: Vec<&str> = value.split(':').collect();
    match parts[..] {
        ["arn", partition, "sns", region, account, topic]
            if [partition, region, account, topic].iter().all(|part| !part.is_empty() && is_word(part)) =>
        {
            Ok(())
        }
        ["arn", _, "sns", _, _, topic] if topic.ends_with(".fifo") => {
            Err(format!("is `{value}`, a FIFO topic where a standard one is needed"))
        }
        _ => Err(format!("is `{value}`, not a topic's ARN")),
    }
}

fn is_word(part: &str) -> bool {
    part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

/// A table's name (3 to 255 of `A-Z a-z 0-9 _ . -`) or its ARN.
///
/// Source: DynamoDB API reference, `TableName`.
pub(crate) fn table_name(value: &str) -> Result<(), String> {
    let named = |name: &str| {
        (3..=255).contains(&name.len())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
    };
    let name = match value.strip_prefix("arn:") {
        Some(arn) => arn
            .split_once(":dynamodb:")
            .and_then(|(_, rest)| rest.split_once(":table/"))
            .map(|(_, name)| name),
        None => Some(value),
    };
    if name.is_some_and(named) { Ok(()) } else { Err(format!("is `{value}`, not a table's name or ARN")) }
}

/// A bucket's name. Source: S3 user guide, "Bucket naming rules".
#[cfg(feature = "claim-check")]
pub(crate) fn bucket_name(value: &str) -> Result<(), String> {
    let is_edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let named = (3..=63).contains(&value.len())
        && value.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.'))
        && is_edge(value.chars().next())
        && is_edge(value.chars().next_back());
    if named { Ok(()) } else { Err(format!("is `{value}`, not a bucket's name")) }
}

/// An event bus's name or ARN.
///
/// Source: EventBridge API reference, `EventBusName`.
pub(crate) fn bus_name(value: &str) -> Result<(), String> {
    let named = |name: &str| {
        (1..=256).contains(&name.len())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'))
    };
    let name = match value.strip_prefix("arn:") {
        Some(arn) => arn
            .split_once(":events:")
            .and_then(|(_, rest)| rest.split_once(":event-bus/"))
            .map(|(_, name)| name),
        None => Some(value),
    };
    if name.is_some_and(named) {
        Ok(())
    } else {
        Err(format!("is `{value}`, not an event bus's name or ARN"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_a_name_or_an_arn() {
        for good in ["orders", "a.b-c_D9", "arn:aws:dynamodb:eu-west-1:123456789012:table/orders"] {
            assert_eq!(table_name(good), Ok(()), "{good}");
        }
        for bad in ["ab", "orders table", "Ümlaut", "arn:aws:sqs:eu-west-1:1:orders", "arn:aws:dynamodb:x"] {
            assert_eq!(table_name(bad), Err(format!("is `{bad}`, not a table's name or ARN")));
        }
    }

    #[test]
    fn a_queue_is_a_url_of_a_standard_queue() {
        for good in [
            "https://sqs.eu-west-1.amazonaws.com/123456789012/orders-dlq",
            "http://sqs.eu-west-1.localhost.localstack.cloud:4566/000000000000/q",
        ] {
            assert_eq!(queue_url(good), Ok(()), "{good}");
        }
        let problem = queue_url("arn:aws:sqs:eu-west-1:123456789012:orders-dlq").unwrap_err();
        assert!(problem.ends_with("an ARN and not a queue's URL"), "{problem}");
        for bad in ["orders-dlq", "https://", "https:///q", "https://host/ q", "https://h/1/q.fifo"] {
            assert!(queue_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_topic_is_an_arn_and_a_bus_a_name_or_an_arn() {
        assert_eq!(topic_arn("arn:aws-cn:sns:cn-north-1:123456789012:stock-level_changed"), Ok(()));
        for bad in ["stock", "arn:aws:sqs:eu-west-1:1:q", "arn:aws:sns:eu-west-1:1:t.fifo", "arn:aws:sns:::t"]
        {
            assert!(topic_arn(bad).is_err(), "{bad}");
        }
        for good in
            ["default", "shop", "aws.partner/x", "arn:aws:events:eu-west-1:123456789012:event-bus/shop"]
        {
            assert_eq!(bus_name(good), Ok(()), "{good}");
        }
        for bad in ["a bus", "arn:aws:events:eu-west-1:123456789012:rule/shop"] {
            assert!(bus_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_endpoint_is_a_url_and_its_variable_is_named() {
        for good in [
            "http://127.0.0.1:4566",
            "https://dynamodb.eu-west-1.amazonaws.com",
            "https://vpce-1_a.example/path/",
            "http://[::1]:8000",
            "http://localhost.localstack.cloud:4566/",
        ] {
            assert_eq!(endpoint_url(good), Ok(()), "{good}");
        }
        for bad in [
            "not a url",
            "localhost:4566",
            "127.0.0.1",
            "ftp://host",
            "http://",
            "http:///path",
            "https://:443",
            "http://host:",
            "http://host:0",
            "http://host:99999",
            "http://host:80x",
            "http://host:+80",
            "http://h ost",
            "http://hóst",
            "http://host/?q",
            "http://host#f",
            "http://[::1",
            "http://[nonsense]:1",
            "http://[::1]x",
            "http//host",
            "http:host",
            "HTTP://",
            "http://user:hunter2@host",
            "http://host/a b",
            "true",
        ] {
            let variables = |name: &str| Variables::new([(name.to_owned(), bad.to_owned())]);
            for name in ["AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL"] {
                let error = variables(name).endpoint("DYNAMODB").unwrap_err();
                assert_eq!(error.variable, name, "{bad}");
                assert!(!error.to_string().contains("hunter2"), "{error}");
            }
            assert_eq!(variables("AWS_ENDPOINT_URL_SQS").endpoint("DYNAMODB"), Ok(None), "not in use");
        }
        let ignored = [("AWS_ENDPOINT_URL", "not a url"), (IGNORE, "true")];
        let ignored = ignored.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(Variables::new(ignored).endpoint("SQS"), Ok(None));
    }

    #[test]
    fn a_region_is_a_name() {
        assert_eq!(region("eu-west-1"), Ok(()));
        for bad in ["eu west", "EU", "eu-west-1/x", "régión"] {
            assert!(region(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_channel_names_its_variable() {
        assert_eq!(suffix("stock.level-changed"), "STOCK_LEVEL_CHANGED");
    }
}
