//! Values as words, for the texts of tests.

use serde::Serialize;
use serde_json::Value;

/// The text of a step, a timer or data: that of a unit variant, else its JSON.
pub(crate) fn text<T: Serialize + ?Sized>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(text)) => text,
        Ok(value) => value.to_string(),
        Err(error) => format!("no JSON: {error}"),
    }
}
