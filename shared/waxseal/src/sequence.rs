//! Order without an ordered transport (S-34): events emitted about one entity carry a dense count, and a handler says
//! what it makes of one that comes too late or too early.

use serde_json::Value;

use crate::{
    Envelope, Fault, Raw, Timestamp, Token,
    item::{Action, Condition, Item, Key, Write, attribute},
    state,
};

/// The entity that an envelope is about: a member of its metadata, beside [`NUMBER`].
pub(crate) const SUBJECT: &str = "subject";
/// How many events were emitted about the subject, this one included.
pub(crate) const NUMBER: &str = "sequence";

/// What a handler makes of an entity's events that arrive out of order (S-34). The publisher must emit them
/// [in sequence](crate::Unit::emit_in_sequence).
///
/// The name is that of a cursor in the service's table, one for each entity: handlers of one service that name the same
/// cursor count together, as those that write one read model must. A guarded handler costs one more item to read and
/// to write, in the same requests.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use waxseal::{Entity, Envelope, Fault, Handler, Order, Unit};
///
/// #[derive(Serialize, Deserialize)] struct ParcelMoved { parcel: String, station: String }
/// waxseal::event!(ParcelMoved { name: "parcel.moved", version: 1, owner: "shipping" });
/// #[derive(Serialize, Deserialize)] struct LastSeen { station: String }
/// impl Entity for LastSeen { const KIND: &'static str = "last-seen"; }
///
/// struct See;
/// impl Handler for See {
///     const NAME: &str = "see";
///     type Event = ParcelMoved;
///     type Emits = ();
///     const ORDER: Order = Order::Newest("last-seen");
///     async fn handle(&self, moved: &Envelope<ParcelMoved>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
///         let ParcelMoved { parcel, station } = &moved.data;
///         let mut seen = match unit.load::<LastSeen>(parcel).await? {
///             Some(seen) => seen,
///             None => unit.create(parcel, LastSeen { station: String::new() }),
///         };
///         seen.station.clone_from(station); // never an older station over a newer one
///         unit.save(seen);
///         Ok(())
///     }
/// }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// Each event takes effect when it comes.
    #[default]
    Arrival,
    /// An event takes effect unless one with a higher number did before: a stale one is acknowledged without effect.
    Newest(&'static str),
    /// Events take effect in sequence, from 1: a stale one is acknowledged without effect, one whose predecessor is missing is
    /// retried, and dead-lettered like any record that is received too often. Only where the handlers of this cursor take
    /// *every* type that is emitted in the entity's sequence: what nobody takes is a gap for ever.
    Gapless(&'static str),
}

impl Order {
    pub(crate) fn cursor(self) -> Option<&'static str> {
        match self {
            Self::Arrival => None,
            Self::Newest(cursor) | Self::Gapless(cursor) => Some(cursor),
        }
    }
}

/// Where an event stands in its entity's sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It is its turn.
    Next,
    /// A later one took effect before.
    Stale,
    /// Its predecessor is missing: this number is awaited.
    Early { awaited: u64 },
}

/// The rule, as a plain function: `last` is the number that took effect last, 0 where none did.
pub(crate) fn standing(order: Order, last: u64, number: u64) -> Standing {
    let next = last.saturating_add(1);
    match order {
        Order::Arrival => Standing::Next,
        Order::Newest(_) | Order::Gapless(_) if number <= last => Standing::Stale,
        Order::Gapless(_) if number > next => Standing::Early { awaited: next },
        Order::Newest(_) | Order::Gapless(_) => Standing::Next,
    }
}

impl<D> Envelope<D> {
    /// The entity that it was emitted about and its number in that entity's sequence, from 1 (S-34).
    #[must_use]
    pub fn sequence(&self) -> Option<(&str, u64)> {
        let subject =
            self.metadata.get(SUBJECT).and_then(Value::as_str).filter(|subject| !subject.is_empty())?;
        let number = self.metadata.get(NUMBER).and_then(Value::as_u64).filter(|number| *number > 0)?;
        Some((subject, number))
    }
}

/// One event before its cursor.
#[derive(Debug, Clone)]
pub(crate) struct Guard<'a> {
    pub(crate) key: Key,
    pub(crate) subject: &'a str,
    pub(crate) number: u64,
    order: Order,
}

