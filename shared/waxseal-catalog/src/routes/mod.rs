//! How messages travel, as plain data: rules, subscriptions, queues, mappings, time-outs and the
//! relay's filter.
//!
//! [`App::routes`](crate::App::routes) derives them from the declaration of a service. The
//! templates write them, the checks compare templates with them, and the embedded environment wires
//! itself by them. None of the three computes a pattern, a filter or a time-out of its own, so that
//! they cannot differ.
//!
//! ```
//! # use serde::{Deserialize, Serialize};
//! # use waxseal::{Envelope, Fault, Handler, Service, Unit};
//! # #[derive(Serialize, Deserialize)]
//! # struct Scanned {}
//! # waxseal::event!(Scanned { name: "package.scanned", version: 1, owner: "shipping" });
//! # struct CountScans;
//! # impl Handler for CountScans {
//! #     const NAME: &str = "count-scans";
//! #     type Event = Scanned;
//! #     type Emits = ();
//! #     async fn handle(&self, _: &Envelope<Scanned>, _: &mut Unit<'_, ()>) -> Result<(), Fault> { Ok(()) }
//! # }
//! use serde_json::json;
//! use waxseal_catalog::{App, Deployed};
//!
//! let app = App::new("parcels").service(Deployed::new(Service::new("tracking").handler(CountScans)).timeout(20));
//! let routes = app.routes(&app.services[0]);
//! assert_eq!(routes.rules[0].pattern, json!({ "source": ["shipping"], "detail-type": ["package.scanned"] }));
//! assert_eq!(routes.queues[0].visibility, 6 * 20);
//! ```

mod fifo;
mod filter;
mod publish;
mod queue;
mod relay;
pub(crate) mod rule;
mod service;
mod subscription;
mod timers;

pub use self::{
    fifo::Fifo,
    publish::Publishes,
    queue::{Mapping, Queue, QueueKind},
    relay::{RELAY_BATCH, RELAY_FILTER},
    rule::Rule,
    service::Routes,
    subscription::Subscription,
    timers::{TICK_PAYLOAD, TICK_SCHEDULE, TIMERS_INDEX},
};
