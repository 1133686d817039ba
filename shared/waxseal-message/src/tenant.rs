//! Tenants of fair queues. A message may name the tenant on whose behalf it travels.
//!
//! A standard SQS queue delivers the messages of quiet tenants before the backlog of a noisy one.
//! It reads the tenant from `MessageGroupId`, which orders nothing there. SQS takes it from
//! `SendMessage`, and from an SNS topic that forwards it to its standard queues. A rule of
//! EventBridge holds at most one constant, so an event on the bus reaches its queues without its
//! tenant.

use std::{borrow::Cow, error::Error, fmt};

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

/// The name of a tenant as SQS and SNS take it: 1 to 128 letters, digits and punctuation marks of
/// ASCII.
///
/// ```
/// use waxseal_message::Tenant;
/// assert_eq!(Tenant::new("customer/4711").unwrap().as_str(), "customer/4711");
/// assert!(Tenant::new("").is_err() && Tenant::new("Zoë").is_err() && Tenant::new("two words").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Tenant(Box<str>);

/// Source: SQS API reference, `SendMessage`, and SNS API reference, `Publish`: `MessageGroupId`.
const LONGEST: usize = 128;

/// The reason why a text is no tenant. It quotes nothing of the text, which may be personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidTenant {
    /// The text is empty or too long.
    Length(usize),
    /// The text has a character that SQS refuses.
    Character(
        /// Its place, from 1.
        usize,
    ),
}

impl fmt::Display for InvalidTenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length(length) => write!(f, "it has {length} characters, and a tenant has 1 to {LONGEST}"),
            Self::Character(place) => write!(
                f,
                "character {place} is none of a tenant's: those are the letters, digits and punctuation marks of \
                 ASCII"
            ),
        }
    }
}

impl Error for InvalidTenant {}

impl Tenant {
    /// Checks a name.
    ///
    /// # Errors
    /// Where SQS would refuse it.
    pub fn new(name: &str) -> Result<Self, InvalidTenant> {
        if let Some(place) = name.chars().position(|c| !c.is_ascii_graphic()) {
            return Err(InvalidTenant::Character(place + 1));
        }
        if !(1..=LONGEST).contains(&name.len()) {
            return Err(InvalidTenant::Length(name.len()));
        }
        Ok(Self(name.into()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Reads a stored tenant, for `#[serde(deserialize_with = "…")]`. A text that is no tenant is left
/// off: the message matters more than its place in a queue.
///
/// # Errors
/// Where the input is no JSON value.
pub fn stored<'de, D: Deserializer<'de>>(stored: D) -> Result<Option<Tenant>, D::Error> {
    let stored = Box::<RawValue>::deserialize(stored)?;
    let name = serde_json::from_str::<String>(stored.get()).ok();
    Ok(name.and_then(|name| Tenant::new(&name).ok()))
}

/// A text that may name a tenant: the result of the function after `tenant:` in
/// [`event!`](crate::event) and [`command!`](crate::command). A payload that does not always have a
/// tenant gives an `Option`.
pub trait IntoTenant<'a> {
    /// The text; it is checked when the message is staged.
    fn into_tenant(self) -> Option<Cow<'a, str>>;
}

impl<'a> IntoTenant<'a> for &'a str {
    fn into_tenant(self) -> Option<Cow<'a, str>> {
        Some(Cow::Borrowed(self))
    }
}

impl<'a> IntoTenant<'a> for &'a String {
    fn into_tenant(self) -> Option<Cow<'a, str>> {
        Some(Cow::Borrowed(self))
    }
}

impl<'a> IntoTenant<'a> for String {
    fn into_tenant(self) -> Option<Cow<'a, str>> {
        Some(Cow::Owned(self))
    }
}

impl<'a> IntoTenant<'a> for Cow<'a, str> {
    fn into_tenant(self) -> Option<Cow<'a, str>> {
        Some(self)
    }
}

impl<'a, T: IntoTenant<'a>> IntoTenant<'a> for Option<T> {
    fn into_tenant(self) -> Option<Cow<'a, str>> {
        self.and_then(T::into_tenant)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The characters as the API references list them.
    const PUNCTUATION: &str = r##"!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~"##;

    proptest! {
        #[test]
        fn s48_a_tenant_is_what_sqs_takes(name in "[ -~]{0,3}|\\PC{0,4}|[a-zA-Z0-9!-/]{120,140}") {
            let taken = |c: char| c.is_ascii_alphanumeric() || PUNCTUATION.contains(c);
            let expected = (1..=128).contains(&name.chars().count()) && name.chars().all(taken);
            prop_assert_eq!(Tenant::new(&name).is_ok(), expected);
        }
    }

    #[test]
    fn an_invalid_tenant_says_where_and_quotes_nothing() {
        let reason = |name: &str| Tenant::new(name).unwrap_err().to_string();
        assert_eq!(reason(""), "it has 0 characters, and a tenant has 1 to 128");
        assert_eq!(reason(&"x".repeat(129)), "it has 129 characters, and a tenant has 1 to 128");
        assert!(reason("Zoë Núñez").starts_with("character 3 is none of a tenant's"));
    }
}
