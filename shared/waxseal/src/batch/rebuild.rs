//! A rebuild: a projection's rows from old events, beside the live ones.

use std::sync::Arc;

use crate::{
    batch::{
        batches::Batches,
        outcome::RecordOutcome,
        policy::Policy,
        record::{Content, Record},
    },
    dead_letter::{DeadLetter, DeadLetters},
    engine::{Engine, Settings},
    fault::BoxError,
    handler::{Projection, Service, ServiceError, row_kind},
    host::Host,
    lock::Lock,
    row::rebuild::{self, Place},
    table::{Table, TableError, WriteError},
};
use waxseal_message::Raw;

/// The events that share a step: as many as fit one write request with their rows.
const STEP: usize = 40;
/// The tries of a step before the rebuild stops.
const TRIES: u32 = 5;

/// Builds the rows of one version of a projection from old events.
///
/// The build that has the new version in its service counts live events into the same rows. What
/// overlaps is a duplicate, since both are one consumer. So a rebuild may be killed at any time, and
/// goes on where it stopped, or from the beginning: the rows are those that counting live would have
/// given (E-6).
///
/// ```
/// use std::sync::Arc;
/// use serde::{Deserialize, Serialize};
/// use waxseal::{Envelope, Fault, Project, Projection, Raised, RowKey, Rows, Service, Timestamp, batch::Rebuild};
/// use waxseal_testing::{Fixture, block_on, raw};
///
/// #[derive(Serialize, Deserialize)] struct TicketSold { show: String, seats: u32 }
/// waxseal::event!(TicketSold { name: "ticket.sold", version: 1, owner: "box-office" });
/// #[derive(Debug, Default, PartialEq, Serialize, Deserialize)] struct Sold { seats: u64 }
/// struct SoldSeats;
/// impl Projection for SoldSeats {
///     const NAME: &str = "sold-seats";
///     const VERSION: u16 = 2;
///     type Row = Sold;
///     type Reads = (TicketSold,);
///     type Emits = ();
/// }
/// impl Project<TicketSold> for SoldSeats {
///     fn rows(sold: &Envelope<TicketSold>) -> Vec<RowKey> { vec![RowKey::new("shows", &sold.data.show)] }
///     fn fold(&self, rows: &mut Rows<Sold>, sold: &Envelope<TicketSold>, _: &mut Raised<Self>) -> Result<(), Fault> {
///         rows.iter_mut().for_each(|(_, row)| row.get_or_insert_default().seats += u64::from(sold.data.seats));
///         Ok(())
///     }
/// }
/// let fixture = Fixture::default();
/// let live = fixture.engine(Service::new("statistics").projection(SoldSeats));
/// let sold = |n: u32| raw(&format!("e{n}"), TicketSold { show: "Faust".into(), seats: 2 });
/// let history: Vec<_> = (0..100).map(sold).collect();
/// block_on(async {
///     // An event of the history has come live already.
///     live.handle(&history[99]).await.unwrap();
///     let rebuild = Rebuild::new("statistics", SoldSeats, fixture.table.clone(), fixture.host.clone()).unwrap();
///     rebuild.run(&history, |done, all| assert!(done <= all)).await.unwrap();
///     let faust = live.row::<SoldSeats>(&RowKey::new("shows", "Faust")).await.unwrap();
///     assert_eq!(faust, Some(Sold { seats: 200 }));
/// });
/// ```
#[derive(Debug)]
pub struct Rebuild {
    batches: Batches,
    kind: String,
    refused: Refused,
}

/// The dead letters of a rebuild: there are none. An event that cannot be folded stops it.
#[derive(Debug, Clone, Default)]
struct Refused(Arc<Lock<Option<String>>>);

impl DeadLetters for Refused {
    async fn send(&self, dead_letter: DeadLetter) -> Result<(), BoxError> {
        self.0.lock().get_or_insert(dead_letter.reason);
        Err("a rebuild stops at an event that cannot be folded".into())
    }
}

/// A rebuild stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RebuildError {
    /// An event was not folded. The rebuild stops before it, and goes on there (E-5).
    #[error("event {number} of the history, {name} {id}, was not folded: {reason}")]
    Event {
        /// Its place in the history, from 1.
        number: u64,
        /// Its name.
        name: String,
        /// Its id.
        id: String,
        /// The reason.
        reason: String,
    },
    /// This version was built before. Its receipts may be gone, so old events would count twice (E-8).
    #[error("{kind} was built before, and old events would count twice: raise the projection's VERSION")]
    Built {
        /// The projection and its version.
        kind: String,
    },
    /// The rebuild began longer ago than receipts are kept, so its first events would count twice (E-8).
    #[error(
        "the rebuild of {kind} began longer ago than receipts are kept: drop its rows, and raise the projection's VERSION"
    )]
    TooOld {
        /// The projection and its version.
        kind: String,
    },
    /// Another process rebuilds the same version at the same time.
    #[error("another process rebuilds {kind}: let it end, or end it")]
    Other {
        /// The projection and its version.
        kind: String,
    },
    /// The table cannot be read or written.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The place of the rebuild cannot be written.
    #[error("the place of the rebuild was not written")]
    Write(#[source] WriteError),
}

