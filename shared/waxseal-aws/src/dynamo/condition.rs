//! Conditions in DynamoDB's expression language: exactly the meaning of [`Condition::holds`].

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use waxseal::item::{Condition, attribute};

/// A condition expression with its names and values. Every name goes through a placeholder: `owner` is a reserved word,
/// and the list of these grows.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Expression {
    pub(super) text: &'static str,
    pub(super) names: HashMap<String, String>,
    pub(super) values: HashMap<String, AttributeValue>,
}

impl Expression {
    fn new(text: &'static str, names: &[(&str, &str)], value: (&str, AttributeValue)) -> Self {
        Self {
            text,
            names: names.iter().map(|(short, name)| ((*short).to_owned(), (*name).to_owned())).collect(),
            values: HashMap::from([(value.0.to_owned(), value.1)]),
        }
    }
}

pub(super) fn expression(condition: &Condition) -> Expression {
    match condition {
        // An item without an expiry never counts as expired: comparing with a missing attribute is false.
        Condition::Absent { now } => Expression::new(
            "attribute_not_exists(#pk) OR #expires_at <= :now",
            &[("#pk", attribute::PARTITION), ("#expires_at", attribute::EXPIRES)],
            (":now", AttributeValue::N(now.as_second().to_string())),
        ),
        Condition::Version(version) => Expression::new(
            "#version = :version",
            &[("#version", attribute::VERSION)],
            (":version", AttributeValue::N(version.to_string())),
        ),
        Condition::Owner(owner) => Expression::new(
            "#owner = :owner",
            &[("#owner", attribute::OWNER)],
            (":owner", AttributeValue::S(owner.clone())),
        ),
    }
}
