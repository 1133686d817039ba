//! What makes two instances one state, and the words for a state.

use std::{borrow::Cow, fmt::Write as _, time::Duration};

use serde_json::Value;
use waxseal::{
    Timestamp,
    handler::{AnyInstance, Armed, Call, CallState, Phase, Timer},
};

use crate::shown::text;

/// The time of every input of an exploration. A timer's time less this one is its duration.
pub(super) const NOW: Timestamp = Timestamp::UNIX_EPOCH;

/// The duration of an armed timer.
pub(super) fn duration(armed: &Armed<Value>) -> Duration {
    armed.at.saturating_duration_since(NOW)
}

/// The identity of the state that the instance is in: ids, times and counters are left out.
pub(super) fn identity(instance: &AnyInstance) -> String {
    let mut text = place(instance);
    // A write to a text cannot fail.
    if let Phase::Compensating { reason } | Phase::CompensationFailed { reason, .. } = &instance.phase {
        let _ = write!(text, "{PART}{reason}");
    }
    if let Some(state) = &instance.state {
        let mut data = Cow::Borrowed(&state.data);
        if names_an_id(&data, instance) {
            replace(data.to_mut(), instance);
        }
        let _ = write!(text, "{PART}{}{PART}{data}", step(instance));
    }
    let mut groups: Vec<&str> = Vec::new();
    for armed in &instance.timers {
        // Timers of one step keep their order for ever, so it counts which ones these are.
        let group = groups.iter().position(|by| *by == armed.by).unwrap_or_else(|| {
            groups.push(&armed.by);
            groups.len() - 1
        });
        let _ = write!(text, "{PART}{} {:?} {group}", timer(instance, armed), duration(armed));
    }
    for (n, call) in instance.calls.iter().enumerate() {
        // A command that was sent again and again in the same way counts once.
        if !instance.calls[n + 1..].iter().any(|later| form_of(later) == form_of(call)) {
            let _ = write!(text, "{PART}{:?}", form_of(call));
        }
    }
    text
}

/// What of a command counts.
fn form_of(call: &Call) -> (&str, bool, &'static str) {
    (&call.command, call.undo.is_some(), state_of(call))
}

/// Divides the parts of an identity. JSON has it in no text.
const PART: char = '\u{1f}';

/// What the id belongs to, where it is that of a command or an input of the instance.
fn owner_of<'i>(id: &str, instance: &'i AnyInstance) -> Option<&'i str> {
    let call = instance.calls.iter().find(|call| call.id == id).map(|call| call.command.as_str());
    call.or_else(|| instance.log.iter().find(|entry| entry.id == id).map(|entry| entry.input.as_str()))
}

fn names_an_id(value: &Value, instance: &AnyInstance) -> bool {
    match value {
        Value::String(text) => owner_of(text, instance).is_some(),
        Value::Array(values) => values.iter().any(|value| names_an_id(value, instance)),
        Value::Object(members) => members.values().any(|value| names_an_id(value, instance)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Replaces the ids by names that do not depend on the path.
fn replace(value: &mut Value, instance: &AnyInstance) {
    match value {
        Value::String(text) => {
            if let Some(owner) = owner_of(text, instance) {
                *text = format!("the id of {owner}");
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| replace(value, instance)),
        Value::Object(members) => members.values_mut().for_each(|value| replace(value, instance)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What has become of a command, in a word or two.
pub(super) fn state_of(call: &Call) -> &'static str {
    match &call.state {
        CallState::Sent => "sent",
        CallState::Acknowledged { .. } => "acknowledged",
        CallState::Refused { .. } => "refused",
        CallState::Undoing { acknowledged: true, .. } => "acknowledged, undo sent",
        CallState::Undoing { .. } => "undo sent",
        CallState::Undone { .. } => "undone",
        CallState::Skipped { .. } => "skipped",
        _ => "unknown",
    }
}

/// The name of a timer.
pub(super) fn timer(instance: &AnyInstance, armed: &Armed<Value>) -> String {
    match &armed.timer {
        Timer::Step(timer) => text(timer),
        Timer::Undo(id) => format!("the undo of {}", command(instance, id)),
        _ => String::new(),
    }
}

/// The name of the command with this id.
pub(super) fn command<'i>(instance: &'i AnyInstance, id: &str) -> &'i str {
    instance.calls.iter().find(|call| call.id == id).map_or("", |call| &call.command)
}

/// The step of an instance.
pub(super) fn step(instance: &AnyInstance) -> String {
    instance.state.as_ref().map(|state| text(&state.step)).unwrap_or_default()
}

/// The place of an instance in the drawing: its step, the command that is undone, or its outcome.
pub(super) fn place(instance: &AnyInstance) -> String {
    match &instance.phase {
        Phase::Running => step(instance),
        Phase::Compensating { .. } => {
            let undoing = instance.calls.iter().find(|call| call.is_undoing());
            undoing.map_or_else(|| "compensating".to_owned(), |call| format!("undoing {}", call.command))
        }
        Phase::CompensationFailed { call, .. } => format!("not undone {}", command(instance, call)),
        Phase::Finished { outcome, .. } => format!("finished ({outcome})"),
        _ => "not begun".to_owned(),
    }
}

/// A state in full: the place, the data, the timers and the commands.
pub(super) fn described(instance: &AnyInstance) -> String {
    let mut text = place(instance);
    if let Some(state) = &instance.state {
        text.push_str(&format!(" {}", state.data));
    }
    if !instance.timers.is_empty() {
        let timers: Vec<String> = instance.timers.iter().map(|armed| timer(instance, armed)).collect();
        text.push_str(&format!("; timers: {}", timers.join(", ")));
    }
    if !instance.calls.is_empty() {
        let call = |call: &Call| format!("{} {}", call.command, state_of(call));
        let calls: Vec<String> = instance.calls.iter().map(call).collect();
        text.push_str(&format!("; commands: {}", calls.join(", ")));
    }
    text
}

/// Whether the step of the instance takes inputs.
pub(super) fn is_running(instance: &AnyInstance) -> bool {
    matches!(instance.phase, Phase::Running)
}

/// Whether the instance has ended.
pub(super) fn is_finished(instance: &AnyInstance) -> bool {
    matches!(instance.phase, Phase::Finished { .. })
}
