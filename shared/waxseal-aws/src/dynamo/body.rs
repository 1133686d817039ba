//! Request bodies, written from items as they are.
//!
//! The SDK wants every attribute in maps and strings of its own before it writes them. In a batch of a hundred that was a
//! quarter of the CPU time of a record. So the bodies are written here, with `serde_json`. Endpoints, signatures, retries,
//! time-outs and answers stay the SDK's. The manifest bounds the SDK's version, since the SDKs are moving to CBOR.
//!
//! Source: DynamoDB low-level API, "Data type descriptors", and the API reference of each action.

use aws_sdk_dynamodb::config::http::HttpRequest;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use serde::{
    Serialize, Serializer,
    ser::{Error as _, SerializeMap},
};
use serde_json::value::RawValue;
use waxseal::table::{Action, Item, Key, Value, Write, attribute};

use super::{
    condition::{Expression, expression},
    value::{Attribute, Number},
};

/// A body of some `items`, ready to be sent, however often.
pub(super) fn written(body: &impl Serialize, items: usize) -> Result<Bytes, serde_json::Error> {
    // A receipt has some 650 bytes.
    let mut json = Vec::with_capacity(128 + 768 * items);
    serde_json::to_writer(&mut json, body)?;
    Ok(json.into())
}

/// Gives a request another body than the SDK wrote: before it is signed, on each attempt.
///
/// The body is JSON 1.0, so the SDK's request must say the same. An SDK that speaks another protocol (CBOR) gets an error and
/// sends nothing: its own body names no items.
pub(super) fn replacing(
    action: &'static str,
    body: Bytes,
) -> impl Fn(HttpRequest) -> Result<HttpRequest, OtherProtocol> + Send + Sync + 'static {
    move |mut request| {
        let header = |name: &str| request.headers().get(name).unwrap_or_default().to_owned();
        let (content_type, target) = (header("content-type"), header("x-amz-target"));
        if content_type != CONTENT_TYPE || target.strip_prefix(TARGET) != Some(action) {
            return Err(OtherProtocol { action, content_type, target });
        }
        request.headers_mut().insert("content-length", body.len().to_string());
        *request.body_mut() = SdkBody::from(body.clone());
        Ok(request)
    }
}

/// The protocol of the bodies that are written here. Source: DynamoDB low-level API, "Request format".
const CONTENT_TYPE: &str = "application/x-amz-json-1.0";
const TARGET: &str = "DynamoDB_20120810.";

/// The SDK speaks another protocol than this module.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the AWS SDK sends {action} as {content_type:?} to {target:?}, and waxseal-aws writes JSON 1.0 for \
     DynamoDB_20120810.{action}: build with the version of aws-sdk-dynamodb that waxseal-aws's manifest names"
)]
pub(super) struct OtherProtocol {
    action: &'static str,
    content_type: String,
    target: String,
}

/// The body of `TransactWriteItems`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Transaction<'a> {
    transact_items: Vec<Named<'a>>,
    /// Idempotence within one call: the SDK repeats the body when it retries.
    client_request_token: String,
}

impl<'a> Transaction<'a> {
    pub(super) fn new(table: &'a str, writes: &'a [Write]) -> Self {
        Self {
            transact_items: writes.iter().map(|write| Named::new(table, write)).collect(),
            client_request_token: uuid::Uuid::new_v4().to_string(),
        }
    }
}

/// One action of a transaction.
#[derive(Serialize)]
enum Named<'a> {
    Put(Conditional<'a>),
    Delete(Conditional<'a>),
    ConditionCheck(Conditional<'a>),
}

impl<'a> Named<'a> {
    fn new(table: &'a str, write: &'a Write) -> Self {
        let conditional = Conditional::new(table, write);
        match write.action {
            Action::Put(_) => Self::Put(conditional),
            Action::Delete(_) => Self::Delete(conditional),
            Action::Check(_) => Self::ConditionCheck(conditional),
        }
    }
}

/// One conditional write: an action of a transaction, or the body of `PutItem` or `DeleteItem`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Conditional<'a> {
    table_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "put")]
    item: Option<&'a Item>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "named")]
    key: Option<&'a Key>,
    condition_expression: &'static str,
    #[serde(serialize_with = "names")]
    expression_attribute_names: &'static [(&'static str, &'static str)],
    #[serde(serialize_with = "value")]
    expression_attribute_values: (&'static str, Attribute<'a>),
    return_values_on_condition_check_failure: &'static str,
}

