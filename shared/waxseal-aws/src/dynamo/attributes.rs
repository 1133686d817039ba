//! Items as DynamoDB has them: attribute values of type `S` and `N`, and whatever else other writers left.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_types::base64;
use serde_json::{Value as Json, json};
use waxseal::table::{Foreign, Item, Key, Value, attribute};

use crate::code::Code;

pub(super) type Attributes = HashMap<String, AttributeValue>;

/// The table has other keys than the protocol's, so none of its items can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a stored item has no text `{attribute}`: the table's keys must be the texts `pk` and `sk` ({})",
    Code::OtherKeys
)]
pub(super) struct OtherKeys {
    attribute: &'static str,
}

pub(super) fn of_key(key: &Key) -> Attributes {
    HashMap::from([
        (attribute::PARTITION.to_owned(), AttributeValue::S(key.partition.to_string())),
        (attribute::SORT.to_owned(), AttributeValue::S(key.sort.to_string())),
    ])
}

pub(super) fn to_item(mut stored: Attributes) -> Result<Item, OtherKeys> {
    let mut part = |attribute: &'static str| match stored.remove(attribute) {
        Some(AttributeValue::S(text)) => Ok(text),
        _ => Err(OtherKeys { attribute }),
    };
    let key = Key { partition: part(attribute::PARTITION)?.into(), sort: part(attribute::SORT)?.into() };
    let mut attributes = BTreeMap::new();
    for (name, value) in stored {
        let whole = match &value {
            AttributeValue::N(number) => number.parse().ok(),
            _ => None,
        };
        let value = match (value, whole) {
            (AttributeValue::S(text), _) => Value::Text(text),
            (_, Some(number)) => Value::Number(number),
            (other, None) => Value::Foreign(Foreign::new(json(&other).to_string())),
        };
        attributes.insert(name.into(), value);
    }
    Ok(Item { key, attributes })
}

/// A value in DynamoDB's JSON. Source: low-level API, "Data type descriptors".
fn json(value: &AttributeValue) -> Json {
    let binary = |blob: &aws_sdk_dynamodb::primitives::Blob| base64::encode(blob);
    match value {
        AttributeValue::B(blob) => json!({"B": binary(blob)}),
        AttributeValue::Bool(value) => json!({"BOOL": value}),
        AttributeValue::Bs(blobs) => json!({"BS": blobs.iter().map(binary).collect::<Vec<_>>()}),
        AttributeValue::L(items) => json!({"L": items.iter().map(json).collect::<Vec<_>>()}),
        AttributeValue::M(members) => {
            let members: BTreeMap<&String, Json> =
                members.iter().map(|(name, member)| (name, json(member))).collect();
            json!({ "M": members })
        }
        AttributeValue::N(number) => json!({"N": number}),
        AttributeValue::Ns(numbers) => json!({"NS": numbers}),
        AttributeValue::Null(value) => json!({"NULL": value}),
        AttributeValue::S(text) => json!({"S": text}),
        AttributeValue::Ss(texts) => json!({"SS": texts}),
        // The SDK knows no more of it, so it cannot be given back.
        _ => json!({"a later type": null}),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_item_comes_back_as_it_was(
            partition in "\\PC{1,20}",
            sort in "\\PC{1,20}",
            texts in prop::collection::btree_map("[a-z_]{3,8}", "\\PC*", 0..5),
            numbers in prop::collection::btree_map("[A-Z]{3,8}", any::<i64>(), 0..5),
        ) {
            let key = Key { partition: partition.into(), sort: sort.into() };
            let mut stored = of_key(&key);
            let mut item = Item::new(key);
            for (name, text) in texts {
                stored.insert(name.clone(), AttributeValue::S(text.clone()));
                item = item.text(name, text);
            }
            for (name, number) in numbers {
                stored.insert(name.clone(), AttributeValue::N(number.to_string()));
                item = item.number(name, number);
            }
            prop_assert_eq!(to_item(stored), Ok(item));
        }
    }

    #[test]
    fn s2_a_foreign_attribute_is_read_whole_with_its_item() {
        let blob = || aws_sdk_dynamodb::primitives::Blob::new("\u{1}é");
        let list = AttributeValue::L(vec![AttributeValue::S("a".into()), AttributeValue::Null(true)]);
        let text = |text: &str| text.to_owned();
        for (value, kind, json) in [
            (AttributeValue::Bool(true), "BOOL", r#"{"BOOL":true}"#),
            (AttributeValue::N("1.5".into()), "N with a fraction or beyond 64 bits", r#"{"N":"1.5"}"#),
            (
                AttributeValue::N("9223372036854775808".into()),
                "N with a fraction or beyond 64 bits",
                r#"{"N":"9223372036854775808"}"#,
            ),
            (
                AttributeValue::M(HashMap::from([
                    (text("b"), list.clone()),
                    (text("a\""), AttributeValue::N("1".into())),
                ])),
                "M",
                r#"{"M":{"a\"":{"N":"1"},"b":{"L":[{"S":"a"},{"NULL":true}]}}}"#,
            ),
            (AttributeValue::B(blob()), "B", r#"{"B":"AcOp"}"#),
            (AttributeValue::Bs(vec![blob()]), "BS", r#"{"BS":["AcOp"]}"#),
            (AttributeValue::Ss(vec![text("x")]), "SS", r#"{"SS":["x"]}"#),
            (AttributeValue::Ns(vec![text("1")]), "NS", r#"{"NS":["1"]}"#),
        ] {
            let key = Key::of("order", &["o-1"], "state");
            let mut stored = of_key(&key);
            stored.insert("version".to_owned(), AttributeValue::N("7".into()));
            stored.insert("archived".to_owned(), value);
            let item = to_item(stored).unwrap();
            let (name, foreign) = item.foreign().unwrap();
            assert_eq!((name, foreign.kind(), foreign.json()), ("archived", kind, json));
            assert_eq!((item.key.clone(), item.get_number("version")), (key, Some(7)));
        }
        assert_eq!(to_item(Attributes::new()), Err(OtherKeys { attribute: "pk" }));
    }
}
