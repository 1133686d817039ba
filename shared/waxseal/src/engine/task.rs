//! One message on its way through one handler.

use crate::{
    commit::Access,
    dead_letter::Returned,
    engine::{
        delivery::{Delivery, FailedHandlers},
        left::Left,
    },
    handler::{Decoded, Route, Undone},
    row::receipt,
    table::Key,
};
use waxseal_message::{Raw, Timestamp, hash::PayloadHash};

/// One event on its way through one reaction.
pub(super) struct Task<'a> {
    pub(super) raw: &'a Raw,
    pub(super) decoded: Option<&'a Decoded>,
    pub(super) route: &'a Route,
    pub(super) access: Access<'a>,
    pub(super) receipt: Key,
    /// The receipts under the handler's other names.
    pub(super) copies: Vec<Key>,
    /// Service and name that the receipt is of.
    pub(super) consumer: &'a str,
    pub(super) hash: PayloadHash<'a>,
    pub(super) deadline: Option<Timestamp>,
    /// Whether the message is likely to be a duplicate, so that its receipt is read before the
    /// handler runs.
    pub(super) is_doubtful: bool,
    /// As [`Delivery::receives`].
    pub(super) receives: u32,
    /// As [`Delivery::returned`].
    pub(super) returned: Option<&'a Returned>,
    /// As [`Delivery::failed`].
    pub(super) failed: Option<&'a FailedHandlers>,
    /// As [`Delivery::left`], where the caller asks for this handler's entity.
    pub(super) left: Option<&'a Left>,
    /// The namespace in which it is handled (S-40).
    pub(super) replay: Option<&'a str>,
}

/// The number of a run of a reaction.
pub(super) struct Try<'t> {
    pub(super) number: u32,
    pub(super) first_at: Timestamp,
    /// Whether a person has confirmed that the effect was applied, so that only its emissions are
    /// staged.
    pub(super) has_acted: bool,
    /// The command that an effect undoes.
    pub(super) undone: Option<&'t Undone>,
    /// Whether an earlier attempt of the same run was refused.
    pub(super) has_lost: bool,
}

impl Try<'_> {
    pub(super) fn first(now: Timestamp) -> Self {
        Self { number: 1, first_at: now, has_acted: false, undone: None, has_lost: false }
    }

    /// The same run after attempts that were refused.
    pub(super) fn after(self, refused: u32) -> Self {
        Self { has_lost: refused > 0, ..self }
    }
}

impl<'a> Task<'a> {
    /// Name, source and id of the message.
    pub(super) fn message(&self) -> (&'a str, &'a str, &'a str) {
        (&self.raw.name, &self.raw.source, &self.raw.id)
    }

    /// The rows that a projection reads and writes.
    pub(super) fn rows(&self) -> Option<Vec<Key>> {
        self.route.rows(self.raw, self.decoded)
    }

    /// Notes that the effect failed for good, with the writer of its receipt.
    pub(super) fn note_failure(&self, writer: String) {
        if let Some(failed) = self.failed {
            failed.add(self.route.handler, writer);
        }
    }

    pub(super) fn new(
        access: Access<'a>,
        delivery: &Delivery<'a>,
        route: &'a Route,
        hash: PayloadHash<'a>,
    ) -> Self {
        let Delivery { raw, deadline, receives, returned, failed, left, .. } = *delivery;
        let left = left.filter(|left| left.is_of(&route.names.consumer));
        let replay = route.replay(raw);
        let key = |consumer: &str| receipt::key(consumer, &raw.source, &raw.id).replayed(replay);
        let receipt = key(&route.names.consumer);
        let copies = route.names.others.iter().map(|consumer| key(consumer)).collect();
        Self {
            raw,
            decoded: None,
            route,
            access,
            receipt,
            copies,
            consumer: &route.names.consumer,
            hash,
            deadline,
            is_doubtful: delivery.is_doubtful(),
            receives,
            returned,
            failed,
            left,
            replay,
        }
    }
}
