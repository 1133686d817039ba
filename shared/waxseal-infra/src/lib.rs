//! CloudFormation templates from an application, and the checks that templates must pass.
//!
//! An [`App`](waxseal_catalog::App) says which messages its services handle and emit. Queues,
//! rules, subscriptions, permissions and alarms follow from it. [`templates`] writes them: one
//! stack for the bus, one for each service, and one for each program that publishes. [`check`] reads any templates, generated or not. It
//! reports everything that would lose an event, let one service publish for another, or hide a
//! failure.
//!
//! [`write()`] keeps them as files, and [`stale`] is the test that they are up to date.
//!
//! The templates are plain `json!` that reads like the AWS documentation. There is no builder
//! language: a reader of CloudFormation can read this crate, and finds every line of the templates
//! here.
//!
//! ```
//! use waxseal_catalog::{App, Deployed};
//! use waxseal_infra::{check, templates};
//! # #[derive(serde::Serialize, serde::Deserialize)] struct Scanned {}
//! # waxseal::event!(Scanned { name: "package.scanned", version: 1, owner: "shipping" });
//! # struct CountScans;
//! # impl waxseal::Handler for CountScans {
//! #     const NAME: &str = "count-scans";
//! #     type Event = Scanned;
//! #     type Emits = ();
//! #     async fn handle(&self, _: &waxseal::Envelope<Scanned>, _: &mut waxseal::Unit<'_, ()>) -> Result<(), waxseal::Fault> { Ok(()) }
//! # }
//! let tracking = waxseal::Service::new("tracking").handler(CountScans);
//! let app = App::new("parcels").service(Deployed::new(tracking));
//! let stacks = templates(&app)?;
//! assert_eq!(stacks.iter().map(|stack| stack.name.as_str()).collect::<Vec<_>>(), ["bus", "tracking"]);
//! assert!(stacks[1].to_yaml().contains("package.scanned"));
//! assert_eq!(check(&app, &stacks), []);
//! # Ok::<(), waxseal_infra::AppError>(())
//! ```

mod bus;
mod check;
mod claims;
mod dashboard;
mod entrance;
mod error;
mod files;
mod names;
mod publisher;
mod publishing;
mod service;
mod stack;
mod templates;
mod yaml;

pub use check::{CHECKS, Check, Finding, check};
pub use error::AppError;
pub use files::{Stale, stale, write};
pub use stack::Stack;
pub use templates::templates;
