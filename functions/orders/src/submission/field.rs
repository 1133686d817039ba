//! A hand-written reader of JSON. Each of its refusals names the field and the expected form.
//!
//! A derive would stop at the first type that does not fit, with a line and a column, and quote the
//! value.

use std::str::FromStr;

use serde_json::{Map, Value};

/// The reason why a submission was refused: the field and its expected form. The value is not
/// quoted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{}{problem}", pointer, if pointer.is_empty() { "it " } else { " " })]
pub struct Invalid {
    /// The field as a JSON pointer (RFC 6901); empty for the whole.
    pub pointer: String,
    /// The problem with it.
    pub problem: String,
}

impl Invalid {
    pub(super) fn new(pointer: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), problem: problem.into() }
    }
}

/// A place in a JSON value, which may be empty.
#[derive(Debug, Clone)]
pub(super) struct At<'a> {
    pointer: String,
    value: Option<&'a Value>,
}

impl<'a> At<'a> {
    pub(super) fn root(value: &'a Value) -> Self {
        Self::named("", value)
    }

    pub(super) fn named(pointer: &str, value: &'a Value) -> Self {
        Self { pointer: pointer.to_owned(), value: Some(value) }
    }

    /// The same place with another value.
    pub(super) fn with<'b>(&self, value: &'b Value) -> At<'b> {
        At { pointer: self.pointer.clone(), value: Some(value) }
    }

    pub(super) fn field(&self, name: &str) -> Self {
        let value = self.value.and_then(|value| value.get(name)).filter(|value| !value.is_null());
        Self { pointer: format!("{}/{name}", self.pointer), value }
    }

    pub(super) fn is_missing(&self) -> bool {
        self.value.is_none()
    }

    pub(super) fn invalid(&self, problem: impl Into<String>) -> Invalid {
        Invalid::new(&self.pointer, problem)
    }

    fn value(&self, expected: &str) -> Result<&'a Value, Invalid> {
        self.value.ok_or_else(|| self.invalid(format!("is missing: it must be {expected}")))
    }

    pub(super) fn object(&self) -> Result<&'a Map<String, Value>, Invalid> {
        let expected = "an object";
        self.value(expected)?.as_object().ok_or_else(|| self.invalid(format!("must be {expected}")))
    }

    pub(super) fn items(
        &self,
        least: usize,
        most: usize,
    ) -> Result<impl Iterator<Item = Self> + use<'a>, Invalid> {
        let expected = format!("a list of {least} to {most}");
        let items = self.value(&expected)?.as_array().filter(|items| (least..=most).contains(&items.len()));
        let items = items.ok_or_else(|| self.invalid(format!("must be {expected}")))?;
        let pointer = self.pointer.clone();
        Ok(items
            .iter()
            .enumerate()
            .map(move |(index, item)| Self { pointer: format!("{pointer}/{index}"), value: Some(item) }))
    }

    /// A whole number in any spelling.
    pub(super) fn whole(&self, least: u64, most: u64) -> Result<u64, Invalid> {
        let expected = match most {
            u64::MAX => "a whole number".to_owned(),
            most => format!("a whole number from {least} to {most}"),
        };
        let mut value = self.value(&expected)?.clone();
        canonical(&mut value);
        let number = value.as_u64().filter(|number| (least..=most).contains(number));
        number.ok_or_else(|| self.invalid(format!("must be {expected}")))
    }

    fn text(&self, expected: &str) -> Result<&'a str, Invalid> {
        self.value(expected)?.as_str().ok_or_else(|| self.invalid(format!("must be {expected}")))
    }

    /// A non-empty text without control characters, of at most `longest` bytes.
    pub(super) fn id(&self, longest: usize) -> Result<String, Invalid> {
        let text = self.text("a text")?;
        if text.trim().is_empty() {
            return Err(self.invalid("is empty"));
        }
        if text.len() > longest {
            return Err(self.invalid(format!("has {} bytes: {longest} at most", text.len())));
        }
        if text.chars().any(char::is_control) {
            return Err(self.invalid("holds a control character"));
        }
        Ok(text.to_owned())
    }

    /// As [`At::id`], for an id that is used as a segment of a path.
    pub(super) fn path_id(&self, longest: usize) -> Result<String, Invalid> {
        let id = self.id(longest)?;
        // RFC 3986, 5.2.4: clients and proxies resolve these segments, escaped or not, before a
        // request is sent.
        match &*id {
            "." | ".." => Err(self.invalid("is a dot segment, which no path can name: choose another id")),
            _ => Ok(id),
        }
    }

    /// A text with a form of its own.
    pub(super) fn parse<T>(&self) -> Result<T, Invalid>
    where
        T: FromStr,
        T::Err: std::fmt::Display,
    {
        self.text("a text")?.parse().map_err(|error: T::Err| self.invalid(error.to_string()))
    }
}

/// 2^53: below it every whole number has a float of its own.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Spells every whole number in `value` without fraction and exponent.
pub(super) fn canonical(value: &mut Value) {
    match value {
        Value::Number(number) => {
            if let Some(float) = number.as_f64().filter(|_| number.is_f64())
                && float.fract() == 0.0
                && float.abs() < EXACT
            {
                *value = Value::from(float as i64);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(canonical),
        Value::Object(members) => members.values_mut().for_each(canonical),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}
