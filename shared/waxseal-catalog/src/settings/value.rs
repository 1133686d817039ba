//! The values of settings, and what is wrong with a value.

use std::fmt;

/// The values that a setting accepts.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Values {
    /// A whole number in a range.
    Number {
        /// The smallest one.
        least: u64,
        /// The largest one.
        most: u64,
    },
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A text of a certain form.
    Text {
        /// The form, as the documentation names it.
        what: &'static str,
        /// `Err` says what is wrong with a value: "is `x`, not a table's name or ARN".
        check: fn(&str) -> Result<(), String>,
    },
}

impl Values {
    /// Checks a value.
    ///
    /// # Errors
    /// Where it is none of these values: what is wrong, as the rest of a sentence that the variable's name begins.
    pub fn check(&self, value: &str) -> Result<(), String> {
        let is_right = match self {
            Self::Text { check, .. } => return check(value),
            Self::Number { least, most } => {
                value.parse().is_ok_and(|number| (*least..=*most).contains(&number))
            }
            Self::Choice(words) => words.contains(&value),
        };
        match (is_right, self) {
            (true, _) => Ok(()),
            (false, Self::Choice(words)) => Err(format!("is `{value}`, not {}", words.join(" or "))),
            (false, _) => Err(format!("is `{value}`, not {self}")),
        }
    }
}

impl fmt::Display for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number { least, most } => write!(f, "a whole number from {least} to {most}"),
            Self::Choice(words) => write!(f, "`{}`", words.join("`, `")),
            Self::Text { what, .. } => f.write_str(what),
        }
    }
}

/// A value that the AWS SDK alone judges.
pub(super) fn anything(_: &str) -> Result<(), String> {
    Ok(())
}

/// An endpoint: `http` or `https`, a host, perhaps a port and a path.
///
/// Source: AWS SDKs and Tools reference guide, "Service-specific endpoints".
pub(super) fn endpoint_url(value: &str) -> Result<(), String> {
    // It may hold a password, so it is not shown.
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
pub(super) fn region(value: &str) -> Result<(), String> {
    match value.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-') {
        true => Ok(()),
        false => Err(format!("is `{value:.60}`, not a region's name")),
    }
}

/// A queue's URL. A FIFO queue is refused: the relay keeps no order across receipts, and a message group would promise
/// one.
pub(super) fn queue_url(value: &str) -> Result<(), String> {
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

/// The end of a queue's name. Source: SQS API reference, `CreateQueue`: letters, digits, `-` and `_`.
pub(super) fn queue_suffix(value: &str) -> Result<(), String> {
    match (1..=40).contains(&value.len()) && is_word(value) {
        true => Ok(()),
        false => Err(format!("is `{value:.60}`, not the end of a queue's name without `.fifo`")),
    }
}

/// A service's name.
pub(super) fn service_name(value: &str) -> Result<(), String> {
    match !value.is_empty() && is_word(value) {
        true => Ok(()),
        false => Err(format!("is `{value:.60}`, not a service's name")),
    }
}

/// A topic's ARN.
pub(super) fn topic_arn(value: &str) -> Result<(), String> {
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
pub(super) fn table_name(value: &str) -> Result<(), String> {
    let is_name = |name: &str| {
        (3..=255).contains(&name.len())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
    };
    match named(value, ":dynamodb:", ":table/").is_some_and(is_name) {
        true => Ok(()),
        false => Err(format!("is `{value}`, not a table's name or ARN")),
    }
}

/// An event bus's name or ARN.
///
/// Source: EventBridge API reference, `EventBusName`.
pub(super) fn bus_name(value: &str) -> Result<(), String> {
    let is_name = |name: &str| {
        (1..=256).contains(&name.len())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'))
    };
    match named(value, ":events:", ":event-bus/").is_some_and(is_name) {
        true => Ok(()),
        false => Err(format!("is `{value}`, not an event bus's name or ARN")),
    }
}

/// The name in an ARN, or the value itself where it is no ARN.
fn named<'a>(value: &'a str, service: &str, kind: &str) -> Option<&'a str> {
    match value.strip_prefix("arn:") {
        Some(arn) => Some(arn.split_once(service)?.1.split_once(kind)?.1),
        None => Some(value),
    }
}

