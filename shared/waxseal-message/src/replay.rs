//! The name of the replay that an envelope came with (S-40).

use serde_json::Value;

use crate::envelope::Envelope;

/// The metadata member that names the replay, as EventBridge's `replay-name` does around an
/// envelope.
const NAME: &str = "replayName";

impl<D> Envelope<D> {
    /// The name of the replay that delivered the envelope; `None` for a live one.
    #[must_use]
    pub fn replay(&self) -> Option<&str> {
        self.metadata.get(NAME).and_then(Value::as_str).filter(|name| is_name(name))
    }

    /// Sets the name of the replay and replaces any name in the envelope. Parsers of deliveries and
    /// tests call it.
    pub fn set_replay(&mut self, name: Option<String>) {
        match name {
            Some(name) => self.metadata.insert(NAME.to_owned(), name.into()),
            None => self.metadata.remove(NAME),
        };
    }
}

/// Source: EventBridge API reference, `StartReplay`, `ReplayName`.
fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
}

#[cfg(test)]
mod tests {
    use crate::Raw;

    #[test]
    fn s40_only_a_name_that_eventbridge_gives_is_a_replays_name() {
        let long = "r".repeat(64);
        for (name, is_replay) in [
            (&*long, true),
            ("after.the_outage-2", true),
            ("", false),
            ("a#b", false),
            ("größe", false),
            (&*format!("{long}r"), false),
        ] {
            let json = serde_json::json!({"eventId": "e1", "eventType": "order.placed", "eventVersion": 1, "source": "orders",
                "timestamp": "2026-11-21T09:30:00Z", "data": {}, "metadata": {"replayName": name}});
            let raw = Raw::parse(&json.to_string()).unwrap();
            assert_eq!(raw.replay(), is_replay.then_some(name));
        }
    }
}
