//! An entry of `PutEvents`.

use serde_json::value::RawValue;

/// One entry of `PutEvents`.
#[derive(Debug, Clone)]
pub struct Entry {
    /// `Source`.
    pub source: String,
    /// `DetailType`.
    pub detail_type: String,
    /// `Detail`: a JSON object.
    pub detail: Box<RawValue>,
}
