//! What an instance waits for, and until when.

use serde_json::{Value, json};
use waxseal::{
    Timestamp,
    handler::{AnyInstance, Call, CallState, Phase, Timer},
};

use crate::processes::cause::Cause;

/// One thing that an instance waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wait {
    pub(crate) what: String,
    /// The time at which it waits no longer.
    pub(crate) until: Option<Timestamp>,
    /// The input that made it wait.
    pub(crate) cause: Option<Cause>,
}

impl Wait {
    pub(crate) fn json(&self) -> Value {
        json!({ "for": self.what, "until": self.until, "cause": self.cause.as_ref().map(Cause::json) })
    }
}

/// What an instance waits for. One that has ended, or has not begun, waits for nothing.
pub(crate) fn waits(instance: &AnyInstance) -> Vec<Wait> {
    if instance.is_over() {
        return Vec::new();
    }
    let mut all = Vec::new();
    if let Phase::CompensationFailed { call, .. } = &instance.phase {
        let failed = instance.calls.iter().find(|open| open.id == *call);
        let command = failed.map_or(&**call, |call| &call.command);
        let what = format!("a person: the undo of {command} has no answer");
        all.push(Wait { what, until: None, cause: None });
    }
    for armed in &instance.timers {
        if let Timer::Step(timer) = &armed.timer {
            let what = format!("the timer {}", text(timer));
            all.push(Wait { what, until: Some(armed.at), cause: Some(Cause::of(instance, &armed.by)) });
        }
    }
    all.extend(instance.calls.iter().filter_map(|call| answer(instance, call)));
    if all.is_empty() {
        all.push(Wait { what: "an input, without a deadline".to_owned(), until: None, cause: None });
    }
    all
}

/// The answer that a command, or its undo, has not got yet.
fn answer(instance: &AnyInstance, call: &Call) -> Option<Wait> {
    match &call.state {
        CallState::Sent => {
            let what = format!("an answer to {}", call.command);
            Some(Wait { what, until: None, cause: Some(Cause::of(instance, &call.by)) })
        }
        CallState::Undoing { .. } => {
            let is_its = |timer: &Timer<Value>| matches!(timer, Timer::Undo(id) if *id == call.id);
            // A compensation that has failed waits for a person instead.
            let deadline = instance.timers.iter().find(|armed| is_its(&armed.timer))?;
            let undo = call.undo.as_ref().map_or("its undo", |undo| &undo.command);
            let what = format!("an answer to {undo}, which undoes {}", call.command);
            let cause = Some(Cause::of(instance, &deadline.by));
            Some(Wait { what, until: Some(deadline.at), cause })
        }
        _ => None,
    }
}

/// The text of a step or a timer: that of a unit variant, else its JSON.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