impl Rebuild {
    /// A rebuild of this version of a projection, in its service's table.
    ///
    /// # Errors
    /// As [`Service::check`].
    pub fn new<P: Projection>(
        service: &str,
        projection: P,
        table: impl Table,
        host: Arc<dyn Host>,
    ) -> Result<Self, ServiceError> {
        let service = Service::new(service).projection(projection);
        let engine = Engine::new(service, table, host, Settings::default())?;
        let refused = Refused::default();
        let batches = Batches::new(engine, refused.clone(), Policy::default());
        Ok(Self { batches, kind: row_kind::<P>(), refused })
    }

    /// Gives every event of the history that was not given yet, and marks the version as built.
    /// `history` is the same at each call, in the order in which the events happened. `progress` is
    /// told the number of events so far, and of all.
    ///
    /// # Errors
    /// [`RebuildError`]; a further call goes on where this one stopped.
    pub async fn run(&self, history: &[Raw], mut progress: impl FnMut(u64, u64)) -> Result<(), RebuildError> {
        let all = u64::try_from(history.len()).unwrap_or(u64::MAX);
        let mut place = self.begin().await?;
        while place.done < all {
            let from = usize::try_from(place.done).unwrap_or(usize::MAX);
            let step = &history[from..history.len().min(from.saturating_add(STEP))];
            self.step(place.done, step).await?;
            let done = place.done + u64::try_from(step.len()).unwrap_or(u64::MAX);
            place = self.write(Place { done, ..place }).await?;
            progress(place.done, all);
        }
        self.write(Place { is_built: true, ..place }).await.map(drop)
    }

    /// The place at which the rebuild goes on.
    async fn begin(&self) -> Result<Place, RebuildError> {
        let (kind, engine) = (|| self.kind.clone(), self.batches.engine());
        let found = engine.table().get(&[rebuild::key(&self.kind)]).await?;
        let stored = found.into_iter().next().transpose()?.flatten();
        let Some(place) = stored.as_ref().and_then(rebuild::read) else {
            return Ok(Place::beginning(engine.now()));
        };
        if place.is_built {
            return Err(RebuildError::Built { kind: kind() });
        }
        match engine.now() > place.began.saturating_add(Settings::default().horizon) {
            true => Err(RebuildError::TooOld { kind: kind() }),
            false => Ok(place),
        }
    }

    async fn write(&self, place: Place) -> Result<Place, RebuildError> {
        let now = self.batches.engine().now();
        match self.batches.engine().table().write(&[rebuild::write(&self.kind, &place, now)]).await {
            Ok(()) => Ok(Place { version: place.version + 1, ..place }),
            Err(WriteError::Refused(_)) => Err(RebuildError::Other { kind: self.kind.clone() }),
            Err(error) => Err(RebuildError::Write(error)),
        }
    }

    /// Gives some events until each has taken effect.
    async fn step(&self, done: u64, events: &[Raw]) -> Result<(), RebuildError> {
        let record = |(n, raw): (usize, &Raw)| {
            Record::new(n.to_string(), Vec::new(), Content::Message(Box::new(raw.clone())))
        };
        let records: Vec<Record> = events.iter().enumerate().map(record).collect();
        let mut tries = 0;
        loop {
            tries += 1;
            let outcomes = self.batches.run(&records, None).await;
            let mut failed = outcomes.iter().enumerate().filter_map(|(place, outcome)| match outcome {
                RecordOutcome::Done(_) => None,
                RecordOutcome::Failed { reason, .. } | RecordOutcome::DeadLettered { reason } => {
                    Some((place, reason.clone()))
                }
                RecordOutcome::Blocked | RecordOutcome::Unstarted => {
                    Some((place, "it did not run".to_owned()))
                }
            });
            let Some((place, reason)) = failed.next() else { return Ok(()) };
            let refused = self.refused.0.lock().take();
            // A lost race, or a table that is away for a moment: what took effect is a duplicate.
            if refused.is_none() && tries < TRIES {
                continue;
            }
            let event = &events[place];
            return Err(RebuildError::Event {
                number: done + u64::try_from(place).unwrap_or(u64::MAX) + 1,
                name: event.name.clone(),
                id: event.id.clone(),
                reason: refused.unwrap_or(reason),
            });
        }
    }
}
