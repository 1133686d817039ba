//! The filter and the batch of a relay's mapping.

/// The filter on the table's stream, as JSON text: only new receipts that emitted something wake
/// the relay (O-5). `exists` works on leaves alone.
pub const RELAY_FILTER: &str =
    r#"{"eventName":["INSERT","MODIFY"],"dynamodb":{"NewImage":{"emitted":{"S":[{"exists":true}]}}}}"#;

/// Records of one invocation of the relay at the most: the mapping's own default.
pub const RELAY_BATCH: u32 = 100;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use waxseal::table::attribute::EMITTED;

    use super::*;

    #[test]
    fn o5_the_filter_looks_at_the_attribute_that_receipts_have() {
        let filter: Value = serde_json::from_str(RELAY_FILTER).expect("JSON");
        assert_eq!(filter["dynamodb"]["NewImage"][EMITTED]["S"], json!([{ "exists": true }]));
    }
}
