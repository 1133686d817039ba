//! The cursor: the number up to which a consumer has followed an entity's sequence (S-34).

use crate::{
    fault::Fault,
    row::sort,
    table::{Action, Condition, Item, Key, Write, attribute},
    token::Token,
};
use waxseal_message::Timestamp;

/// The key of the cursor that the handlers of `service` share under the name `cursor`, for one
/// subject.
#[must_use]
pub fn key(service: &str, cursor: &str, source: &str, subject: &str) -> Key {
    Key::of("cursor", &[service, cursor, source, subject], sort::CURSOR)
}

/// The last sequence number that took effect; 0 without a cursor or with an expired one.
///
/// # Errors
/// A permanent fault where the item cannot be read.
pub(crate) fn last(stored: Option<&Item>, now: Timestamp) -> Result<u64, Fault> {
    let Some(item) = stored.filter(|item| !item.is_expired(now)) else { return Ok(0) };
    number(item).ok_or_else(|| {
        Fault::permanent(format!(
            "item {} is no cursor: its attribute `{}` is {}; set it to the number of the last event that took effect, then \
             redrive the message",
            item.key,
            attribute::VERSION,
            item.standing(attribute::VERSION)
        ))
    })
}

/// Moves a cursor from its stored number to `to`. With `expires` it is forgotten at that time.
pub(crate) fn advance(
    key: Key,
    stored: Option<&Item>,
    to: u64,
    now: Timestamp,
    expires: Option<Timestamp>,
    token: Token,
) -> Write {
    let mut item = Item::new(key)
        .number(attribute::VERSION, i64::try_from(to).unwrap_or(i64::MAX))
        .text(attribute::WRITER, token.to_string());
    if let Some(expires) = expires {
        item = item.number(attribute::EXPIRES, expires.as_second().saturating_add(1));
    }
    let condition = match stored.filter(|item| !item.is_expired(now)) {
        Some(item) => Condition::Version(number(item).unwrap_or_default()),
        None => Condition::Absent { now },
    };
    Write { action: Action::Put(item), condition }
}

fn number(cursor: &Item) -> Option<u64> {
    cursor.get_number(attribute::VERSION).and_then(|number| u64::try_from(number).ok())
}
