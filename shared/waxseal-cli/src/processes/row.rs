//! Rows of instances, from DynamoDB's JSON as the `aws` command prints it.

use serde_json::Value;
use waxseal::{
    handler::{AnyInstance, any_instance},
    row::{sort, state},
    table::{self, Foreign, Item, Key, attribute},
};

/// The row of an instance.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) service: String,
    pub(crate) kind: String,
    pub(crate) id: String,
    /// `None` where the tools of this build cannot read it.
    pub(crate) instance: Option<AnyInstance>,
}

impl Row {
    /// The row in an item; `None` where its key is that of another kind of item.
    pub(crate) fn of(service: &str, item: &Item) -> Option<Self> {
        let id = state::id(&item.key)?;
        let (kind, _) = item.key.partition.split_once('#')?;
        let (service, kind, instance) = (service.to_owned(), kind.to_owned(), any_instance(item));
        Some(Self { service, kind, id, instance })
    }
}

/// The key in DynamoDB's JSON; `None` where it has not the two texts of a key.
pub(crate) fn key(json: &Value) -> Option<Key> {
    let text = |name: &str| json[name]["S"].as_str();
    Some(Key {
        partition: text(attribute::PARTITION)?.into(),
        sort: text(attribute::SORT)?.to_owned().into(),
    })
}

/// The item in DynamoDB's JSON; `None` where it has no key.
pub(crate) fn item(json: &Value) -> Option<Item> {
    let mut item = Item::new(key(json)?);
    for (name, value) in json.as_object()? {
        if name == attribute::PARTITION || name == attribute::SORT {
            continue;
        }
        let number = || value["N"].as_str()?.parse().ok();
        let value = match (value["S"].as_str(), number()) {
            (Some(text), _) => table::Value::Text(text.to_owned()),
            (None, Some(number)) => table::Value::Number(number),
            (None, None) => table::Value::Foreign(Foreign::new(value.to_string())),
        };
        item.attributes.insert(name.clone().into(), value);
    }
    Some(item)
}

/// Whether the key is that of a row of one of these kinds.
pub(crate) fn is_of(key: &Key, kinds: &[&str]) -> bool {
    let kind = key.partition.split_once('#').map(|(kind, _)| kind);
    key.sort == sort::STATE && kind.is_some_and(|kind| kinds.contains(&kind))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn g8_a_row_is_read_as_the_engine_wrote_it() {
        let json = json!({
            "pk": { "S": "fulfilment#order%237" }, "sk": { "S": "state" }, "version": { "N": "3" },
            "data": { "S": "{}" }, "odd": { "BOOL": true }, "wide": { "N": "1.5" },
        });
        let item = item(&json).unwrap();
        assert_eq!((item.get_number("version"), item.get_text("data")), (Some(3), Some("{}")));
        assert_eq!(item.foreign().map(|(name, found)| (name, found.kind())), Some(("odd", "BOOL")));
        assert_eq!(item.attributes["wide"], table::Value::Foreign(Foreign::new(r#"{"N":"1.5"}"#)));
        assert!(is_of(&item.key, &["fulfilment"]) && !is_of(&item.key, &["returns"]));
        let row = Row::of("orders", &item).unwrap();
        assert_eq!((&*row.kind, &*row.id, row.instance), ("fulfilment", "order#7", None));
    }

    #[test]
    fn g8_an_item_of_another_kind_is_no_row_of_an_instance() {
        let scheduled = json!({ "pk": { "S": "scheduled#m-1" }, "sk": { "S": "scheduled" } });
        assert!(Row::of("orders", &item(&scheduled).unwrap()).is_none());
        assert!(!is_of(&key(&scheduled).unwrap(), &["scheduled"]));
        assert!(item(&json!({ "pk": { "S": "a" } })).is_none());
    }
}
