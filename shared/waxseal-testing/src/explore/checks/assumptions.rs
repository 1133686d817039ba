//! What an exploration was told about its process.

use std::collections::BTreeSet;

/// What the judgement is to know beside the walk.
#[derive(Debug, Default)]
pub(in crate::explore) struct Assumptions {
    pub(in crate::explore) process: &'static str,
    /// The names of the inputs that the process declares.
    pub(in crate::explore) inputs: Vec<&'static str>,
    /// The names of the messages that it may emit.
    pub(in crate::explore) emits: BTreeSet<&'static str>,
    /// The commands that need no undo.
    pub(in crate::explore) harmless: BTreeSet<&'static str>,
    /// The commands without which a flow is complete.
    pub(in crate::explore) optional: BTreeSet<&'static str>,
    /// The timers that span several steps.
    pub(in crate::explore) spans: BTreeSet<String>,
    /// The timers that ask again for ever.
    pub(in crate::explore) asks_again: BTreeSet<String>,
    /// The steps that may wait without a timer.
    pub(in crate::explore) may_wait: BTreeSet<String>,
    /// The steps that are to be reached.
    pub(in crate::explore) reaches: Vec<String>,
}
