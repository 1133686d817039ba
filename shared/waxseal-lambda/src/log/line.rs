//! A line of bounded length, whatever an event or an error holds.

use std::{borrow::Cow, fmt, io::Write as _};

use serde_json::{Map, Value, json};
use tracing::{Event, Subscriber};
use tracing_subscriber::{
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    registry::LookupSpan,
};
use waxseal::{Timestamp, clip};

/// Bytes of a line without its line break. It is a small part of the log service's limit for one event (256 KiB), so that some hundred lines
/// of one invocation stay readable.
pub(super) const LONGEST: usize = 16 * 1024;

/// A formatter whose lines are bounded.
pub(super) struct Bounded<F> {
    format: F,
    bound: fn(&str) -> Cow<'_, str>,
}

impl<F> Bounded<F> {
    pub(super) fn json(format: F) -> Self {
        Self { format, bound: object }
    }

    pub(super) fn text(format: F) -> Self {
        Self { format, bound: text }
    }
}

impl<S, N, F> FormatEvent<S, N> for Bounded<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'writer> FormatFields<'writer> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = String::with_capacity(512);
        // A value that cannot be formatted costs its line, and not the knowledge that there was one.
        if self.format.format_event(context, Writer::new(&mut line), event).is_err() {
            let metadata = event.metadata();
            let target = metadata.target();
            line = plain_line(metadata.level().as_str(), target, "an event that cannot be formatted", &[]);
        }
        writeln!(writer, "{}", (self.bound)(line.trim_end()))
    }
}

/// Writes an error line to standard error. It comes out whether or not the log is set up.
pub(crate) fn print_error(message: &str, fields: &[(&str, &str)]) {
    let line = plain_line("ERROR", env!("CARGO_CRATE_NAME"), message, fields);
    // In one write, so that lines of other threads do not get between. Without a standard error there is nobody to tell.
    let _ = std::io::stderr().write_all(format!("{}\n", object(&line)).as_bytes());
}

fn plain_line(level: &str, target: &str, message: &str, fields: &[(&str, &str)]) -> String {
    let mut members = json!({
        "timestamp": Timestamp::from(std::time::SystemTime::now()).to_string(),
        "level": level,
        "message": message,
        "target": target,
    });
    for (name, text) in fields {
        members[*name] = json!(text);
    }
    members.to_string()
}

/// A JSON line within the bound: its texts are clipped, the longest first, until it fits.
fn object(line: &str) -> Cow<'_, str> {
    if line.len() <= LONGEST {
        return Cow::Borrowed(line);
    }
    let members: Map<String, Value> = serde_json::from_str(line).unwrap_or_default();
    let mut most = LONGEST / 2;
    while most >= 64 {
        let clipped: Map<String, Value> =
            members.iter().map(|(name, value)| (name.clone(), shortened(value, most))).collect();
        let clipped = Value::Object(clipped).to_string();
        if clipped.len() <= LONGEST {
            return Cow::Owned(clipped);
        }
        most /= 2;
    }
    let usual = ["timestamp", "level", "message", "target"];
    let usual: Map<String, Value> = usual
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), shortened(members.get(*name)?, 64))))
        .chain([("cut".to_owned(), json!(line.len()))])
        .collect();
    Cow::Owned(Value::Object(usual).to_string())
}

fn shortened(value: &Value, most: usize) -> Value {
    match value {
        Value::String(text) => Value::String(clip(text, most).into_owned()),
        Value::Array(values) => values.iter().map(|value| shortened(value, most)).collect(),
        Value::Object(members) => Value::Object(
            members.iter().map(|(name, value)| (name.clone(), shortened(value, most))).collect(),
        ),
        other => other.clone(),
    }
}

/// A line of text within the bound, and one line.
fn text(line: &str) -> Cow<'_, str> {
    let line = clip(line, LONGEST);
    match line.contains(char::is_control) {
        true => Cow::Owned(line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()),
        false => line,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn s27_a_line_is_one_object_of_bounded_length(
            texts in proptest::collection::btree_map("[a-z]{1,8}", "(?s).{0,64}", 0..12),
            repeated in 0..2000_usize,
        ) {
            let members: Map<String, Value> =
                texts.iter().map(|(name, text)| (name.clone(), json!({ "inner": text.repeat(repeated) }))).collect();
            let line = Value::Object(members).to_string();
            let bounded = object(&line);
            prop_assert!(bounded.len() <= LONGEST);
            let read: Map<String, Value> = serde_json::from_str(&bounded).unwrap();
            if line.len() <= LONGEST {
                prop_assert_eq!(&*bounded, &*line);
            } else {
                prop_assert!(bounded.contains(" bytes more]") || read.contains_key("cut"));
            }
        }
    }

    #[test]
    fn s27_numbers_and_escapes_do_not_break_the_bound() {
        let many: Map<String, Value> = (0..5000).map(|n| (format!("member{n}"), json!(n))).collect();
        let line = Value::Object(many).to_string();
        assert_eq!(object(&line), format!("{{\"cut\":{}}}", line.len()));
        let escapes = plain_line("ERROR", "t", "m", &[("reason", &"\u{1}".repeat(900_000))]);
        let bounded = object(&escapes);
        assert!(bounded.len() <= LONGEST && bounded.contains("bytes more]"), "{bounded}");
        assert_eq!(text("a\nb\u{1b}[31mc"), "a b [31mc");
        assert!(text(&"ü\n".repeat(100_000)).len() <= LONGEST);
    }
}
