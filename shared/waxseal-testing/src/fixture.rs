//! A service on a table, a clock and a dead-letter queue in memory.

use std::sync::Arc;

use waxseal::{
    Engine, Service, Settings, Timestamp,
    batch::{Batches, Policy},
};

use crate::{dead_letters::RecordedDeadLetters, host::ManualHost, memory::MemoryTable};

/// A table, a clock and a dead-letter queue in memory, and services on them. Clones share all
/// three, as the processes of one service do.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use waxseal::{Envelope, Fault, Handler, Outcome, Service, Unit};
/// use waxseal_testing::{Fixture, block_on, of_kind, raw};
///
/// #[derive(Serialize, Deserialize)] struct ParcelScanned { parcel: String }
/// waxseal::event!(ParcelScanned { name: "parcel.scanned", version: 1, owner: "depot" });
/// #[derive(Serialize, Deserialize)] struct ParcelSeen { parcel: String }
/// waxseal::event!(ParcelSeen { name: "parcel.seen", version: 1, owner: "tracking" });
///
/// struct Track;
/// impl Handler for Track {
///     const NAME: &str = "track";
///     type Event = ParcelScanned;
///     type Emits = (ParcelSeen,);
///     async fn handle(&self, scan: &Envelope<ParcelScanned>, unit: &mut Unit<'_, Self::Emits>) -> Result<(), Fault> {
///         unit.emit(ParcelSeen { parcel: scan.data.parcel.clone() });
///         Ok(())
///     }
/// }
/// let fixture = Fixture::default();
/// let engine = fixture.engine(Service::new("tracking").handler(Track));
/// let scan = raw("scan-1", ParcelScanned { parcel: "p-1".into() });
/// // The first write is applied, and its answer is lost.
/// fixture.table.lose_answers(1);
/// assert!(block_on(engine.handle(&scan)).is_err());
/// assert_eq!(block_on(engine.handle(&scan)).unwrap(), Outcome::Duplicate);
/// assert_eq!(of_kind::<ParcelSeen>(&fixture.table.take_emitted())[0].parcel, "p-1");
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Fixture {
    /// The table.
    pub table: MemoryTable,
    /// The clock and the tokens. The clock stands until it is set.
    pub host: Arc<ManualHost>,
    /// The dead-letter queue.
    pub dead_letters: RecordedDeadLetters,
}

impl Default for Fixture {
    /// An empty table at 1970.
    fn default() -> Self {
        Self::at(Timestamp::UNIX_EPOCH)
    }
}

impl Fixture {
    /// An empty table at this time.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        let host = Arc::new(ManualHost::new(now));
        Self { table: MemoryTable::default(), host, dead_letters: RecordedDeadLetters::default() }
    }

    /// A process of `service`, with a cache of its own.
    ///
    /// # Panics
    /// Where the service breaks a rule of [`Service::check`].
    #[must_use]
    pub fn engine(&self, service: Service) -> Engine {
        self.engine_with(service, Settings::default())
    }

    /// As [`Fixture::engine`], with settings of the test's own.
    ///
    /// # Panics
    /// As [`Fixture::engine`].
    #[must_use]
    pub fn engine_with(&self, service: Service, settings: Settings) -> Engine {
        let engine = Engine::new(service, self.table.clone(), self.host.clone(), settings);
        engine.unwrap_or_else(|error| panic!("{error}"))
    }

    /// The batches of a process.
    #[must_use]
    pub fn batches(&self, engine: Engine, policy: Policy) -> Batches {
        Batches::new(engine, self.dead_letters.clone(), policy)
    }
}
