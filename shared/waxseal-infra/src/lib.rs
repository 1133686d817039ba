//! CloudFormation templates from a catalog, and the checks that templates must pass.
//!
//! A service declares in its types what it handles and emits. From that follow its queues, rules, subscriptions,
//! permissions and alarms, so nobody types them: [`templates`] writes them, one stack for the bus and one for each
//! service. [`check`] reads templates, whoever wrote them, and reports each thing that would lose an event, let
//! somebody speak for somebody else, or go unnoticed.
//!
//! The templates are plain `json!` that reads like the AWS documentation. There is no builder language: a reader who knows
//! CloudFormation can read this crate, and a reader of the templates finds every line of them here.
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
//! let app = App::new("parcels").service(Deployed::new(&tracking));
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
mod error;
mod names;
mod service;
mod stack;
mod yaml;

pub use check::{CHECKS, Check, Finding, check};
pub use error::AppError;
pub use stack::{Stack, templates};
