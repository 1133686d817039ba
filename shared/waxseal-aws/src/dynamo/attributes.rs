//! Items as DynamoDB has them: attribute values of type `S` and `N`.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use waxseal::item::{Item, Key, Value, attribute};

pub(super) type Attributes = HashMap<String, AttributeValue>;

/// A stored item that the protocol did not write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Foreign {
    #[error("a stored item has no text `{attribute}`: the table's keys must be the texts `pk` and `sk`")]
    Key { attribute: &'static str },
    #[error(
        "item {key} has the attribute `{attribute}` of type {found}: only texts (S) and whole numbers (N) belong in the \
         table, and skipping it would delete it at the next write; move or remove it"
    )]
    Attribute { key: Key, attribute: String, found: &'static str },
}

pub(super) fn of_key(key: &Key) -> Attributes {
    HashMap::from([
        (attribute::PARTITION.to_owned(), AttributeValue::S(key.partition.to_string())),
        (attribute::SORT.to_owned(), AttributeValue::S(key.sort.to_string())),
    ])
}

pub(super) fn to_item(mut stored: Attributes) -> Result<Item, Foreign> {
    let mut part = |attribute: &'static str| match stored.remove(attribute) {
        Some(AttributeValue::S(text)) => Ok(text),
        _ => Err(Foreign::Key { attribute }),
    };
    let key = Key { partition: part(attribute::PARTITION)?.into(), sort: part(attribute::SORT)?.into() };
    let mut attributes = BTreeMap::new();
    for (name, value) in stored {
        let value = match value {
            AttributeValue::S(text) => Value::Text(text),
            AttributeValue::N(ref number) => match number.parse() {
                Ok(number) => Value::Number(number),
                Err(_) => {
                    return Err(Foreign::Attribute {
                        key,
                        attribute: name,
                        found: "N with a fraction or beyond 64 bits",
                    });
                }
            },
            other => return Err(Foreign::Attribute { key, attribute: name, found: type_of(&other) }),
        };
        attributes.insert(name.into(), value);
    }
    Ok(Item { key, attributes })
}

/// What [`AttributeValue`] holds, never its content: the error is logged.
fn type_of(value: &AttributeValue) -> &'static str {
    match value {
        AttributeValue::B(_) => "B",
        AttributeValue::Bool(_) => "BOOL",
        AttributeValue::Bs(_) => "BS",
        AttributeValue::L(_) => "L",
        AttributeValue::M(_) => "M",
        AttributeValue::N(_) => "N",
        AttributeValue::Ns(_) => "NS",
        AttributeValue::Null(_) => "NULL",
        AttributeValue::S(_) => "S",
        AttributeValue::Ss(_) => "SS",
        _ => "a later type",
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
    fn a_foreign_attribute_is_named_with_its_item() {
        let key = Key::of("order", &["o-1"], "state");
        for (value, found) in [
            (AttributeValue::Bool(true), "BOOL"),
            (AttributeValue::N("1.5".into()), "N with a fraction or beyond 64 bits"),
            (AttributeValue::M(HashMap::new()), "M"),
        ] {
            let mut stored = of_key(&key);
            stored.insert("archived".to_owned(), value);
            let error = to_item(stored).unwrap_err();
            assert_eq!(
                error,
                Foreign::Attribute { key: key.clone(), attribute: "archived".to_owned(), found }
            );
            assert!(
                error.to_string().starts_with("item order#o-1 / state has the attribute `archived` of type ")
            );
        }
        assert_eq!(to_item(Attributes::new()), Err(Foreign::Key { attribute: "pk" }));
    }
}
