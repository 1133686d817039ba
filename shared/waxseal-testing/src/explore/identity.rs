//! What makes two instances one state, and the words for a state.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};
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
    let names = names(instance);
    let mut groups: Vec<&str> = Vec::new();
    let timers: Vec<Value> = instance
        .timers
        .iter()
        .map(|armed| {
            // Timers of one step keep their order for ever, so it counts which ones these are.
            let group = groups.iter().position(|by| *by == armed.by).unwrap_or_else(|| {
                groups.push(&armed.by);
                groups.len() - 1
            });
            json!([timer(instance, armed), duration(armed), group])
        })
        .collect();
    let mut data = instance.state.as_ref().map_or(Value::Null, |state| state.data.clone());
    replace(&mut data, &names);
    // A command that was sent again and again in the same way counts once.
    let mut calls: Vec<Value> = Vec::new();
    for call in &instance.calls {
        let call = json!([call.command, call.undo.is_some(), state_of(call)]);
        calls.retain(|other| *other != call);
        calls.push(call);
    }
    json!([place(instance), phase(&instance.phase), data, timers, calls]).to_string()
}

/// The ids that the instance knows, each with a name that does not depend on the path.
fn names(instance: &AnyInstance) -> BTreeMap<&str, String> {
    let mut names = BTreeMap::new();
    for call in &instance.calls {
        names.insert(call.id.as_str(), format!("the id of {}", call.command));
    }
    for entry in &instance.log {
        names.insert(entry.id.as_str(), format!("the id of {}", entry.input));
    }
    names
}

fn replace(value: &mut Value, names: &BTreeMap<&str, String>) {
    match value {
        Value::String(text) => {
            if let Some(name) = names.get(text.as_str()) {
                text.clone_from(name);
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| replace(value, names)),
        Value::Object(members) => members.values_mut().for_each(|value| replace(value, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn phase(phase: &Phase) -> Value {
    match phase {
        Phase::Compensating { reason } => json!(["compensating", reason]),
        Phase::CompensationFailed { reason, .. } => json!(["failed", reason]),
        Phase::Finished { outcome, .. } => json!(["finished", outcome]),
        Phase::Running => json!("running"),
        _ => json!("unknown"),
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
