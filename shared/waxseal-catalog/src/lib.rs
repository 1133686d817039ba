//! One application, declared once: its services, how they run, how messages travel between them,
//! and its mistakes.
//!
//! An [`App`] is a value. The embedded environment deploys it, the templates are written from it,
//! and the checks compare templates with it. A batch size, a time-out or the pattern of a rule is
//! therefore said in one place.
//!
//! - [`Deployed`] is a service with its handlers, its HTTP interface and its numbers.
//! - [`Publisher`] is a program that publishes and is no function.
//! - [`App::routes`] derives [rules, filters, queues and time-outs](routes) as plain data.
//! - [`App::check`] reports [mistakes of the whole application](finding), each with a code.
//! - [`settings`] is the table of Waxseal's environment variables, and [`metric`] lists the metrics of a function.
//!
//! It knows no AWS SDK and no socket.
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use waxseal::{Envelope, Fault, Handler, Service, Unit};
//! use waxseal_catalog::{App, Deployed, FindingCode};
//!
//! #[derive(Serialize, Deserialize)]
//! struct ParcelScanned {
//!     parcel: String,
//! }
//! waxseal::event!(ParcelScanned { name: "parcel.scanned", version: 1, owner: "shipping" });
//!
//! struct CountScans;
//! impl Handler for CountScans {
//!     const NAME: &str = "count-scans";
//!     type Event = ParcelScanned;
//!     type Emits = ();
//!
//!     async fn handle(&self, _: &Envelope<ParcelScanned>, _: &mut Unit<'_, ()>) -> Result<(), Fault> {
//!         Ok(())
//!     }
//! }
//!
//! let tracking = Deployed::new(Service::new("tracking").handler(CountScans)).batch(100).window(5);
//! let app = App::new("parcels").service(tracking);
//!
//! // `shipping` is no service of this application, and no service of it emits the event.
//! let codes: Vec<FindingCode> = app.check().iter().map(|finding| finding.code).collect();
//! assert_eq!(codes, [FindingCode::NotEmitted, FindingCode::UnknownOwner]);
//!
//! // The event comes from another system: now nothing is wrong.
//! let app = app.emitted_elsewhere("parcel.scanned");
//! assert_eq!(app.check(), []);
//! assert_eq!(app.routes(&app.services[0]).mapping.batch, 100);
//! ```

mod app;
mod deployed;
mod fifo;
pub mod finding;
mod horizon;
mod http;
mod infrastructure;
pub mod metric;
mod program;
mod publisher;
pub mod routes;
pub mod settings;
mod source;
mod variables;

pub use self::{
    app::{App, Retention},
    deployed::Deployed,
    fifo::{FIFO_DEAD_LETTERS_SUFFIX, FifoQueue},
    finding::{Finding, FindingCode},
    horizon::{RULE_RETRY_DAYS, TOPIC_RETRY_DAYS},
    http::HttpService,
    infrastructure::{
        Architecture, Entrance, EntranceKind, Hook, HttpRoute, Infrastructure, Secret, SecretError,
        SecretStore, Secrets, Statement,
    },
    program::{Parameter, Program},
    publisher::Publisher,
    source::{Source, SourceKind, StartingPosition},
};