impl<'a> Guard<'a> {
    /// The guard of a handler's `order` for `raw`; none where it takes events as they come.
    pub(crate) fn of(
        order: Order,
        service: &str,
        raw: &'a Raw,
        replay: Option<&str>,
    ) -> Result<Option<Self>, Fault> {
        let Some(cursor) = order.cursor() else { return Ok(None) };
        let Some((subject, number)) = raw.sequence() else {
            return Err(Fault::permanent(format!(
                "{} carries no subject and sequence in its metadata, and its handler follows {cursor}: its publisher must emit \
                 it in sequence, or the handler must take events as they come",
                raw.name
            )));
        };
        let key = Key::of("cursor", &[service, cursor, &raw.source, subject], crate::item::sort::CURSOR)
            .replayed(replay);
        state::check_key(&key).map_err(Fault::permanent)?;
        Ok(Some(Self { key, subject, number, order }))
    }

    /// Where the event stands, with the cursor as it is stored.
    ///
    /// # Errors
    /// Permanent, where the cursor cannot be read.
    pub(crate) fn judge(&self, stored: Option<&Item>, now: Timestamp) -> Result<Standing, Fault> {
        let last = match stored.filter(|item| !item.is_expired(now)) {
            Some(item) => last(item).ok_or_else(|| {
                Fault::permanent(format!(
                    "item {} is no cursor: its attribute `{}` is {}; set it to the number of the last event that took effect, then \
                     redrive the message",
                    item.key,
                    attribute::VERSION,
                    item.standing(attribute::VERSION)
                ))
            })?,
            None => 0,
        };
        Ok(standing(self.order, last, self.number))
    }

    /// Moves the cursor from where it is stored to this event. After `expires` nothing older can come, so a cursor that
    /// only knows what is newest is forgotten; one without gaps never is.
    pub(crate) fn advance(
        &self,
        stored: Option<&Item>,
        now: Timestamp,
        expires: Timestamp,
        token: Token,
    ) -> Write {
        let mut item = Item::new(self.key.clone())
            .number(attribute::VERSION, i64::try_from(self.number).unwrap_or(i64::MAX))
            .text(attribute::OWNER, token.to_string());
        if matches!(self.order, Order::Newest(_)) {
            item = item.number(attribute::EXPIRES, expires.as_second().saturating_add(1));
        }
        let condition = match stored.filter(|item| !item.is_expired(now)) {
            Some(item) => Condition::Version(last(item).unwrap_or_default()),
            None => Condition::Absent { now },
        };
        Write { action: Action::Put(item), condition }
    }
}

fn last(cursor: &Item) -> Option<u64> {
    cursor.get_number(attribute::VERSION).and_then(|number| u64::try_from(number).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What takes effect of `arrivals`, in order, and where the cursor ends.
    fn follow(order: Order, arrivals: &[u64]) -> (Vec<u64>, u64) {
        let (mut applied, mut last) = (Vec::new(), 0);
        for number in arrivals {
            if standing(order, last, *number) == Standing::Next {
                applied.push(*number);
                last = *number;
            }
        }
        (applied, last)
    }

    proptest! {
        #[test]
        fn s34_what_is_newest_takes_effect_and_nothing_older_after_it(
            arrivals in prop::collection::vec(1u64..50, 0..100),
        ) {
            let (applied, last) = follow(Order::Newest("c"), &arrivals);
            prop_assert!(applied.is_sorted_by(|a, b| a < b));
            prop_assert_eq!(last, arrivals.iter().copied().max().unwrap_or(0));
        }

        #[test]
        fn s34_without_gaps_every_event_takes_effect_once_and_in_sequence_whatever_the_order(
            arrivals in Just((1u64..=30).collect::<Vec<_>>()).prop_shuffle(),
        ) {
            // What is early comes again: as often as there are events is always enough.
            let again: Vec<u64> = std::iter::repeat_n(arrivals, 30).flatten().collect();
            let (applied, _) = follow(Order::Gapless("c"), &again);
            prop_assert_eq!(applied, (1..=30).collect::<Vec<_>>());
        }
    }
}
