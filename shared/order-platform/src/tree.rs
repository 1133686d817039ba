//! The events of one flow as a tree of causes.

use std::{collections::BTreeMap, fmt::Write as _, time::Duration};

use waxseal::{Raw, Timestamp};

/// All events of one flow.
#[derive(Debug, Clone)]
pub struct Story {
    events: Vec<Raw>,
}

impl Story {
    /// Every flow in these envelopes, by correlation id. An event that was published twice counts
    /// once.
    pub fn all<S: AsRef<str>>(published: impl IntoIterator<Item = S>) -> BTreeMap<String, Self> {
        let mut stories: BTreeMap<String, Self> = BTreeMap::new();
        for body in published {
            let Ok(event) = Raw::parse(body.as_ref()) else { continue };
            let story =
                stories.entry(event.correlation_id.clone()).or_insert_with(|| Self { events: Vec::new() });
            if !story.events.iter().any(|known| known.id == event.id) {
                story.events.push(event);
            }
        }
        stories
    }

    /// The names of its events.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.events.iter().map(|event| event.name.as_str())
    }

    /// The time from its first event to its last.
    #[must_use]
    pub fn span(&self) -> Duration {
        let times = || self.events.iter().map(|event| event.timestamp);
        let span =
            times().max().zip(times().min()).map(|(last, first)| last.saturating_duration_since(first));
        span.unwrap_or_default()
    }

    /// The tree as text, `root` above it; times count from the first event.
    #[must_use]
    pub fn draw(&self, root: &str) -> String {
        let start = self.events.iter().map(|event| event.timestamp).min().unwrap_or(Timestamp::UNIX_EPOCH);
        let mut text = format!("{root}\n");
        let known: Vec<&str> = self.events.iter().map(|event| event.id.as_str()).collect();
        let mut roots: Vec<&Raw> = self
            .events
            .iter()
            .filter(|event| event.causation_id.as_deref().is_none_or(|cause| !known.contains(&cause)))
            .collect();
        self.branch(&mut roots, "", start, &mut text);
        text
    }

    fn branch(&self, events: &mut [&Raw], indent: &str, start: Timestamp, text: &mut String) {
        events.sort_by_key(|event| (event.timestamp, event.id.as_str()));
        let last = events.len().saturating_sub(1);
        for (index, event) in events.iter().enumerate() {
            let (corner, bar) = if index == last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            let after = event.timestamp.saturating_duration_since(start).as_millis();
            let label = format!("{indent}{corner}{}", event.name);
            let width = label.chars().count();
            let pad = " ".repeat(44_usize.saturating_sub(width));
            let short = event.id.get(..8).unwrap_or(&event.id);
            let _ = writeln!(text, "{label}{pad} {:<10} {after:>7} ms  {short}", event.source);
            let caused = |other: &&Raw| other.causation_id.as_deref() == Some(event.id.as_str());
            let mut children: Vec<&Raw> = self.events.iter().filter(caused).collect();
            self.branch(&mut children, &format!("{indent}{bar}"), start, text);
        }
    }
}
