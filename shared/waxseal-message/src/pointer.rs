//! JSON pointers into unparsed JSON (RFC 6901).

use std::collections::HashMap;

use serde_json::value::RawValue;

/// The value at a JSON pointer, as it stands in the text; `None` where there is none. Of repeated
/// members the last counts.
///
/// ```
/// let json = r#"{"invoice":{"id":"in_1","lines":[{"a/b":1.50}]}}"#;
/// assert_eq!(waxseal_message::pointer(json, "/invoice/id").unwrap().get(), r#""in_1""#);
/// assert_eq!(waxseal_message::pointer(json, "/invoice/lines/0/a~1b").unwrap().get(), "1.50");
/// assert!(waxseal_message::pointer(json, "/invoice/number").is_none());
/// assert_eq!(waxseal_message::pointer(json, "").unwrap().get(), json);
/// ```
#[must_use]
pub fn pointer<'a>(json: &'a str, pointer: &str) -> Option<&'a RawValue> {
    let mut at: &RawValue = serde_json::from_str(json).ok()?;
    if pointer.is_empty() {
        return Some(at);
    }
    for token in pointer.strip_prefix('/')?.split('/') {
        let name = token.replace("~1", "/").replace("~0", "~");
        at = match at.get().as_bytes().first() {
            Some(b'{') => *serde_json::from_str::<HashMap<String, &RawValue>>(at.get()).ok()?.get(&name)?,
            Some(b'[') => {
                // A leading zero or a sign is no index (RFC 6901, section 4).
                let index: usize = name.parse().ok().filter(|index: &usize| index.to_string() == name)?;
                *serde_json::from_str::<Vec<&RawValue>>(at.get()).ok()?.get(index)?
            }
            _ => return None,
        };
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    proptest! {
        #[test]
        fn it_points_where_serde_json_points(
            json in r#"(\{"a":\[1,\{"b":null,"~/":"x"\}\],"":\{"":2\}\}|\[\[0\],"s",1\])"#,
            path in "(/|a|~1|~0|b|0|1|01|\\+1|-){0,6}",
        ) {
            let value: Value = serde_json::from_str(&json).unwrap();
            let found = pointer(&json, &path).map(|raw| serde_json::from_str::<Value>(raw.get()).unwrap());
            prop_assert_eq!(found.as_ref(), value.pointer(&path), "{} {}", json, path);
        }
    }
}
