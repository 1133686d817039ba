//! The row of a process's instance: its state, its timers, its commands, and its last inputs.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use waxseal_message::Timestamp;

/// The number of inputs that an instance remembers.
pub const LONGEST_LOG: usize = 32;

/// One instance of a process, in its stored form.
///
/// `D` is the process's data, `S` its step, `T` its timer. Tools read it with
/// [`Value`] for each: [`AnyInstance`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Instance<D, S, T> {
    /// The version of data, step and timers: [`Process::VERSION`](crate::Process::VERSION).
    pub version: u16,
    /// The version with which the instance began.
    pub began_version: u16,
    /// The correlation id of its flow (S-44).
    pub correlation_id: String,
    /// Where it is; `None` where its inputs came, and none of them began it.
    pub state: Option<State<D, S>>,
    /// Whether it runs, compensates, or has ended.
    pub phase: Phase,
    /// The timers that are armed, in the order of their arming.
    pub timers: Vec<Armed<T>>,
    /// The number of timers that were armed so far.
    pub armed: u64,
    /// The commands that it has sent, in order.
    pub calls: Vec<Call>,
    /// The last inputs, the newest last.
    pub log: Vec<Entry>,
    /// The number of inputs that the log no longer has.
    pub forgotten: u64,
}

/// An instance of any process.
pub type AnyInstance = Instance<Value, Value, Value>;

/// The state of an instance that has begun.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct State<D, S> {
    /// The process's data.
    pub data: D,
    /// Its step.
    pub step: S,
    /// The time since which it is in this step.
    pub since: Timestamp,
}

/// Whether an instance runs, compensates, or has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Phase {
    /// No input has begun it.
    Unknown,
    /// Its steps run.
    Running,
    /// Its commands are undone, the last first.
    Compensating {
        /// The reason that the process gave.
        reason: String,
    },
    /// A command was not undone within its tries. A person resumes the compensation, or skips the
    /// command.
    CompensationFailed {
        /// The reason for the compensation.
        reason: String,
        /// The id of the command that was not undone.
        call: String,
    },
    /// It has ended. A later input is recorded, and changes nothing.
    Finished {
        /// The outcome that the process gave.
        outcome: String,
        /// The time of its end.
        at: Timestamp,
    },
}

/// An armed timer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Armed<T> {
    /// The timer.
    pub timer: Timer<T>,
    /// The time at which it is due.
    pub at: Timestamp,
    /// The number of its arming in the instance. It is part of the timeout's id.
    pub arming: u64,
    /// The id of the message whose step armed it.
    pub by: String,
}

/// A timer of the process, or of its compensation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Timer<T> {
    /// A timer that the process armed.
    Step(T),
    /// The deadline of the undo of a command, by the command's id.
    Undo(String),
}

/// A command that an instance has sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Call {
    /// The command's name.
    pub command: String,
    /// The id of its envelope.
    pub id: String,
    /// The time at which it was sent.
    pub sent: Timestamp,
    /// The id of the message whose step sent it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by: String,
    /// The command that undoes it; `None` where it names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<Undo>,
    /// What has become of it.
    pub state: CallState,
}

/// The command that undoes another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Undo {
    /// Its name.
    pub command: String,
    /// Its payload, as JSON.
    pub payload: String,
}

/// What has become of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum CallState {
    /// It was sent; no reply is known.
    Sent,
    /// A message that it caused has come, or the process has said so.
    Acknowledged {
        /// The id of that message.
        by: String,
        /// The time at which it came.
        at: Timestamp,
    },
    /// The recipient refused it, so nothing is to be undone.
    Refused {
        /// The id of the message that said so.
        by: String,
        /// The time at which it came.
        at: Timestamp,
    },
    /// Its undo was sent.
    Undoing {
        /// Whether it was acknowledged before.
        acknowledged: bool,
        /// The ids of the undos so far. An answer to any of them counts.
        ids: Vec<String>,
        /// The number of tries since the compensation began, or was resumed.
        tries: u32,
        /// The time of the first try.
        since: Timestamp,
    },
    /// It is undone.
    Undone {
        /// The id of the message that said so.
        by: String,
        /// The time at which it came.
        at: Timestamp,
    },
    /// A person has decided that it stays as it is.
    Skipped {
        /// The time of the decision.
        at: Timestamp,
    },
}

impl Call {
    /// Whether compensation has still to undo it.
    #[must_use]
    pub fn is_to_undo(&self) -> bool {
        self.undo.is_some() && matches!(self.state, CallState::Sent | CallState::Acknowledged { .. })
    }

    /// Whether its undo is under way.
    #[must_use]
    pub fn is_undoing(&self) -> bool {
        matches!(self.state, CallState::Undoing { .. })
    }
}

/// An input of an instance, and what it changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Entry {
    /// The time at which it took effect.
    pub at: Timestamp,
    /// The input's name: that of a message, or `timeout <timer>`, `timeout undo <command>`, or
    /// `decision <decision>`.
    pub input: String,
    /// The id of its envelope.
    pub id: String,
    /// The step after it, where it changed the step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// What it did otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl<D, S, T> Instance<D, S, T> {
    /// The instance before its first input.
    pub(crate) fn unknown(version: u16, correlation_id: String) -> Self {
        Self {
            version,
            began_version: version,
            correlation_id,
            state: None,
            phase: Phase::Unknown,
            timers: Vec::new(),
            armed: 0,
            calls: Vec::new(),
            log: Vec::new(),
            forgotten: 0,
        }
    }

    /// The time at which its first timer is due.
    #[must_use]
    pub fn wakes_at(&self) -> Option<Timestamp> {
        self.timers.iter().map(|armed| armed.at).min()
    }

    /// The timer that is due first, where one is due at `now`.
    pub(crate) fn due(&self, now: Timestamp) -> Option<&Armed<T>> {
        self.timers.iter().filter(|armed| armed.at <= now).min_by_key(|armed| (armed.at, armed.arming))
    }

    /// Whether it has ended, or never began.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Unknown | Phase::Finished { .. })
    }

    /// The command whose undo failed, where the compensation has failed.
    #[must_use]
    pub fn failed_call(&self) -> Option<&Call> {
        let Phase::CompensationFailed { call, .. } = &self.phase else { return None };
        self.calls.iter().find(|open| open.id == *call)
    }

    /// The age at `now` of a timer that should have fired.
    #[must_use]
    pub fn is_late_by(&self, now: Timestamp) -> Duration {
        self.wakes_at().map_or(Duration::ZERO, |due| now.saturating_duration_since(due))
    }

    pub(crate) fn log(&mut self, entry: Entry) {
        if self.log.len() >= LONGEST_LOG {
            self.log.remove(0);
            self.forgotten += 1;
        }
        self.log.push(entry);
    }
}

/// The text of a step or a timer: that of a unit variant, else its JSON.
pub(crate) fn text<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(text)) => text,
        Ok(value) => value.to_string(),
        Err(_) => String::new(),
    }
}
