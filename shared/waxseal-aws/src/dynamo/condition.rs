//! Conditions in DynamoDB's expression language: exactly the meaning of [`Condition::holds`].

use waxseal::table::{Condition, attribute};

use super::value::{Attribute, Number};

/// A condition expression with its names and its one value. Every name goes through a placeholder: `owner` is a reserved
/// word, and the list of these grows.
pub(super) struct Expression<'a> {
    pub(super) text: &'static str,
    pub(super) names: &'static [(&'static str, &'static str)],
    pub(super) value: (&'static str, Attribute<'a>),
}

pub(super) fn expression(condition: &Condition) -> Expression<'_> {
    match condition {
        // An item without an expiry never counts as expired: comparing with a missing attribute is false.
        Condition::Absent { now } => Expression {
            text: "attribute_not_exists(#pk) OR #expires_at <= :now",
            names: &[("#pk", attribute::PARTITION), ("#expires_at", attribute::EXPIRES)],
            value: (":now", Attribute::N(Number::Signed(now.as_second()))),
        },
        Condition::Version(version) => Expression {
            text: "#version = :version",
            names: &[("#version", attribute::VERSION)],
            value: (":version", Attribute::N(Number::Unsigned(*version))),
        },
        Condition::Writer(owner) => Expression {
            text: "#owner = :owner",
            names: &[("#owner", attribute::WRITER)],
            value: (":owner", Attribute::S(owner)),
        },
    }
}
