//! The embedded environment: bus, topics, queues, event source mappings, tables and functions in
//! one process, driven from one seed.
//!
//! Functions get the JSON that Lambda would deliver, and their answers are read as Lambda reads
//! them. Time is virtual or real, faults are injected, and the same seed gives the same run. The
//! environment serves `make run`, tests in milliseconds, and simulation. It is a test kit, not a
//! broker for production: it stores nothing.
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use waxseal::{Entity, Envelope, Fault, Handler, Service, Unit};
//! use waxseal_local::{Faults, Local};
//!
//! #[derive(Serialize, Deserialize)]
//! struct ParcelScanned {
//!     parcel: String,
//! }
//! waxseal::event!(ParcelScanned { name: "parcel.scanned", version: 1, owner: "shipping" });
//!
//! #[derive(Serialize, Deserialize, Default)]
//! struct Scans {
//!     count: u64,
//! }
//! impl Entity for Scans {
//!     const KIND: &'static str = "scans";
//! }
//!
//! struct CountScans;
//! impl Handler for CountScans {
//!     const NAME: &str = "count-scans";
//!     type Event = ParcelScanned;
//!     type Emits = ();
//!
//!     async fn handle(&self, event: &Envelope<ParcelScanned>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
//!         let parcel = &event.data.parcel;
//!         let mut scans = match unit.load::<Scans>(parcel).await? {
//!             Some(scans) => scans,
//!             None => unit.create(parcel, Scans::default()),
//!         };
//!         scans.count += 1;
//!         unit.save(scans);
//!         Ok(())
//!     }
//! }
//!
//! let local = Local::builder().seed(7).faults(Faults::bad_day()).build();
//! local.deploy_service(Service::new("counter").handler(CountScans)).unwrap();
//!
//! let scanned = ParcelScanned { parcel: "p1".into() };
//! let event = Envelope::starting("e1", "shipping", local.now(), scanned).into_raw().unwrap();
//! for _ in 0..3 {
//!     local.put(&event).unwrap();
//! }
//! local.run_until_idle();
//! assert_eq!(local.read::<Scans>("counter", "p1").unwrap().count, 1);
//! ```

mod bucket;
mod builder;
mod bus;
mod claims;
mod clock;
mod connect;
mod control;
mod create;
mod deploy;
mod entry;
mod error;
mod executor;
mod faults;
mod foreign;
mod function;
mod gateway;
mod handlings;
mod history;
mod hold;
mod inspect;
mod kinesis;
mod ledger;
mod lifecycle;
mod limits;
mod local;
mod mapping;
mod message;
mod outbound;
mod panics;
mod pollers;
mod price;
mod publisher;
mod queue;
mod random;
mod reasons;
mod report;
mod signal;
mod sources;
mod stream;
#[cfg(test)]
mod stream_tests;
mod table;
mod tell;
mod topic;
mod waiting;
mod wakes;
mod wire;
mod world;

pub use bucket::Bucket;
pub use builder::Builder;
pub use bus::{Bus, Input};
pub use claims::ClaimStore;
pub use clock::{Clock, Sleep};
pub use entry::Entry;
pub use error::LocalError;
pub use executor::{Ended, Executor, Join};
pub use faults::Faults;
pub use gateway::HttpError;
pub use history::{Fact, History, Named, What, Why};
pub use kinesis::KinesisStream;
pub use limits::Refused;
pub use local::Local;
pub use message::{Message, NewMessage};
pub use publisher::Publisher;
pub use queue::{Queue, QueueSettings, Redrive};
pub use random::Random;
pub use table::Table;
pub use topic::{Subscription, Topic};
// Rules and subscriptions take patterns: a test needs one dependency alone.
pub use waxseal_pattern::{Pattern, PatternError};
