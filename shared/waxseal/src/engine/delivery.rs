//! One delivery of a message, and the notes that are taken while it is handled.

use crate::{
    dead_letter::{FailedHandler, Returned},
    engine::left::Left,
    lock::Lock,
};
use waxseal_message::{Raw, Timestamp};

/// One delivery of a message, with the facts of its record.
#[derive(Clone, Copy)]
pub(crate) struct Delivery<'a> {
    pub(crate) raw: &'a Raw,
    pub(crate) deadline: Option<Timestamp>,
    /// As [`Task::again`].
    pub(crate) again: bool,
    /// The number of receives of the record, this one included.
    pub(crate) receives: u32,
    /// The failures that it releases, where it is a redriven dead letter.
    pub(crate) returned: Option<&'a Returned>,
    /// The list of effects that fail for good.
    pub(crate) failed: &'a FailedHandlers,
    /// The entity that a waiting caller wants from the commit.
    pub(crate) left: Option<&'a Left>,
}

impl<'a> Delivery<'a> {
    /// A first delivery without a deadline.
    pub(crate) fn of(raw: &'a Raw, failed: &'a FailedHandlers) -> Self {
        Self { raw, deadline: None, again: false, receives: 1, returned: None, failed, left: None }
    }
}

/// The handlers of one message that failed, for its dead letter.
#[derive(Debug, Default)]
pub(crate) struct FailedHandlers(Lock<Failed>);

/// See [`FailedHandlers`].
#[derive(Debug, Default)]
pub(crate) struct Failed {
    /// The handler whose failure is the message's.
    pub(crate) cause: Option<&'static str>,
    /// The effects that failed for good, each with its receipt's writer (S-19).
    pub(crate) effects: Vec<FailedHandler>,
}

impl FailedHandlers {
    pub(super) fn add(&self, name: &str, token: String) {
        self.0.lock().effects.push(FailedHandler { name: name.to_owned(), token });
    }

    pub(super) fn blame(&self, handler: &'static str) {
        self.0.lock().cause = Some(handler);
    }

    pub(crate) fn into_failed(self) -> Failed {
        self.0.into_inner()
    }
}
