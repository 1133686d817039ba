//! One delivery of a message, and the notes that are taken while it is handled.

use std::fmt;

use crate::{
    dead_letter::{FailedHandler, Returned},
    engine::left::Left,
    lock::Lock,
};
use waxseal_message::{Raw, Timestamp};

/// One delivery of a message, with the facts of its record: the input of [`Engine::deliver`].
///
/// ```
/// # use waxseal::{Delivery, Raw, Timestamp};
/// # fn of(raw: &Raw, deadline: Timestamp) -> Delivery<'_> {
/// // The second receive, in an invocation that ends at `deadline`.
/// Delivery::of(raw).received(2).within(Some(deadline))
/// # }
/// ```
///
/// [`Engine::deliver`]: crate::Engine::deliver
#[derive(Clone, Copy)]
#[must_use = "a delivery does nothing until an engine handles it"]
pub struct Delivery<'a> {
    pub(crate) raw: &'a Raw,
    pub(crate) deadline: Option<Timestamp>,
    /// The number of receives of the record, this one included.
    pub(crate) receives: u32,
    /// Whether an earlier read showed that the message has no receipt.
    pub(crate) is_new: bool,
    /// The failures that it releases, where it is a redriven dead letter.
    pub(crate) returned: Option<&'a Returned>,
    /// The list of effects that fail for good.
    pub(crate) failed: Option<&'a FailedHandlers>,
    /// The entity that a waiting caller wants from the commit.
    pub(crate) left: Option<&'a Left>,
}

impl fmt::Debug for Delivery<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { raw, deadline, receives, .. } = self;
        f.debug_struct("Delivery")
            .field("id", &raw.id)
            .field("deadline", deadline)
            .field("receives", receives)
            .finish_non_exhaustive()
    }
}

impl<'a> Delivery<'a> {
    /// A first delivery without a deadline.
    pub fn of(raw: &'a Raw) -> Self {
        Self { raw, deadline: None, receives: 1, is_new: false, returned: None, failed: None, left: None }
    }

    /// Notes the handler whose failure is the message's.
    pub(super) fn blame(&self, handler: &'static str) {
        if let Some(failed) = self.failed {
            failed.0.lock().cause = Some(handler);
        }
    }

    /// The same delivery in an invocation with this deadline, from which on no handler starts (S-20).
    pub fn within(self, deadline: Option<Timestamp>) -> Self {
        Self { deadline, ..self }
    }

    /// The same delivery at the record's `receives`th receive. From the second one on a duplicate is
    /// likely, so the receipt is read before the handler runs.
    pub fn received(self, receives: u32) -> Self {
        Self { receives, ..self }
    }

    /// Whether the message is likely to be a duplicate.
    pub(super) fn is_doubtful(&self) -> bool {
        self.receives > 1 && !self.is_new
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

    pub(crate) fn into_failed(self) -> Failed {
        self.0.into_inner()
    }
}
