//! The shapes of DynamoDB's JSON protocol, read strictly: an unknown member is refused.
//!
//! Source: DynamoDB API reference.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value as Json, json};
use waxseal::table::{Foreign, Item, Key, Value, attribute};

use super::expression::{Placeholders, Scalar};

/// A refusal in DynamoDB's form.
pub(super) struct Refused {
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) more: Json,
}

impl Refused {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), more: json!({}) }
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new("ValidationException", message)
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Wire {
    S(String),
    N(String),
    /// Any other type, as it stands.
    #[serde(untagged)]
    Other(Json),
}

pub(super) type Attributes = BTreeMap<String, Wire>;

/// `PutItem` and `DeleteItem`, and the actions of a transaction: they differ in `Item` or `Key` only.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct OneWrite {
    pub(super) table_name: String,
    pub(super) item: Option<Attributes>,
    pub(super) key: Option<Attributes>,
    pub(super) condition_expression: Option<String>,
    #[serde(default)]
    pub(super) expression_attribute_names: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) expression_attribute_values: Attributes,
    pub(super) return_values_on_condition_check_failure: Option<String>,
    pub(super) return_consumed_capacity: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Transaction {
    pub(super) transact_items: Vec<TransactItem>,
    pub(super) client_request_token: Option<String>,
    pub(super) return_consumed_capacity: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct TransactItem {
    pub(super) put: Option<OneWrite>,
    pub(super) delete: Option<OneWrite>,
    pub(super) condition_check: Option<OneWrite>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct GetItem {
    pub(super) table_name: String,
    pub(super) key: Attributes,
    #[serde(default)]
    pub(super) consistent_read: bool,
    pub(super) return_consumed_capacity: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct BatchGetItem {
    pub(super) request_items: BTreeMap<String, Keys>,
    pub(super) return_consumed_capacity: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Keys {
    pub(super) keys: Vec<Attributes>,
    #[serde(default)]
    pub(super) consistent_read: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Query {
    pub(super) table_name: String,
    pub(super) index_name: Option<String>,
    pub(super) key_condition_expression: String,
    #[serde(default)]
    pub(super) expression_attribute_names: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) expression_attribute_values: Attributes,
    #[serde(default)]
    pub(super) consistent_read: bool,
    pub(super) scan_index_forward: Option<bool>,
    pub(super) exclusive_start_key: Option<Attributes>,
    pub(super) limit: Option<usize>,
    pub(super) return_consumed_capacity: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Scan {
    pub(super) table_name: String,
    pub(super) limit: Option<usize>,
    pub(super) filter_expression: Option<String>,
    #[serde(default)]
    pub(super) expression_attribute_names: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) expression_attribute_values: Attributes,
    pub(super) exclusive_start_key: Option<Attributes>,
    #[serde(default)]
    pub(super) consistent_read: bool,
    pub(super) return_consumed_capacity: Option<String>,
}

/// All actions of a transaction with the same reason.
pub(super) fn every(body: &Json, code: &str, message: &str) -> Vec<Json> {
    let count = body["TransactItems"].as_array().map_or(0, Vec::len);
    vec![json!({"Code": code, "Message": message}); count]
}

pub(super) fn cancelled(reasons: &[Json]) -> Refused {
    let codes: Vec<&str> = reasons.iter().filter_map(|reason| reason["Code"].as_str()).collect();
    Refused {
        code: "TransactionCanceledException",
        message: format!(
            "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
            codes.join(", ")
        ),
        more: json!({"CancellationReasons": reasons}),
    }
}

pub(super) fn read<T: DeserializeOwned>(body: Json) -> Result<T, Refused> {
    serde_json::from_value(body).map_err(|error| Refused::new("SerializationException", error.to_string()))
}

pub(super) fn check_consistent(consistent: bool) -> Result<(), Refused> {
    if consistent { Ok(()) } else { Err(Refused::invalid("this table is read consistently only")) }
}

pub(super) fn placeholders(
    names: BTreeMap<String, String>,
    values: Attributes,
) -> Result<Placeholders, Refused> {
    let scalar = |wire| match wire {
        Wire::S(text) => Ok(Scalar::Text(text)),
        Wire::N(number) => number
            .parse()
            .map(Scalar::Number)
            .map_err(|_| Refused::invalid("The parameter cannot be converted to a numeric value")),
        Wire::Other(_) => Err(Refused::invalid("this table compares texts and numbers only")),
    };
    let values =
        values.into_iter().map(|(name, value)| Ok((name, scalar(value)?))).collect::<Result<_, Refused>>()?;
    Ok(Placeholders { names, values })
}

pub(super) fn value(wire: Wire) -> Result<Value, Refused> {
    match wire {
        Wire::S(text) => Ok(Value::Text(text)),
        Wire::N(number) => Ok(match number.parse() {
            Ok(whole) => Value::Number(whole),
            Err(_) => foreign(&json!({"N": number})),
        }),
        Wire::Other(other) => {
            let types = ["B", "BOOL", "BS", "L", "M", "NS", "NULL", "SS"];
            let mut members = other.as_object().into_iter().flatten();
            match (members.next(), members.next()) {
                (Some((name, _)), None) if types.contains(&&**name) => Ok(foreign(&other)),
                _ => Err(Refused::invalid(
                    "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
                )),
            }
        }
    }
}

fn foreign(json: &Json) -> Value {
    Value::Foreign(Foreign::new(json.to_string()))
}

pub(super) fn key(attributes: Attributes) -> Result<Key, Refused> {
    let item = item(attributes)?;
    if item.attributes.is_empty() {
        return Ok(item.key);
    }
    Err(Refused::invalid("The provided key element does not match the schema"))
}

pub(super) fn item(mut attributes: Attributes) -> Result<Item, Refused> {
    let mut part = |name: &str| match attributes.remove(name) {
        Some(Wire::S(text)) if !text.is_empty() => Ok(text),
        _ => Err(Refused::invalid("The provided key element does not match the schema")),
    };
    let mut item =
        Item::new(Key { partition: part(attribute::PARTITION)?.into(), sort: part(attribute::SORT)?.into() });
    for (name, wire) in attributes {
        item.attributes.insert(name.into(), value(wire)?);
    }
    Ok(item)
}

pub(super) fn wire(item: &Item) -> Json {
    let mut attributes = json!({
        attribute::PARTITION: {"S": &*item.key.partition},
        attribute::SORT: {"S": item.key.sort},
    });
    for (name, value) in &item.attributes {
        attributes[&**name] = match value {
            Value::Text(text) => json!({"S": text}),
            Value::Number(number) => json!({"N": number.to_string()}),
            // The stored text was JSON.
            Value::Foreign(foreign) => serde_json::from_str(foreign.json()).unwrap_or_default(),
        };
    }
    attributes
}
