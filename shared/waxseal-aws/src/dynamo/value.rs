//! Attribute values as request bodies have them.

use serde::{Serialize, Serializer};

/// An attribute's value with the type that DynamoDB knows it by.
#[derive(Serialize)]
pub(super) enum Attribute<'a> {
    S(&'a str),
    /// Numbers travel as texts, so that no reader rounds them.
    N(#[serde(serialize_with = "digits")] Number),
}

/// A whole number: versions are unsigned.
pub(super) enum Number {
    Signed(i64),
    Unsigned(u64),
}

fn digits<S: Serializer>(number: &Number, serializer: S) -> Result<S::Ok, S::Error> {
    let mut digits = itoa::Buffer::new();
    serializer.serialize_str(match number {
        Number::Signed(number) => digits.format(*number),
        Number::Unsigned(number) => digits.format(*number),
    })
}
