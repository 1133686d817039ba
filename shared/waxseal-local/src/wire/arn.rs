//! The names of the environment's parts.

use std::fmt;

use serde::{Serialize, Serializer};

/// The account and region of every ARN here.
pub(crate) const ACCOUNT: &str = "000000000000";
/// See [`ACCOUNT`].
pub(crate) const REGION: &str = "eu-west-1";

/// The ARN of a resource of a service, which is written without a string of its own.
pub(super) struct Arn<'a> {
    pub(super) service: &'static str,
    pub(super) resource: fmt::Arguments<'a>,
}

impl Serialize for Arn<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { service, resource } = self;
        serializer.collect_str(&format_args!("arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"))
    }
}

/// Anything that has a text, as a JSON string.
pub(super) struct Text<T>(pub(super) T);

impl<T: fmt::Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}