/// The place of a secret: its store and its name there.
///
/// Sources: Secrets Manager API reference, `CreateSecret`; Systems Manager API reference, `PutParameter`.
pub(super) fn secret_place(value: &str) -> Result<(), String> {
    let is_name = |name: &str, signs: &str| {
        let takes = |c: char| c.is_ascii_alphanumeric() || signs.contains(c);
        !name.is_empty() && name.chars().all(takes)
    };
    let right = match value.split_once(':') {
        Some(("secretsmanager", name)) => is_name(name, "/_+=.@-"),
        Some(("ssm", name)) => is_name(name, "/_.-"),
        _ => false,
    };
    match right {
        true => Ok(()),
        // The value may be the secret itself, so it is not shown.
        false => Err("is not secretsmanager:NAME or ssm:NAME".to_owned()),
    }
}

/// A bucket and perhaps a prefix.
pub(super) fn claim_location(value: &str) -> Result<(), String> {
    match value.strip_prefix("s3://") {
        Some(rest) => bucket_name(rest.split('/').next().unwrap_or_default()),
        None => Err(format!("is `{value}`, not s3://bucket or s3://bucket/prefix")),
    }
}

/// Buckets, separated by commas.
pub(super) fn bucket_names(value: &str) -> Result<(), String> {
    value.split(',').try_for_each(|name| bucket_name(name.trim()))
}

/// A namespace of metrics. Namespaces that begin with `AWS/` belong to AWS.
///
/// Source: CloudWatch API reference, `PutMetricData`, `Namespace`.
pub(super) fn namespace(value: &str) -> Result<(), String> {
    let is_plain = value.chars().all(|c| c.is_ascii_alphanumeric() || ".-_/#:".contains(c));
    match is_plain && value.len() <= 255 && !value.starts_with(':') && !value.starts_with("AWS/") {
        true => Ok(()),
        false => Err(format!(
            "is `{value:.300}`, not a namespace of at most 255 letters, digits and `.-_/#:` that does not begin with `AWS/`"
        )),
    }
}

/// A bucket's name. Source: S3 user guide, "Bucket naming rules".
fn bucket_name(value: &str) -> Result<(), String> {
    let is_edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let named = (3..=63).contains(&value.len())
        && value.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.'))
        && is_edge(value.chars().next())
        && is_edge(value.chars().next_back());
    if named { Ok(()) } else { Err(format!("is `{value}`, not a bucket's name")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_in_its_range_and_a_choice_is_one_of_its_words() {
        let days = Values::Number { least: 1, most: 3650 };
        assert_eq!((days.check("1"), days.check("3650")), (Ok(()), Ok(())));
        for bad in ["0", "3651", "-1", "1m", "", "99999999999999999999"] {
            assert_eq!(days.check(bad), Err(format!("is `{bad}`, not a whole number from 1 to 3650")));
        }
        let words = Values::Choice(&["skip", "block"]);
        assert_eq!(words.check("block"), Ok(()));
        assert_eq!(words.check("wait"), Err("is `wait`, not skip or block".to_owned()));
    }

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
    fn a_namespace_of_metrics_is_not_one_of_aws() {
        for good in ["shop-prod", "Shop/prod", "a.b_c#d:e"] {
            assert_eq!(namespace(good), Ok(()), "{good}");
        }
        for bad in ["AWS/Lambda", ":shop", "shop prod", "größe", &"s".repeat(256)] {
            assert!(namespace(bad).unwrap_err().starts_with("is `"), "{bad}");
        }
    }

    #[test]
    fn a_claim_lies_in_a_bucket() {
        assert_eq!(claim_location("s3://shop-claims/orders"), Ok(()));
        assert_eq!(
            claim_location("shop"),
            Err("is `shop`, not s3://bucket or s3://bucket/prefix".to_owned())
        );
        assert_eq!(claim_location("s3://Shop"), Err("is `Shop`, not a bucket's name".to_owned()));
        assert_eq!(bucket_names("catalog-claims, partner-claims"), Ok(()));
        assert_eq!(bucket_names("catalog-claims,X"), Err("is `X`, not a bucket's name".to_owned()));
    }

    #[test]
    fn an_endpoint_is_a_url_with_a_host() {
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
            let problem = endpoint_url(bad).unwrap_err();
            assert!(!problem.contains("hunter2"), "{problem}");
        }
    }

    #[test]
    fn a_region_is_a_name() {
        assert_eq!(region("eu-west-1"), Ok(()));
        for bad in ["eu west", "EU", "eu-west-1/x", "régión"] {
            assert!(region(bad).is_err(), "{bad}");
        }
    }
}
