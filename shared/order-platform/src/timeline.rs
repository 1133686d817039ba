//! One order's way through its process, input by input: what each of them changed, and what was sent
//! and undone.

use std::{fmt::Write as _, time::Duration};

use waxseal::{
    Timestamp,
    handler::{AnyInstance, Call, CallState, LogEntry, Phase, Timer},
};

/// The width of the columns: time, input, step.
const TIME: usize = 12;
const INPUT: usize = 19;
const STEP: usize = 12;

/// The timeline of an instance, in 80 columns; times count from its first input.
#[must_use]
pub fn draw(instance: &AnyInstance) -> String {
    let start = instance.log.first().map_or(Timestamp::UNIX_EPOCH, |entry| entry.at);
    let mut text = String::new();
    for entry in &instance.log {
        let after = time(entry.at.saturating_duration_since(start));
        let step = entry.step.as_deref().unwrap_or_default();
        let head = format!("{after:>TIME$}  {:<INPUT$} {step:<STEP$} ", named(&entry.input));
        let changes = changes(instance, entry);
        let indent = head.chars().count();
        for (index, change) in changes.iter().enumerate() {
            let head = if index == 0 { head.as_str() } else { &*" ".repeat(indent) };
            let _ = writeln!(text, "{head}{change}");
        }
        if changes.is_empty() {
            let _ = writeln!(text, "{}", head.trim_end());
        }
    }
    text
}

/// Where an instance is at this time: its step, what it waits for, and until when.
#[must_use]
pub fn whereabouts(instance: &AnyInstance, now: Timestamp) -> String {
    let mut text = String::new();
    if let Some(state) = &instance.state {
        let since = time(now.saturating_duration_since(state.since));
        let step = state.step.as_str().unwrap_or_default();
        let _ = writeln!(text, "{step} for {since}");
    }
    for armed in &instance.timers {
        let left = time(armed.at.saturating_duration_since(now));
        let what = match &armed.timer {
            Timer::Step(wait) => format!("the answer about: {}", wait.as_str().unwrap_or_default()),
            Timer::Undo(id) => {
                let call = instance.calls.iter().find(|call| call.id == *id);
                format!("the answer to the undo of {}", call.map_or("a command", |call| &call.command))
            }
            _ => "a timer".to_owned(),
        };
        let _ = writeln!(text, "waits for {what}, for {left} more");
    }
    text
}

/// The name of an input, for people.
fn named(input: &str) -> &str {
    if input == "waxseal.made" { "(timer)" } else { input }
}

/// What an input changed, one thing a line.
fn changes(instance: &AnyInstance, entry: &LogEntry) -> Vec<String> {
    let mut changes = Vec::new();
    for call in &instance.calls {
        match &call.state {
            CallState::Undone { by, .. } if *by == entry.id => {
                changes.push(format!("✓ {} is undone", call.command));
            }
            CallState::Refused { by, .. } if *by == entry.id => {
                changes.push(format!("✗ {} was refused", call.command));
            }
            _ => {}
        }
    }
    changes.extend(sent_at(instance, entry).map(|call| format!("→ {}", call.command)));
    changes.extend(entry.notes.iter().cloned());
    if let Phase::Finished { outcome, at } = &instance.phase
        && *at == entry.at
        && !entry.notes.iter().any(|note| note.contains("had ended"))
    {
        changes.push(format!("■ {outcome}"));
    }
    changes
}

/// The commands that the input sent: those with its time, after those of the input before it.
fn sent_at<'a>(instance: &'a AnyInstance, entry: &'a LogEntry) -> impl Iterator<Item = &'a Call> {
    let is_first = instance.log.iter().find(|other| other.at == entry.at).is_some_and(|it| it.id == entry.id);
    instance.calls.iter().filter(move |call| is_first && call.sent == entry.at)
}

/// A duration for people: `190 ms`, `12.5 s`, `14 min`.
fn time(duration: Duration) -> String {
    match duration.as_millis() {
        millis @ 0..=9_999 => format!("{millis} ms"),
        millis @ 10_000..=119_999 => format!("{}.{} s", millis / 1000, millis % 1000 / 100),
        millis @ 120_000..=7_199_999 => format!("{} min", millis / 60_000),
        millis => format!("{} h", millis / 3_600_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_short() {
        for (millis, text) in
            [(0, "0 ms"), (9_999, "9999 ms"), (12_540, "12.5 s"), (840_000, "14 min"), (172_800_000, "48 h")]
        {
            assert_eq!(time(Duration::from_millis(millis)), text);
        }
    }
}
