//! A state that is the fold of its events, and the events.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::row::RecordedBy;
use waxseal_message::Timestamp;

/// What can happen to a state, usually an enum: the facts that its history keeps.
///
/// A domain event stays inside its service. It is no message: it has no name on a bus, no owner and
/// no readers elsewhere, and emitting one does not compile. What others may know is an integration
/// event, which [`Decider::translate`](crate::Decider::translate) makes of it.
///
/// Its JSON is kept for ever, so its form has a version.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use serde_json::Value;
/// use waxseal::DomainEvent;
///
/// // Version 1 had amounts in euros: `{"Deposited":{"euros":12}}`.
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// enum Moved { Deposited { cents: u64 }, Withdrawn { cents: u64 } }
///
/// impl DomainEvent for Moved {
///     const VERSION: u16 = 2;
///     fn lift(version: u16, mut event: Value) -> Result<Value, String> {
///         if version == 1 && let Some(moved) = event.as_object_mut().and_then(|event| event.values_mut().next()) {
///             let euros = moved["euros"].as_u64().ok_or("`euros` is no number")?;
///             *moved = serde_json::json!({ "cents": euros * 100 });
///         }
///         Ok(event)
///     }
/// }
/// let old = Moved::lift(1, serde_json::json!({"Deposited":{"euros":12}})).unwrap();
/// assert_eq!(serde_json::from_value::<Moved>(old).unwrap(), Moved::Deposited { cents: 1200 });
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a domain event",
    label = "not a domain event",
    note = "write `impl waxseal::DomainEvent for {Self} {{}}`; it also needs serde's `Serialize` and `Deserialize`",
    note = "a message of `event!` is an integration event: a history keeps facts of its own, and `Decider::translate` makes messages of them"
)]
pub trait DomainEvent: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The version of its form.
    const VERSION: u16 = 1;

    /// Lifts the JSON of an event of an older version to this one.
    ///
    /// # Errors
    /// The reason, without the content. The history is then read by no one until a build is
    /// deployed that can (E-5).
    fn lift(version: u16, _event: Value) -> Result<Value, String> {
        Err(format!("it is of version {version}, and nothing lifts it to version {}", Self::VERSION))
    }
}

/// How often a snapshot is written beside the events.
///
/// A snapshot is derived: it only makes reading cheaper. The default reads with one request and
/// costs 2 WCU more a write; see the guide's page on history for the prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Snapshots {
    /// With each commit that passes a multiple of this number of events; 1 is each commit. 0 is as 1.
    Every(u32),
    /// Not at all: each decision folds the whole history.
    Never,
}

impl Snapshots {
    /// Whether a commit that takes the history from one number to another writes a snapshot. `kept`
    /// is the number of the last event in the stored snapshot.
    pub(crate) fn is_due(self, kept: u64, now: u64) -> bool {
        match self {
            Self::Every(every) => {
                let every = u64::from(every.max(1));
                now / every > kept / every
            }
            Self::Never => false,
        }
    }

    /// Whether each commit writes a snapshot.
    pub(crate) fn is_each(self) -> bool {
        matches!(self, Self::Every(0 | 1))
    }
}

/// A state that is the fold of its events.
///
/// Where [`Entity`](crate::Entity) overwrites a row, an event-sourced state appends to its history:
/// one item for each message, which is never replaced and never expires. The number of its first
/// event is the item's key, and that key is the optimistic lock (E-1).
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use waxseal::{DomainEvent, EventSourced};
///
/// #[derive(Serialize, Deserialize)]
/// enum Moved { Deposited { cents: u64 }, Withdrawn { cents: u64 } }
/// impl DomainEvent for Moved {}
///
/// #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
/// struct Account { cents: u64 }
/// impl EventSourced for Account {
///     const KIND: &'static str = "account";
///     type Event = Moved;
///     fn apply(account: &mut Option<Self>, event: &Moved) {
///         let account = account.get_or_insert_default();
///         match event {
///             Moved::Deposited { cents } => account.cents += cents,
///             Moved::Withdrawn { cents } => account.cents = account.cents.saturating_sub(*cents),
///         }
///     }
/// }
/// let mut account = None;
/// for event in [Moved::Deposited { cents: 500 }, Moved::Withdrawn { cents: 200 }] {
///     Account::apply(&mut account, &event);
/// }
/// assert_eq!(account, Some(Account { cents: 300 }));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event-sourced state",
    label = "no history of events",
    note = "write `impl waxseal::EventSourced for {Self}`: its kind, its domain event, and how an event changes it",
    note = "a state without a history is an `Entity`: `unit.load`, `unit.save`"
)]
pub trait EventSourced: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The first part of its key in the table. No [`Entity`](crate::Entity) of the service has the same.
    const KIND: &'static str;
    /// The version of the state's form. A snapshot of another version is ignored, and the state is
    /// folded anew (E-4). Raise it where `apply` gives another state for the same events, too.
    const VERSION: u16 = 1;
    /// How often a snapshot is written.
    const SNAPSHOTS: Snapshots = Snapshots::Every(1);
    /// What happens to it.
    type Event: DomainEvent;

    /// The state after an event. It is total: an event has happened, so it cannot be refused. It has
    /// no I/O and no clock; the same events give the same state.
    fn apply(state: &mut Option<Self>, event: &Self::Event);
}

/// An event of a history, with its place and its cause.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recorded<E> {
    /// The event.
    pub event: E,
    /// The id of the entity to which it happened.
    pub entity: String,
    /// Its number in the entity's history, from 1, without gaps.
    pub version: u64,
    /// The time at which it was recorded. It never runs backwards within a history.
    pub at: Timestamp,
    /// The message because of which it was recorded.
    pub by: RecordedBy,
}
