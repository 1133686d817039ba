//! An event of EventBridge.

use serde::Serialize;
use serde_json::value::RawValue;
use waxseal::Timestamp;
use waxseal_pattern::Known;

use super::arn::{ACCOUNT, REGION};
use crate::entry::Entry;

/// An event as EventBridge hands it to a target; `replay` names the replay that it comes with.
pub(crate) fn event_bridge(id: &str, time: Timestamp, entry: &Entry, replay: Option<&str>) -> String {
    #[derive(Serialize)]
    #[serde(rename_all = "kebab-case")]
    struct Event<'a> {
        version: &'a str,
        id: &'a str,
        detail_type: &'a str,
        source: &'a str,
        account: &'a str,
        time: Timestamp,
        region: &'a str,
        resources: [&'a str; 0],
        #[serde(skip_serializing_if = "Option::is_none")]
        replay_name: Option<&'a str>,
        detail: &'a RawValue,
    }
    let event = Event {
        version: "0",
        id,
        detail_type: &entry.detail_type,
        source: &entry.source,
        account: ACCOUNT,
        // EventBridge's own time has whole seconds.
        time: Timestamp::from_second(time.as_second()).unwrap_or(time),
        region: REGION,
        resources: [],
        replay_name: replay,
        detail: &entry.detail,
    };
    let mut text = Vec::with_capacity(entry.detail.get().len() + 320);
    // Texts and raw JSON alone cannot fail, and are UTF-8.
    let written = serde_json::to_writer(&mut text, &event).ok();
    written.and_then(|()| String::from_utf8(text).ok()).unwrap_or_default()
}

/// The field of an event at a path, where it is known without the event's text: most rules ask for
/// the source and the type alone.
pub(crate) fn field<'e>(entry: &'e Entry, path: &str) -> Known<'e> {
    match path {
        "source" => Known::text(&*entry.source),
        "detail-type" => Known::text(&*entry.detail_type),
        _ => Known::Unknown,
    }
}
