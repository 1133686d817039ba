//! JSON values as YAML that people read: block style, a fixed order, quotes only where they are
//! needed.
//!
//! The writer quotes every text that YAML 1.1 or 1.2 could take for another type. Tests read each
//! document back with `saphyr`.
//!
//! Rejected: `serde-saphyr` 2.2, the maintained YAML writer for serde. It round-trips the same
//! values, but it quotes each key with a colon. `"Fn::Sub":` and `"Fn::GetAtt":` are on every ninth
//! line of a template, where AWS's documentation has no quotes. It writes no empty line between
//! resources and only double quotes. A pass over its output could repair that, and would need the
//! same knowledge of YAML as this file. `serde_yaml` and its forks are unmaintained or indent no
//! lists.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// The members that come first, in this order. The others follow by the alphabet.
const FIRST: [&str; 19] = [
    "AWSTemplateFormatVersion",
    "Type",
    "Sid",
    "Effect",
    "Principal",
    "Action",
    "Resource",
    "Condition",
    "DependsOn",
    "DeletionPolicy",
    "UpdateReplacePolicy",
    "Description",
    "Parameters",
    "Conditions",
    "Resources",
    "Outputs",
    "Properties",
    "Key",
    "Name",
];

/// The document, with a line end at its end.
pub(crate) fn write(value: &Value) -> String {
    let mut text = String::new();
    match value {
        Value::Object(map) if !map.is_empty() => mapping(map, 0, &mut text),
        Value::Array(items) if !items.is_empty() => sequence(items, 0, &mut text),
        other => {
            scalar(other, 0, &mut text);
            text.push('\n');
        }
    }
    text
}

fn mapping(map: &Map<String, Value>, indent: usize, text: &mut String) {
    for (index, (key, value)) in sorted(map).into_iter().enumerate() {
        if index > 0 {
            pad(indent, text);
        }
        let _ = write!(text, "{}:", plain_or_quoted(key));
        match value {
            Value::Object(map) if !map.is_empty() => {
                text.push('\n');
                pad(indent + 1, text);
                mapping(map, indent + 1, text);
            }
            Value::Array(items) if !items.is_empty() => {
                text.push('\n');
                pad(indent + 1, text);
                sequence(items, indent + 1, text);
            }
            other => {
                text.push(' ');
                scalar(other, indent + 1, text);
                text.push('\n');
            }
        }
        // Each resource and each parameter is a paragraph.
        if indent == 1 && text.ends_with('\n') && value.is_object() && index + 1 < map.len() {
            text.push('\n');
        }
    }
}

fn sequence(items: &[Value], indent: usize, text: &mut String) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            pad(indent, text);
        }
        text.push_str("- ");
        match item {
            Value::Object(map) if !map.is_empty() => mapping(map, indent + 1, text),
            Value::Array(items) if !items.is_empty() => sequence(items, indent + 1, text),
            other => {
                scalar(other, indent + 1, text);
                text.push('\n');
            }
        }
    }
}

fn scalar(value: &Value, indent: usize, text: &mut String) {
    match value {
        Value::String(string) if is_literal(string) => {
            text.push_str("|-");
            for line in string.lines() {
                text.push('\n');
                pad(indent, text);
                text.push_str(line);
            }
        }
        Value::String(string) => text.push_str(&plain_or_quoted(string)),
        // Numbers, `true`, `null`, `{}` and `[]` are the same in both languages.
        other => {
            let _ = write!(text, "{other}");
        }
    }
}

/// Whether a literal block reads back as the same text: it has visible characters and no odd
/// spaces.
fn is_literal(string: &str) -> bool {
    string.contains('\n')
        && string.lines().all(|line| !line.is_empty() && line.trim_end() == line)
        && !string.starts_with([' ', '\n'])
        && !string.ends_with('\n')
        && string.chars().all(|c| c == '\n' || c == ' ' || c.is_ascii_graphic())
}

fn plain_or_quoted(string: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || " -_./:${}()*+;".contains(c);
    // YAML 1.1 takes these for a boolean, a null or a special float.
    let special = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"];
    let plain = string.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && string.chars().all(safe)
        && !string.contains(": ")
        && !string.ends_with([' ', ':'])
        && !string.contains("{}")
        && !special.contains(&string.to_ascii_lowercase().as_str());
    if plain {
        string.to_owned()
    } else if string.chars().all(|c| c == ' ' || c.is_ascii_graphic()) {
        format!("'{}'", string.replace('\'', "''"))
    } else {
        // JSON's escapes are YAML's too. `serde_json` writes characters beyond ASCII as they are.
        Value::String(string.to_owned()).to_string()
    }
}

