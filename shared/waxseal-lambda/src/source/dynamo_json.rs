//! DynamoDB's JSON as plain JSON.
//!
//! | DynamoDB | JSON |
//! |---|---|
//! | `S`, `BOOL`, `NULL` | string, boolean, null |
//! | `N` | a number with the same digits |
//! | `B` | a string in base64, as DynamoDB writes it |
//! | `L`, `M` | array, object |
//! | `SS`, `NS`, `BS` | an array in the order of the stream record |
//!
//! Source: DynamoDB API reference, `AttributeValue`.

use serde_json::value::RawValue;

use crate::json::{self, Object};

/// DynamoDB nests up to 32 levels.
const DEEPEST: usize = 40;

/// Writes the attributes of an item as an object. `None` where one of them is no attribute value.
pub(super) fn item(item: &Object<'_>, to: &mut String) -> Option<()> {
    attributes(item, to, 0)
}

fn attributes(item: &Object<'_>, to: &mut String, depth: usize) -> Option<()> {
    to.push('{');
    for (place, (name, value)) in item.entries().enumerate() {
        if place > 0 {
            to.push(',');
        }
        to.push_str(&serde_json::to_string(name).ok()?);
        to.push(':');
        attribute(value, to, depth)?;
    }
    to.push('}');
    Some(())
}

fn attribute(value: &RawValue, to: &mut String, depth: usize) -> Option<()> {
    if depth > DEEPEST {
        return None;
    }
    let value = Object::parse(value.get())?;
    let mut types = value.entries();
    let (Some((kind, value)), None) = (types.next(), types.next()) else { return None };
    match kind {
        "S" | "B" => json::string(value).map(|_| to.push_str(value.get()))?,
        "N" => number(value, to)?,
        "BOOL" => matches!(value.get(), "true" | "false").then(|| to.push_str(value.get()))?,
        "NULL" => to.push_str("null"),
        "M" => attributes(&Object::parse(value.get())?, to, depth + 1)?,
        "L" => list(value, to, |element, to| attribute(element, to, depth + 1))?,
        "SS" | "BS" => {
            list(value, to, |element, to| json::string(element).map(|_| to.push_str(element.get())))?
        }
        "NS" => list(value, to, number)?,
        _ => return None,
    }
    Some(())
}

fn list(
    value: &RawValue,
    to: &mut String,
    mut element: impl FnMut(&RawValue, &mut String) -> Option<()>,
) -> Option<()> {
    let elements: Vec<&RawValue> = serde_json::from_str(value.get()).ok()?;
    to.push('[');
    for (place, value) in elements.into_iter().enumerate() {
        if place > 0 {
            to.push(',');
        }
        element(value, to)?;
    }
    to.push(']');
    Some(())
}

/// A number comes in a string, with its digits.
fn number(value: &RawValue, to: &mut String) -> Option<()> {
    let text = json::string(value)?;
    // JSON's grammar decides, and no value: a float would lose digits.
    let number: &RawValue = serde_json::from_str(&text).ok()?;
    number
        .get()
        .starts_with(|first: char| first == '-' || first.is_ascii_digit())
        .then(|| to.push_str(number.get()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Option<String> {
        let mut plain = String::new();
        item(&Object::parse(text)?, &mut plain).map(|()| plain)
    }

    #[test]
    fn s57_every_type_of_dynamodb_has_one_form_in_json() {
        let text = r#"{"s":{"S":"a\u00fc"},"n":{"N":"12345678901234567890.12345678901234567890"},"e":{"N":"-1E+125"},
            "b":{"B":"AP8="},"t":{"BOOL":true},"z":{"NULL":true},"l":{"L":[{"N":"1.50"},{"M":{"a":{"S":"x"}}}]},
            "m":{"M":{}},"ss":{"SS":["b","a"]},"ns":{"NS":["2","1.0"]},"bs":{"BS":["AA=="]}}"#;
        assert_eq!(
            plain(text).as_deref(),
            Some(
                r#"{"s":"a\u00fc","n":12345678901234567890.12345678901234567890,"e":-1E+125,"b":"AP8=","t":true,"z":null,"l":[1.50,{"a":"x"}],"m":{},"ss":["b","a"],"ns":[2,1.0],"bs":["AA=="]}"#
            )
        );
    }

    #[test]
    fn s57_what_is_no_attribute_value_is_refused() {
        let deep = |levels: usize| {
            format!(r#"{{"a":{}{{"S":""}}{}}}"#, r#"{"L":["#.repeat(levels), "]}".repeat(levels))
        };
        assert!(plain(&deep(32)).is_some());
        for text in [
            r#"{"a":1}"#,
            r#"{"a":{}}"#,
            r#"{"a":{"S":"x","N":"1"}}"#,
            r#"{"a":{"N":1}}"#,
            r#"{"a":{"N":"1,2"}}"#,
            r#"{"a":{"N":"true"}}"#,
            r#"{"a":{"N":""}}"#,
            r#"{"a":{"S":7}}"#,
            r#"{"a":{"SS":"x"}}"#,
            r#"{"a":{"X":"x"}}"#,
            &deep(1000),
        ] {
            assert_eq!(plain(text), None, "{text:.60}");
        }
    }
}
