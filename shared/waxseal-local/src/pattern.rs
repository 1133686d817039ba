//! Event patterns: what EventBridge rules, SNS filter policies and event source mappings select by.
//!
//! Source: EventBridge user guide, "Comparison operators for use in event patterns". An operator that is not built here is an
//! error when the pattern is made, never a pattern that silently selects nothing.

use serde_json::{Map, Value};

/// A compiled pattern.
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern(Node);

#[derive(Debug, Clone, PartialEq)]
enum Node {
    /// Every field must match; `$or` fields are alternatives.
    Fields { all: Vec<(String, Node)>, any: Vec<Vec<Node>> },
    /// One of the tests must match.
    OneOf(Vec<Test>),
}

#[derive(Debug, Clone, PartialEq)]
enum Test {
    Equals(Value),
    Prefix(String),
    Suffix(String),
    EqualsIgnoreCase(String),
    Wildcard(String),
    Exists(bool),
    AnythingBut(Vec<Test>),
    Numeric(Vec<(String, f64)>),
}

/// A pattern that cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("event pattern, at {at}: {what}")]
pub struct PatternError {
    at: String,
    what: String,
}

fn error(at: &str, what: impl Into<String>) -> PatternError {
    PatternError { at: if at.is_empty() { "the top".into() } else { at.into() }, what: what.into() }
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// Where it is not of the documented form, naming the field.
    ///
    /// ```
    /// use serde_json::json;
    /// use waxseal_local::Pattern;
    /// let pattern = Pattern::new(&json!({"source": ["orders"], "detail": {"data": {"total": [{"numeric": [">=", 100]}]}}})).unwrap();
    /// assert!(pattern.matches(&json!({"source": "orders", "detail": {"data": {"total": 100}}})));
    /// assert!(!pattern.matches(&json!({"source": "orders", "detail": {"data": {}}})));
    /// ```
    pub fn new(pattern: &Value) -> Result<Self, PatternError> {
        match pattern {
            Value::Object(fields) if !fields.is_empty() => Ok(Self(compile(fields, "")?)),
            _ => Err(error("", "a pattern is an object with at least one field")),
        }
    }

    /// Whether `event` is selected.
    #[must_use]
    pub fn matches(&self, event: &Value) -> bool {
        matches(&self.0, Some(event))
    }
}

fn compile(fields: &Map<String, Value>, at: &str) -> Result<Node, PatternError> {
    let (mut all, mut any) = (Vec::new(), Vec::new());
    for (name, value) in fields {
        let at = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
        match value {
            Value::Array(alternatives) if name == "$or" => {
                let nodes = alternatives.iter().map(|alternative| match alternative {
                    Value::Object(fields) => compile(fields, &at),
                    _ => Err(error(&at, "every alternative of $or is an object")),
                });
                any.push(nodes.collect::<Result<_, _>>()?);
            }
            Value::Object(fields) => all.push((name.clone(), compile(fields, &at)?)),
            Value::Array(tests) if !tests.is_empty() => {
                let tests = tests.iter().map(|test| compile_test(test, &at)).collect::<Result<_, _>>()?;
                all.push((name.clone(), Node::OneOf(tests)));
            }
            _ => {
                return Err(error(
                    &at,
                    "a field's pattern is an object or a list of values, such as [\"orders\"]",
                ));
            }
        }
    }
    Ok(Node::Fields { all, any })
}

fn compile_test(test: &Value, at: &str) -> Result<Test, PatternError> {
    let Value::Object(operator) = test else {
        return match test {
            Value::Array(_) => Err(error(at, "a list in a list")),
            plain => Ok(Test::Equals(plain.clone())),
        };
    };
    let [(name, argument)] = operator.iter().collect::<Vec<_>>()[..] else {
        return Err(error(at, "an operator is an object with one member, such as {\"prefix\": \"a\"}"));
    };
    let text =
        || argument.as_str().map(str::to_owned).ok_or_else(|| error(at, format!("{name} takes a string")));
    Ok(match name.as_str() {
        "prefix" => Test::Prefix(text()?),
        "suffix" => Test::Suffix(text()?),
        "equals-ignore-case" => Test::EqualsIgnoreCase(text()?),
        "wildcard" => Test::Wildcard(text()?),
        "exists" => Test::Exists(argument.as_bool().ok_or_else(|| error(at, "exists takes true or false"))?),
        "anything-but" => Test::AnythingBut(match argument {
            Value::Array(values) => {
                values.iter().map(|value| compile_test(value, at)).collect::<Result<_, _>>()?
            }
            one => vec![compile_test(one, at)?],
        }),
        "numeric" => Test::Numeric(numeric(argument, at)?),
        unknown => {
            return Err(error(
                at,
                format!(
                    "operator {unknown} is not built here: prefix, suffix, equals-ignore-case, wildcard, exists, \
                     anything-but and numeric are"
                ),
            ));
        }
    })
}

fn numeric(argument: &Value, at: &str) -> Result<Vec<(String, f64)>, PatternError> {
    let wrong =
        || error(at, "numeric takes pairs of a comparison and a number, such as [\">\", 0, \"<=\", 5]");
    let list = argument.as_array().ok_or_else(wrong)?;
    if list.is_empty() || list.len() % 2 != 0 {
        return Err(wrong());
    }
    list.chunks(2)
        .map(|pair| match (pair[0].as_str(), pair[1].as_f64()) {
            (Some(sign @ ("<" | "<=" | "=" | ">" | ">=")), Some(number)) => Ok((sign.to_owned(), number)),
            _ => Err(wrong()),
        })
        .collect()
}

