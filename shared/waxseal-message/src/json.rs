//! The reasons of `serde_json` without the values that they quote. Reasons are logged, and payloads
//! are not.

/// The reason why JSON does not fit a type: kinds, field names and place, never a value.
#[must_use]
pub fn misfit(error: &serde_json::Error) -> String {
    let text = error.to_string();
    // Syntax errors quote nothing.
    if !error.is_data() {
        return text;
    }
    let place = format!(" at line {} column {}", error.line(), error.column());
    let what = text.strip_suffix(&place).unwrap_or(&text);
    format!("{}{place}", without_values(what))
}

/// serde's names for the kinds of a value that it found. A type may use words of its own instead,
/// and those may quote the refused value.
const KINDS: [&str; 17] = [
    "",
    "boolean",
    "integer",
    "floating point",
    "number",
    "character",
    "string",
    "byte array",
    "unit value",
    "null",
    "Option value",
    "newtype struct",
    "sequence",
    "map",
    "enum",
    "unit variant",
    "newtype variant",
];

fn without_values(what: &str) -> String {
    let harmless =
        ["missing field `", "duplicate field `", "invalid length ", "data did not match any variant"];
    if harmless.iter().any(|start| what.starts_with(start)) {
        return what.to_owned();
    }
    // `invalid type: string "…", expected u32`: the value may hold any text, so the expectation is
    // searched for from the end.
    let quoting = ["invalid type: ", "invalid value: ", "unknown variant ", "unknown field "];
    let known = quoting.iter().find(|start| what.starts_with(**start)).and(what.rsplit_once(", expected "));
    match known {
        Some((value, expected)) => {
            let kind = value.split(['`', '"']).next().unwrap_or_default().trim_end();
            let (start, found) = kind.split_once(": ").unwrap_or((kind, ""));
            match KINDS.contains(&found) {
                true if !found.is_empty() => format!("{start}: {found}, expected {expected}"),
                _ => format!("{start}, expected {expected}"),
            }
        }
        // The message is the type's own, which may quote the refused value.
        None => "a value that its type refuses".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::timestamp::Timestamp;

    #[test]
    fn no_value_is_quoted() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Strict {
            #[allow(dead_code)]
            at: Timestamp,
        }
        let strict = |json| misfit(&serde_json::from_str::<Strict>(json).unwrap_err());
        assert_eq!(strict(r#"{"at":"secret"}"#), "a value that its type refuses at line 1 column 14");
        assert_eq!(strict(r#"{"secret":1}"#), "unknown field, expected `at` at line 1 column 9");
        let nested = serde_json::from_str::<BTreeMap<String, bool>>(r#"{"a":"x\", expected `secret`"}"#);
        assert_eq!(
            misfit(&nested.unwrap_err()),
            "invalid type: string, expected a boolean at line 1 column 29"
        );
        assert_eq!(
            misfit(&serde_json::from_str::<bool>("tru").unwrap_err()),
            "EOF while parsing a value at line 1 column 3"
        );
    }
}
