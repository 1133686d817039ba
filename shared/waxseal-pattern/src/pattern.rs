//! A compiled pattern.

use std::sync::Arc;

use serde_json::Value;

use crate::{
    compile::{self, Compiled},
    error::PatternError,
    event, json,
    known::{self, Known},
    path, search,
};

/// A compiled pattern. Clones share it.
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern {
    inner: Arc<Inner>,
}

#[derive(Debug, PartialEq)]
struct Inner {
    /// The paths of all fields, without repeats.
    paths: Vec<String>,
    alternatives: Vec<search::Alternative>,
    no_policy: Option<PatternError>,
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// Where `PutRule` refuses it (`InvalidEventPatternException`): the field, the mistake, and the
    /// remedy.
    ///
    /// ```
    /// use serde_json::json;
    /// use waxseal_pattern::Pattern;
    /// let pattern = Pattern::new(&json!({"source": ["orders"], "detail": {"data": {"total": [{"numeric": [">=", 100]}]}}})).unwrap();
    /// assert!(pattern.matches(&json!({"source": "orders", "detail": {"data": {"total": 100}}})));
    /// assert!(!pattern.matches(&json!({"source": "orders", "detail": {"data": {}}})));
    /// ```
    pub fn new(pattern: &Value) -> Result<Self, PatternError> {
        Self::parse(&pattern.to_string())
    }

    /// Compiles the text of a pattern. Unlike a [`Value`], a text keeps the digits of numbers and
    /// the order of fields.
    ///
    /// # Errors
    /// As [`Pattern::new`].
    pub fn parse(pattern: &str) -> Result<Self, PatternError> {
        let Compiled { alternatives, no_policy } = compile::compile(pattern)?;
        let mut paths: Vec<String> = alternatives.iter().flat_map(|fields| fields.keys().cloned()).collect();
        paths.sort_by(|a, b| path::compare(a, b));
        paths.dedup();
        let of = |fields: &compile::Alternative| {
            let field = |(number, path)| Some((number, fields.get::<String>(path)?.clone()));
            paths.iter().enumerate().filter_map(field).collect()
        };
        let alternatives = alternatives.iter().map(of).collect();
        Ok(Self { inner: Arc::new(Inner { paths, alternatives, no_policy }) })
    }

    /// Whether `event` is selected.
    #[must_use]
    pub fn matches(&self, event: &Value) -> bool {
        self.matches_text(&event.to_string())
    }

    /// Whether the event in JSON is selected. Numbers count as they are written, and half of a
    /// surrogate pair is read. A text that is no JSON object is not selected.
    #[must_use]
    pub fn matches_text(&self, event: &str) -> bool {
        let is_object = json::check(event).is_ok() && json::Scanner::new(event).kind() == json::Kind::Object;
        is_object && {
            let fields = event::fields(event, &self.inner.paths);
            self.inner.alternatives.iter().any(|alternative| search::matches(alternative, &fields))
        }
    }

    /// Whether an event is selected whose fields are at hand, without its text. `field` gives the
    /// field at a path, whose names are joined by dots. `None` where that depends on a field that it
    /// does not know: the text decides then.
    ///
    /// ```
    /// use waxseal_pattern::{Known, Pattern};
    /// let pattern = Pattern::parse(r#"{"source": ["orders"], "detail": {"total": [100]}}"#).unwrap();
    /// let selects = |source| {
    ///     pattern.matches_fields(|path| if path == "source" { Known::text(source) } else { Known::Unknown })
    /// };
    /// assert_eq!((selects("payment"), selects("orders")), (Some(false), None));
    /// ```
    #[must_use]
    pub fn matches_fields<'e>(&self, field: impl Fn(&str) -> Known<'e>) -> Option<bool> {
        let Inner { paths, alternatives, .. } = &*self.inner;
        known::any(alternatives.iter().map(|alternative| known::matches(alternative, paths, &field)))
    }

    /// Checks the pattern as a filter policy on the message body.
    ///
    /// # Errors
    /// Where SNS refuses it: SNS knows fewer operators, five keys and 150 combinations of values.
    pub fn check_filter_policy(&self) -> Result<(), PatternError> {
        self.inner.no_policy.clone().map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn l2_a_refusal_names_its_place_and_what_to_write() {
        for (pattern, message) in [
            (json!([]), "event pattern, at the top: a pattern is an object with at least one field"),
            (
                json!({"a": "b"}),
                "event pattern, at a: a field's pattern is an object or a list of values, such as [\"orders\"]",
            ),
            (
                json!({"a": {"b": [{"regex": "x"}]}}),
                "event pattern, at a.b: there is no operator regex: known are prefix, suffix, equals-ignore-case, wildcard, \
                 cidr, numeric, anything-but and exists",
            ),
            (
                json!({"a": [{"numeric": [">"]}]}),
                "event pattern, at a: numeric takes [\"=\", 1], one bound, or a lower bound and an upper one: [\">\", 0, \"<=\", 5]",
            ),
            (
                json!({"d": {"$or": [{"a": [1]}]}}),
                "event pattern, at d.$or: $or takes at least two objects: with one, write its fields without $or",
            ),
        ] {
            assert_eq!(Pattern::new(&pattern).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn l3_sns_knows_fewer_operators_five_keys_and_150_combinations() {
        let policy =
            |pattern: Value| Pattern::new(&pattern).unwrap().check_filter_policy().map_err(|e| e.to_string());
        for taken in [
            json!({"a": ["x", {"prefix": "y"}, {"anything-but": {"prefix": "z"}}, {"suffix": "s"}]}),
            json!({"a": [{"cidr": "10.0.0.0/8"}], "b": [{"exists": false}], "c": [{"equals-ignore-case": "x"}]}),
            json!({"$or": [{"a": [1]}, {"b": [{"numeric": ["<", 2]}]}]}),
            // 3 deep with 4 values, 2 deep with 3: 3 × 4 × 2 × 3 = 72.
            json!({"a": {"b": {"c": [1, 2, 3, 4]}}, "d": {"e": [1, 2, 3]}}),
        ] {
            assert_eq!(policy(taken.clone()), Ok(()), "{taken}");
        }
        for (refused, words) in [
            (json!({"a": {"b": [{"wildcard": "x*"}]}}), "at a.b: a filter policy knows no wildcard"),
            (json!({"a": [{"anything-but": {"suffix": "x"}}]}), "knows no suffix inside anything-but"),
            (
                json!({"a": [{"prefix": {"equals-ignore-case": "x"}}]}),
                "knows no equals-ignore-case inside prefix",
            ),
            (json!({"a": [1], "b": [1], "c": [1], "d": [1], "e": [1], "f": [1]}), "5 keys at most"),
            (json!({"a": {"b": {"c": [1, 2, 3, 4, 5]}}, "d": {"e": [1, 2, 3, 4, 5, 6]}}), "180 combinations"),
        ] {
            let error = policy(refused.clone()).unwrap_err();
            assert!(error.contains(words), "{refused}: {error}");
        }
    }
}
