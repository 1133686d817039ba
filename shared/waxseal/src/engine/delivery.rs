//! One delivery of a message, and what is noted while it is handled.

use crate::{
    dead_letter::{FailedHandler, Returned},
    engine::left::Left,
    lock::Lock,
};
use waxseal_message::{Raw, Timestamp};

/// One delivery of a message: what its record says beside it.
#[derive(Clone, Copy)]
pub(crate) struct Delivery<'a> {
    pub(crate) raw: &'a Raw,
    pub(crate) deadline: Option<Timestamp>,
    /// As [`Task::again`].
    pub(crate) again: bool,
    /// How often the record was received, this time included.
    pub(crate) receives: u32,
    /// The failures that it releases, where it is a dead letter that came back.
    pub(crate) returned: Option<&'a Returned>,
    /// The effects that fail for good go here.
    pub(crate) failed: &'a FailedHandlers,
    /// What a caller wants to know of the commit.
    pub(crate) left: Option<&'a Left>,
}

impl<'a> Delivery<'a> {
    /// A first delivery without a deadline.
    pub(crate) fn of(raw: &'a Raw, failed: &'a FailedHandlers) -> Self {
        Self { raw, deadline: None, again: false, receives: 1, returned: None, failed, left: None }
    }
}

/// The effects of one message that failed for good, each with its receipt's writer: for the dead letter (S-19).
#[derive(Debug, Default)]
pub(crate) struct FailedHandlers(Lock<Vec<FailedHandler>>);

impl FailedHandlers {
    pub(super) fn add(&self, name: &str, token: String) {
        let mut failed = self.0.lock();
        failed.push(FailedHandler { name: name.to_owned(), token });
    }

    pub(crate) fn into_vec(self) -> Vec<FailedHandler> {
        self.0.into_inner()
    }
}
