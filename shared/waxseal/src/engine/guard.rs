//! One event before the cursor of its sequence (S-34).

use crate::{
    fault::Fault,
    handler::{Sequencing, Standing, standing},
    row::{cursor, state},
    table::{Item, Key, Write},
    token::Token,
};
use waxseal_message::{Raw, Timestamp};

/// One event before its cursor.
#[derive(Debug, Clone)]
pub(super) struct Guard<'a> {
    pub(super) key: Key,
    pub(super) subject: &'a str,
    pub(super) number: u64,
    sequencing: Sequencing,
}

impl<'a> Guard<'a> {
    /// The guard of a handler's `sequencing` for `raw`; `None` where it takes events in the order
    /// of arrival.
    ///
    /// # Errors
    /// A permanent fault where the event carries no sequence, or a subject that no table takes as a
    /// key.
    pub(super) fn of(
        sequencing: Sequencing,
        service: &str,
        raw: &'a Raw,
        replay: Option<&str>,
    ) -> Result<Option<Self>, Fault> {
        let Some(cursor) = sequencing.cursor() else { return Ok(None) };
        let Some((subject, number)) = raw.sequence() else {
            return Err(Fault::permanent(format!(
                "{} carries no subject and sequence in its metadata, and its handler follows {cursor}: its publisher must emit \
                 it in sequence, or the handler must take events as they come",
                raw.name
            )));
        };
        let key = cursor::key(service, cursor, &raw.source, subject).replayed(replay);
        state::check_key(&key).map_err(Fault::permanent)?;
        Ok(Some(Self { key, subject, number, sequencing }))
    }

    /// The event's standing against the stored cursor.
    ///
    /// # Errors
    /// A permanent fault where the cursor cannot be read.
    pub(super) fn judge(&self, stored: Option<&Item>, now: Timestamp) -> Result<Standing, Fault> {
        Ok(standing(self.sequencing, cursor::last(stored, now)?, self.number))
    }

    /// Moves the cursor from its stored place to this event. After `expires` no older event can
    /// arrive, so the cursor of a handler that takes the newest event is forgotten then. A cursor
    /// without gaps is never forgotten.
    pub(super) fn advance(
        &self,
        stored: Option<&Item>,
        now: Timestamp,
        expires: Timestamp,
        token: Token,
    ) -> Write {
        let expires = matches!(self.sequencing, Sequencing::Newest(_)).then_some(expires);
        cursor::advance(self.key.clone(), stored, self.number, now, expires, token)
    }
}
