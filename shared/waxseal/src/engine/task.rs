//! One message on its way through one handler.

use crate::{
    commit::Access,
    dead_letter::Returned,
    engine::{
        delivery::{Delivery, FailedHandlers},
        left::Left,
    },
    handler::{Decoded, Route},
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
    pub(super) hash: PayloadHash<'a>,
    pub(super) deadline: Option<Timestamp>,
    /// Whether the record was received before. A cold duplicate is then likely, so the receipt is
    /// read before the handler runs.
    pub(super) again: bool,
    /// As [`Delivery::receives`].
    pub(super) receives: u32,
    /// As [`Delivery::returned`].
    pub(super) returned: Option<&'a Returned>,
    /// As [`Delivery::failed`].
    pub(super) failed: &'a FailedHandlers,
    /// As [`Delivery::left`], where the caller asks for this handler's entity.
    pub(super) left: Option<&'a Left>,
    /// The namespace in which it is handled (S-40).
    pub(super) replay: Option<&'a str>,
}

/// The number of a run of a reaction.
pub(super) struct Try {
    pub(super) number: u32,
    pub(super) first_at: Timestamp,
    /// Whether a person has confirmed that the effect was applied, so that only its emissions are
    /// staged.
    pub(super) has_acted: bool,
}

impl Try {
    pub(super) fn first(now: Timestamp) -> Self {
        Self { number: 1, first_at: now, has_acted: false }
    }
}

impl<'a> Task<'a> {
    /// Name, source and id of the message.
    pub(super) fn message(&self) -> (&'a str, &'a str, &'a str) {
        (&self.raw.name, &self.raw.source, &self.raw.id)
    }

    pub(super) fn new(
        access: Access<'a>,
        delivery: &Delivery<'a>,
        route: &'a Route,
        hash: PayloadHash<'a>,
    ) -> Self {
        let Delivery { raw, deadline, again, receives, returned, failed, left } = *delivery;
        let left = left.filter(|left| left.is_of(&route.consumer));
        let replay = route.replay(raw);
        let receipt = receipt::key(&route.consumer, &raw.source, &raw.id).replayed(replay);
        Self {
            raw,
            decoded: None,
            route,
            access,
            receipt,
            hash,
            deadline,
            again,
            receives,
            returned,
            failed,
            left,
            replay,
        }
    }
}
