//! Sequencing without an ordered transport (S-34). Events about one entity carry a dense number,
//! and a handler chooses how it treats one that arrives too late or too early.

/// A handler's treatment of an entity's events that arrive out of order (S-34). The publisher must
/// emit them [in sequence](crate::Unit::emit_in_sequence).
///
/// The name is that of a cursor in the service's table, one for each entity: handlers of one
/// service that name the same cursor share it, as handlers that write one read model must. A
/// guarded handler costs one more item to read and to write, in the same requests.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use waxseal::{Entity, Envelope, Fault, Handler, Sequencing, Unit};
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
///     const SEQUENCING: Sequencing = Sequencing::Newest("last-seen");
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
#[non_exhaustive]
pub enum Sequencing {
    /// Each event takes effect when it arrives.
    #[default]
    Arrival,
    /// An event takes effect unless one with a higher number has taken effect before. A stale event
    /// is acknowledged without effect.
    Newest(&'static str),
    /// Events take effect in sequence, from 1. A stale event is acknowledged without effect. An
    /// event whose predecessor is missing is retried, and dead-lettered like any record that is
    /// received too often. It is for cursors whose handlers take *every* type that is emitted in
    /// the entity's sequence: an event that none of them takes is a permanent gap.
    Gapless(&'static str),
}

impl Sequencing {
    pub(crate) fn cursor(self) -> Option<&'static str> {
        match self {
            Self::Arrival => None,
            Self::Newest(cursor) | Self::Gapless(cursor) => Some(cursor),
        }
    }
}

/// The standing of an event in its entity's sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The event is the next one.
    Next,
    /// A later event has taken effect before.
    Stale,
    /// The predecessor with this number is missing.
    Early { awaited: u64 },
}

/// The standing, as a plain function: `last` is the number that took effect last, or 0.
pub(crate) fn standing(sequencing: Sequencing, last: u64, number: u64) -> Standing {
    let next = last.saturating_add(1);
    match sequencing {
        Sequencing::Arrival => Standing::Next,
        Sequencing::Newest(_) | Sequencing::Gapless(_) if number <= last => Standing::Stale,
        Sequencing::Gapless(_) if number > next => Standing::Early { awaited: next },
        Sequencing::Newest(_) | Sequencing::Gapless(_) => Standing::Next,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The events of `arrivals` that take effect, in order, and the final place of the cursor.
    fn follow(sequencing: Sequencing, arrivals: &[u64]) -> (Vec<u64>, u64) {
        let (mut applied, mut last) = (Vec::new(), 0);
        for number in arrivals {
            if standing(sequencing, last, *number) == Standing::Next {
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
            let (applied, last) = follow(Sequencing::Newest("c"), &arrivals);
            prop_assert!(applied.is_sorted_by(|a, b| a < b));
            prop_assert_eq!(last, arrivals.iter().copied().max().unwrap_or(0));
        }

        #[test]
        fn s34_without_gaps_every_event_takes_effect_once_and_in_sequence_whatever_the_order(
            arrivals in Just((1u64..=30).collect::<Vec<_>>()).prop_shuffle(),
        ) {
            // An early event is delivered again; as many deliveries as there are events are always
            // enough.
            let again: Vec<u64> = std::iter::repeat_n(arrivals, 30).flatten().collect();
            let (applied, _) = follow(Sequencing::Gapless("c"), &again);
            prop_assert_eq!(applied, (1..=30).collect::<Vec<_>>());
        }
    }
}
