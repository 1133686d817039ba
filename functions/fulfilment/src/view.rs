//! Where an order is, for people and programs. It holds nothing about the customer.

use serde::Serialize;
use waxseal::{
    Timestamp,
    handler::{AnyInstance, Call, CallState, LogEntry, Phase, Timer},
};

/// Where an order is.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Whereabouts<'a> {
    order_id: &'a str,
    /// The step, and the time since which it is in it; absent where nothing has begun the order.
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Timestamp>,
    phase: &'a Phase,
    waits: Vec<Waits<'a>>,
    commands: Vec<Sent<'a>>,
    /// The last inputs, and the number of those before them.
    inputs: &'a [LogEntry],
    forgotten: u64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Waits<'a> {
    r#for: String,
    until: Timestamp,
    /// The id of the message whose step began the wait.
    because_of: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Sent<'a> {
    command: &'a str,
    id: &'a str,
    at: Timestamp,
    /// The command that undoes it; absent where none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    undone_by: Option<&'a str>,
    #[serde(flatten)]
    state: &'a CallState,
}

impl<'a> Whereabouts<'a> {
    pub(crate) fn of(order_id: &'a str, instance: &'a AnyInstance) -> Self {
        let state = instance.state.as_ref();
        Self {
            order_id,
            step: state.map(|state| text(&state.step)),
            since: state.map(|state| state.since),
            phase: &instance.phase,
            waits: instance
                .timers
                .iter()
                .map(|armed| Waits {
                    r#for: match &armed.timer {
                        Timer::Step(wait) => text(wait),
                        Timer::Undo(id) => undo_of(&instance.calls, id),
                        _ => String::new(),
                    },
                    until: armed.at,
                    because_of: &armed.by,
                })
                .collect(),
            commands: instance
                .calls
                .iter()
                .map(|call| Sent {
                    command: &call.command,
                    id: &call.id,
                    at: call.sent,
                    undone_by: call.undo.as_ref().map(|undo| &*undo.command),
                    state: &call.state,
                })
                .collect(),
            inputs: &instance.log,
            forgotten: instance.forgotten,
        }
    }
}

fn text(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The name of the command that undoes the command with this id.
fn undo_of(calls: &[Call], id: &str) -> String {
    let undo = calls.iter().find(|call| call.id == id).and_then(|call| call.undo.as_ref());
    undo.map(|undo| undo.command.clone()).unwrap_or_default()
}
