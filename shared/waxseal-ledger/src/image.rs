//! An item's image in a stream record: DynamoDB's JSON as an item of the protocol.

use std::borrow::Cow;

use serde_json::{Map, Value as Json};
use waxseal::table::{Foreign, Item, Key, Value, attribute};

/// The item of an image; `None` where its keys are not those of a table of Waxseal's.
pub(crate) fn item(image: &Map<String, Json>) -> Option<Item> {
    let key = |name: &str| image.get(name)?.get("S")?.as_str();
    let (partition, sort) = (key(attribute::PARTITION)?, key(attribute::SORT)?);
    let mut item = Item::new(Key { partition: partition.into(), sort: Cow::Owned(sort.to_owned()) });
    for (name, value) in image {
        if name != attribute::PARTITION && name != attribute::SORT {
            item.attributes.insert(Cow::Owned(name.clone()), of(value));
        }
    }
    Some(item)
}

fn of(value: &Json) -> Value {
    if let Some(text) = value.get("S").and_then(Json::as_str) {
        return Value::Text(text.to_owned());
    }
    let number = value.get("N").and_then(Json::as_str).and_then(|number| number.parse().ok());
    number.map_or_else(|| Value::Foreign(Foreign::new(value.to_string())), Value::Number)
}
