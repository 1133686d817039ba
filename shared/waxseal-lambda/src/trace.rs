//! Trace context, from X-Ray's header to W3C's `traceparent` (S-44).

use waxseal::{Raw, batch::Content};

/// Puts the delivery's trace into an envelope that has none (S-44).
pub(crate) fn continued(mut content: Content, xray: Option<&str>) -> Content {
    if let Content::Message(raw) = &mut content {
        add_trace(raw, xray);
    }
    content
}

/// Puts the producer's `traceparent` into an envelope that has none, where it is one.
pub(crate) fn of_parent(content: Content, parent: Option<&str>) -> Content {
    match (content, parent.filter(|parent| is_traceparent(parent))) {
        (Content::Message(mut raw), Some(parent)) => {
            raw.metadata.entry("traceparent".to_owned()).or_insert_with(|| parent.into());
            Content::Message(raw)
        }
        (content, _) => content,
    }
}

/// Source: W3C Trace Context, "traceparent header", version 00.
fn is_traceparent(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let is_id = |id: &str, digits| is_hex(id, digits) && id.bytes().any(|digit| digit != b'0');
    matches!(parts[..], ["00", trace, parent, flags] if is_id(trace, 32) && is_id(parent, 16) && is_hex(flags, 2))
}

fn add_trace(raw: &mut Raw, xray: Option<&str>) {
    if !raw.metadata.contains_key("traceparent")
        && let Some(traceparent) = xray.and_then(traceparent)
    {
        raw.metadata.insert("traceparent".to_owned(), traceparent.into());
    }
}

/// `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1` as a `traceparent`, or `None` where
/// it names no parent or is malformed: a trace that cannot be continued is no reason to refuse an event.
///
/// Source: AWS X-Ray developer guide, "Tracing header"; W3C Trace Context, "traceparent header".
fn traceparent(xray: &str) -> Option<String> {
    let (mut root, mut parent, mut sampled) = (None, None, false);
    for part in xray.split(';') {
        match part.trim().split_once('=') {
            Some(("Root", value)) => root = Some(value),
            Some(("Parent", value)) => parent = Some(value),
            Some(("Sampled", value)) => sampled = value == "1",
            // `Self`, `Lineage` and what may come.
            Some(_) | None => {}
        }
    }
    let (time, unique) = root?.strip_prefix("1-")?.split_once('-')?;
    let parent = parent?;
    if !(is_hex(time, 8) && is_hex(unique, 24) && is_hex(parent, 16)) {
        return None;
    }
    let trace = format!("{time}{unique}").to_ascii_lowercase();
    let parent = parent.to_ascii_lowercase();
    // All zeros is W3C's "invalid".
    if [&trace, &parent].iter().any(|id| id.bytes().all(|digit| digit == b'0')) {
        return None;
    }
    Some(format!("00-{trace}-{parent}-0{}", u8::from(sampled)))
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s44_an_xray_header_becomes_a_traceparent() {
        for (xray, w3c) in [
            (
                "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
                Some("00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01"),
            ),
            (
                "Sampled=0;Parent=53995C3F42CD8AD8;Root=1-5759E988-BD862E3FE1BE46A994272793;Lineage=1:a:0",
                Some("00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-00"),
            ),
            ("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1", None),
            ("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=0000000000000000;Sampled=1", None),
            ("Root=1-5759e988-éd862e3fe1be46a99427279;Parent=53995c3f42cd8ad8", None),
            ("", None),
        ] {
            assert_eq!(traceparent(xray).as_deref(), w3c, "{xray}");
        }
    }
}
