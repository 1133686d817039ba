//! The marker of a run that has not ended (S-28).

use crate::{
    row::sort,
    table::{Item, Key, attribute},
    token::Token,
};
use waxseal_message::Timestamp;

const RUNS: &str = "runs";
const UNTIL: &str = "until";

/// The key of the marker of one message.
pub(crate) fn key(service: &str, source: &str, id: &str) -> Key {
    Key::of("marker", &[service, source, id], sort::MARKER)
}

/// A marker: the number of the message's runs that have not ended, and the end of the last one's
/// time.
pub(crate) struct PoisonMarker {
    pub(crate) runs: i64,
    pub(crate) until: Option<Timestamp>,
}

impl PoisonMarker {
    /// Reads a stored marker.
    ///
    /// # Errors
    /// The first attribute that does not fit a marker.
    pub(crate) fn from_item(item: &Item) -> Result<Self, &'static str> {
        let number = |name| item.get_number(name).ok_or(name);
        let (runs, until) = (number(RUNS)?, number(UNTIL)?);
        item.get_text(attribute::WRITER).ok_or(attribute::WRITER)?;
        Ok(Self { runs, until: Timestamp::from_millisecond(until).ok() })
    }
}

/// The item of a marker.
pub(crate) fn item(key: Key, runs: i64, until: Timestamp, expires: Timestamp, writer: Token) -> Item {
    Item::new(key)
        .number(RUNS, runs)
        .number(UNTIL, until.as_millisecond())
        .number(attribute::EXPIRES, expires.as_second())
        .text(attribute::WRITER, writer.to_string())
}
