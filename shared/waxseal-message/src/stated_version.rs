//! The version that the payload of a foreign event states.

use serde_json::value::RawValue;

use crate::{pointer::pointer, text::Quoted};

/// The version at the JSON pointer `at`, or 1 where there is none.
///
/// # Errors
/// The reason why it is no version, and the text that is there.
pub(crate) fn read(at: &str, data: &RawValue) -> Result<u16, (String, Quoted)> {
    let Some(found) = pointer(data.get(), at).filter(|found| found.get() != "null") else { return Ok(1) };
    let text: String = serde_json::from_str(found.get()).unwrap_or_else(|_| found.get().to_owned());
    let whole = text.split_once('.').map_or(&*text, |(whole, _)| whole);
    let version = whole.parse().ok().filter(|version| *version > 0);
    version.ok_or_else(|| {
        (format!("its version at {at} is no whole number from 1 to 65535"), Quoted::new(&text))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s50_a_version_is_a_whole_number_or_the_whole_part_of_a_text() {
        let read = |json: &str| {
            read("/v", &RawValue::from_string(json.to_owned()).unwrap()).map_err(|(reason, _)| reason)
        };
        for (json, version) in [
            (r#"{}"#, 1),
            (r#"{"v":null}"#, 1),
            (r#"{"v":7}"#, 7),
            (r#"{"v":2.1}"#, 2),
            (r#"{"v":"1.08"}"#, 1),
            (r#"{"v":"65535"}"#, 65535),
        ] {
            assert_eq!(read(json), Ok(version), "{json}");
        }
        for json in
            [r#"{"v":0}"#, r#"{"v":-1}"#, r#"{"v":65536}"#, r#"{"v":"v2"}"#, r#"{"v":{}}"#, r#"{"v":""}"#]
        {
            assert!(read(json).is_err(), "{json}");
        }
    }
}