impl<'a> Conditional<'a> {
    pub(super) fn new(table: &'a str, write: &'a Write) -> Self {
        let (item, key) = match &write.action {
            Action::Put(item) => (Some(item), None),
            Action::Delete(key) | Action::Check(key) => (None, Some(key)),
        };
        let Expression { text, names, value } = expression(&write.condition);
        Self {
            table_name: table,
            item,
            key,
            condition_expression: text,
            expression_attribute_names: names,
            expression_attribute_values: value,
            return_values_on_condition_check_failure: "ALL_OLD",
        }
    }
}

/// The body of `BatchGetItem`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Reads<'a> {
    #[serde(serialize_with = "reads")]
    request_items: (&'a str, Consistent<'a>),
}

impl<'a> Reads<'a> {
    pub(super) fn new(table: &'a str, keys: &'a [Key]) -> Self {
        Self { request_items: (table, Consistent { keys, consistent_read: true }) }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Consistent<'a> {
    #[serde(serialize_with = "keys")]
    keys: &'a [Key],
    consistent_read: bool,
}

fn put<S: Serializer>(item: &Option<&Item>, serializer: S) -> Result<S::Ok, S::Error> {
    let Some(Item { key, attributes }) = item else { return serializer.serialize_none() };
    let mut members = serializer.serialize_map(Some(2 + attributes.len()))?;
    parts(key, &mut members)?;
    for (name, value) in attributes {
        match value {
            Value::Text(text) => members.serialize_entry(name, &Attribute::S(text))?,
            Value::Number(number) => {
                members.serialize_entry(name, &Attribute::N(Number::Signed(*number)))?;
            }
            Value::Foreign(foreign) => {
                let value: &RawValue = serde_json::from_str(foreign.json()).map_err(S::Error::custom)?;
                members.serialize_entry(name, value)?;
            }
        }
    }
    members.end()
}

/// A key, as an item that has nothing else.
struct Bare<'a>(&'a Key);

impl Serialize for Bare<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(Some(2))?;
        parts(self.0, &mut members)?;
        members.end()
    }
}

fn parts<M: SerializeMap>(key: &Key, members: &mut M) -> Result<(), M::Error> {
    members.serialize_entry(attribute::PARTITION, &Attribute::S(&key.partition))?;
    members.serialize_entry(attribute::SORT, &Attribute::S(&key.sort))
}

fn named<S: Serializer>(key: &Option<&Key>, serializer: S) -> Result<S::Ok, S::Error> {
    key.map(Bare).serialize(serializer)
}

fn keys<S: Serializer>(keys: &&[Key], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(keys.iter().map(Bare))
}

fn names<S: Serializer>(
    names: &&'static [(&'static str, &'static str)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(names.iter().copied())
}

fn value<S: Serializer>(
    (name, value): &(&'static str, Attribute<'_>),
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map([(name, value)])
}

fn reads<S: Serializer>((table, reads): &(&str, Consistent<'_>), serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map([(table, reads)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(content_type: &'static str, target: &'static str) -> HttpRequest {
        let mut request = HttpRequest::new(SdkBody::from("{}"));
        request.headers_mut().insert("content-type", content_type);
        request.headers_mut().insert("x-amz-target", target);
        request
    }

    #[test]
    fn a_body_replaces_that_of_the_same_protocol_and_action_alone() {
        let replace = replacing("PutItem", Bytes::from_static(b"{\"TableName\":\"orders\"}"));
        let replaced = replace(request(CONTENT_TYPE, "DynamoDB_20120810.PutItem")).unwrap();
        assert_eq!(replaced.body().bytes(), Some(&b"{\"TableName\":\"orders\"}"[..]));
        assert_eq!(replaced.headers().get("content-length"), Some("22"));
        for (content_type, target) in [
            ("application/cbor", "DynamoDB_20120810.PutItem"),
            (CONTENT_TYPE, "DynamoDB_20120810.GetItem"),
            (CONTENT_TYPE, "DynamoDB_20270101.PutItem"),
            (CONTENT_TYPE, ""),
        ] {
            let error = replace(request(content_type, target)).unwrap_err().to_string();
            assert!(error.contains("build with the version of aws-sdk-dynamodb"), "{error}");
        }
    }
}