/// JSON over several lines in the same fixed order, for JSON that a template holds as text.
pub(crate) fn json(value: &Value) -> String {
    fn put(value: &Value, indent: usize, text: &mut String) {
        let line = |indent: usize, text: &mut String| {
            text.push('\n');
            pad(indent, text);
        };
        match value {
            Value::Object(map) if !map.is_empty() => {
                text.push('{');
                for (index, (key, value)) in sorted(map).into_iter().enumerate() {
                    text.push_str(if index > 0 { "," } else { "" });
                    line(indent + 1, text);
                    let _ = write!(text, "{}: ", Value::String(key.clone()));
                    put(value, indent + 1, text);
                }
                line(indent, text);
                text.push('}');
            }
            Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
                text.push('[');
                for (index, item) in items.iter().enumerate() {
                    text.push_str(if index > 0 { "," } else { "" });
                    line(indent + 1, text);
                    put(item, indent + 1, text);
                }
                line(indent, text);
                text.push(']');
            }
            other => {
                let _ = write!(text, "{other}");
            }
        }
    }
    let mut text = String::new();
    put(value, 0, &mut text);
    text
}

fn sorted(map: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let rank = |key: &str| FIRST.iter().position(|first| *first == key).unwrap_or(FIRST.len());
    let mut members: Vec<_> = map.iter().collect();
    members.sort_by(|(one, _), (other, _)| (rank(one), one).cmp(&(rank(other), other)));
    members
}

fn pad(indent: usize, text: &mut String) {
    text.extend(std::iter::repeat_n("  ", indent));
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};
    use saphyr::{LoadableYamlNode as _, Scalar, Yaml};
    use serde_json::json;

    use super::*;

    /// The value that another reader makes of the text.
    fn read(text: &str) -> Value {
        fn value(yaml: &Yaml<'_>) -> Value {
            match yaml {
                Yaml::Value(Scalar::Null) => Value::Null,
                Yaml::Value(Scalar::Boolean(truth)) => json!(truth),
                Yaml::Value(Scalar::Integer(number)) => json!(number),
                Yaml::Value(Scalar::FloatingPoint(number)) => json!(number.into_inner()),
                Yaml::Value(Scalar::String(text)) => json!(text),
                Yaml::Sequence(items) => items.iter().map(value).collect(),
                Yaml::Mapping(map) => {
                    let member = |(key, yaml): (&Yaml<'_>, &Yaml<'_>)| {
                        (key.as_str().unwrap_or_else(|| panic!("key {key:?}")).to_owned(), value(yaml))
                    };
                    Value::Object(map.iter().map(member).collect())
                }
                other => panic!("{other:?} in {text}", text = "the document"),
            }
        }
        let documents = Yaml::load_from_str(text).unwrap_or_else(|error| panic!("{error}:\n{text}"));
        assert_eq!(documents.len(), 1, "{text}");
        value(&documents[0])
    }

    fn texts() -> impl Strategy<Value = String> {
        prop_oneof![
            "[ -~]{0,12}",
            "[a-z${}:#'\"\n -]{0,16}",
            "\\PC{0,8}",
            "(yes|no|on|off|null|true|~|1e3|0x1f|012|1:20|2010-09-09|[.]inf|-|- a|a: b|a #b|[?] b|!x|%y|@z|&a|[*]b)",
        ]
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            texts().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            any::<bool>().prop_map(Value::from),
            Just(Value::Null),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                vec(inner.clone(), 0..5).prop_map(Value::from),
                vec((texts(), inner), 0..5).prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]
        #[test]
        fn a_written_value_reads_back(value in values()) {
            let text = write(&value);
            prop_assert_eq!(read(&text), value, "{}", text);
        }
    }

    #[test]
    fn a_text_of_another_type_in_yaml_1_1_is_quoted() {
        for odd in
            ["yes", "No", "on", "OFF", "2010-09-09", "012", "1:20", "~", "null", "", "1_000", ".5", "=", "<<"]
        {
            let text = write(&json!({ "k": odd }));
            assert_eq!(text, format!("k: '{odd}'\n"));
        }
        assert_eq!(write(&json!({ "k": "arn:${AWS::Partition}:sqs:x" })), "k: arn:${AWS::Partition}:sqs:x\n");
    }

    #[test]
    fn members_come_in_the_order_in_which_people_read_them() {
        let statement =
            json!({ "Resource": "r", "Condition": {}, "Action": ["a"], "Effect": "Allow", "Sid": "S" });
        assert_eq!(write(&statement), "Sid: S\nEffect: Allow\nAction:\n  - a\nResource: r\nCondition: {}\n");
    }

    #[test]
    fn text_of_several_lines_is_a_block() {
        let body = json(&json!({ "widgets": [{ "x": 1 }] }));
        let text = write(&json!({ "Body": body }));
        assert!(text.starts_with("Body: |-\n  {\n"), "{text}");
        assert_eq!(read(&text)["Body"], body);
    }
}