fn matches(node: &Node, value: Option<&Value>) -> bool {
    match node {
        Node::Fields { all, any } => {
            let field = |name: &str| value.and_then(|value| value.get(name));
            all.iter().all(|(name, node)| matches(node, field(name)))
                && any.iter().all(|alternatives| alternatives.iter().any(|node| matches(node, value)))
        }
        Node::OneOf(tests) => match value {
            // A list matches where one of its elements does.
            Some(Value::Array(elements)) => {
                elements.iter().any(|element| tests.iter().any(|test| passes(test, Some(element))))
                    || elements.is_empty() && tests.contains(&Test::Exists(false))
            }
            value => tests.iter().any(|test| passes(test, value)),
        },
    }
}

fn passes(test: &Test, value: Option<&Value>) -> bool {
    let text = || value.and_then(Value::as_str);
    match test {
        // `exists` works on leaves only: an object counts as absent.
        Test::Exists(wanted) => *wanted == value.is_some_and(|value| !value.is_object()),
        Test::Equals(Value::Number(wanted)) => {
            value.and_then(Value::as_f64).is_some_and(|number| Some(number) == wanted.as_f64())
        }
        Test::Equals(wanted) => value == Some(wanted),
        Test::Prefix(prefix) => text().is_some_and(|text| text.starts_with(prefix)),
        Test::Suffix(suffix) => text().is_some_and(|text| text.ends_with(suffix)),
        Test::EqualsIgnoreCase(wanted) => {
            text().is_some_and(|text| text.to_lowercase() == wanted.to_lowercase())
        }
        Test::Wildcard(pattern) => text().is_some_and(|text| wildcard(pattern.as_bytes(), text.as_bytes())),
        Test::AnythingBut(tests) => value.is_some() && !tests.iter().any(|test| passes(test, value)),
        Test::Numeric(bounds) => value.and_then(Value::as_f64).is_some_and(|number| {
            bounds.iter().all(|(sign, bound)| match sign.as_str() {
                "<" => number < *bound,
                "<=" => number <= *bound,
                ">" => number > *bound,
                ">=" => number >= *bound,
                _ => number == *bound,
            })
        }),
    }
}

fn wildcard(pattern: &[u8], text: &[u8]) -> bool {
    // The greedy match with one point to go back to: linear but for the last star.
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        if pattern.get(p) == Some(&b'*') {
            star = Some((p, t));
            p += 1;
        } else if pattern.get(p) == Some(&text[t]) {
            (p, t) = (p + 1, t + 1);
        } else if let Some((at, from)) = star {
            (p, t) = (at + 1, from + 1);
            star = Some((at, from + 1));
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn operators_select_as_documented() {
        let event = json!({"source": "orders", "detail": {"state": "pending", "count": 5, "tags": ["a", "b"], "none": null}});
        for (pattern, selected) in [
            (json!({"source": ["orders", "x"]}), true),
            (json!({"source": ["x"]}), false),
            (json!({"detail": {"state": [{"prefix": "pen"}]}}), true),
            (json!({"detail": {"state": [{"suffix": "ing"}]}}), true),
            (json!({"detail": {"state": [{"equals-ignore-case": "PENDING"}]}}), true),
            (json!({"detail": {"state": [{"wildcard": "p*d*g"}]}}), true),
            (json!({"detail": {"state": [{"wildcard": "p*x"}]}}), false),
            (json!({"detail": {"state": [{"anything-but": ["init"]}]}}), true),
            (json!({"detail": {"state": [{"anything-but": {"prefix": "pen"}}]}}), false),
            (json!({"detail": {"missing": [{"anything-but": "x"}]}}), false),
            (json!({"detail": {"missing": [{"exists": false}]}}), true),
            (json!({"detail": [{"exists": true}]}), false),
            (json!({"detail": {"count": [{"numeric": [">", 0, "<=", 5]}]}}), true),
            (json!({"detail": {"count": [5.0]}}), true),
            (json!({"detail": {"count": [{"numeric": ["<", 5]}]}}), false),
            (json!({"detail": {"tags": ["b"]}}), true),
            (json!({"detail": {"none": [null]}}), true),
            (json!({"detail": {"$or": [{"state": ["x"]}, {"count": [5]}]}}), true),
            (json!({"detail": {"$or": [{"state": ["x"]}, {"count": [6]}]}}), false),
        ] {
            assert_eq!(Pattern::new(&pattern).unwrap().matches(&event), selected, "{pattern}");
        }
    }

    #[test]
    fn what_cannot_be_compiled_names_its_place() {
        for (pattern, message) in [
            (json!([]), "event pattern, at the top: a pattern is an object with at least one field"),
            (
                json!({"a": "b"}),
                "event pattern, at a: a field's pattern is an object or a list of values, such as [\"orders\"]",
            ),
            (
                json!({"a": {"b": [{"cidr": "10.0.0.0/24"}]}}),
                "event pattern, at a.b: operator cidr is not built here: prefix, suffix, equals-ignore-case, wildcard, exists, anything-but and numeric are",
            ),
            (
                json!({"a": [{"numeric": [">"]}]}),
                "event pattern, at a: numeric takes pairs of a comparison and a number, such as [\">\", 0, \"<=\", 5]",
            ),
        ] {
            assert_eq!(Pattern::new(&pattern).unwrap_err().to_string(), message);
        }
    }
}
