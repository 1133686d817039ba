//! Events, commands and their envelopes: the language between services, without the engine that
//! handles messages.
//!
//! [`event!`] and [`command!`] declare a message once, with its name, version, owner and channel.
//! [`foreign!`] declares an event that somebody else defines.
//! [`query!`] declares a question that one service answers.
//! [`PublishingProgram`] declares a program that publishes and is no Lambda function.
//! An [`Envelope`] is a message with its metadata, and [`Raw`] is one whose payload is still JSON.
//! [`cloudevents`] maps envelopes to CloudEvents and back, [`hash`] tells payloads apart, and
//! [`derived_id`] gives a message the same id each time its cause is handled.
//!
//! The crate depends on `serde`, `serde_json` and `sha2` alone, so that another team's publisher
//! needs nothing else. It changes seldom. The crate `waxseal` re-exports all of it.
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use waxseal_message::{Envelope, Raw, Timestamp};
//!
//! #[derive(Serialize, Deserialize)]
//! struct OrderPlaced { sku: String, quantity: u32 }
//! waxseal_message::event!(OrderPlaced { name: "order.placed", version: 1, owner: "orders" });
//!
//! let time: Timestamp = "2026-11-21T09:30:00Z".parse().unwrap();
//! let event = Envelope::starting("e1", "orders", time, OrderPlaced { sku: "hat".into(), quantity: 2 });
//! let json = serde_json::to_string(&event).unwrap();
//! assert_eq!(Raw::parse(&json).unwrap().decode::<OrderPlaced>().unwrap().data.quantity, 2);
//! ```

pub mod base64;
mod bus;
pub mod cloudevents;
mod declare;
mod destination;
mod emits;
mod envelope;
mod foreign;
pub mod hash;
mod header;
mod id;
mod json;
mod lacking;
mod malformed;
mod message;
mod pointer;
mod publishing;
mod query;
mod replay;
mod rfc3339;
mod sequence;
pub mod sqs;
mod stated_version;
pub mod tenant;
mod text;
mod timestamp;
mod undoes;

pub use bus::Bus;
pub use destination::{Channel, Destination, UnknownDestination};
pub use emits::{Contains, Declared, Emits};
pub use envelope::{Envelope, LONGEST_ID, REQUIRED, Raw};
pub use hash::payload_hash;
pub use header::Header;
pub use id::{derived_id, effect_key, hex, timeout_id};
pub use json::misfit;
pub use lacking::lacking;
pub use malformed::Malformed;
pub use message::{Ancestor, Command, DecodeError, Encoded, Event, Message, Origin};
pub use pointer::pointer;
pub use publishing::PublishingProgram;
pub use query::{DeclaredQuery, Query};
pub use sequence::{NUMBER, SUBJECT};
pub use tenant::{IntoTenant, InvalidTenant, Tenant};
pub use text::{LONGEST_REASON, LONGEST_WHOLE, Quoted, clip, is_plain_name};
pub use timestamp::{NotATime, OutOfRange, Timestamp};
pub use undoes::{UNDOES, Undoes};

#[doc(hidden)]
pub use {
    foreign::__check_foreign,
    message::{__check, __check_undo, __encode},
    publishing::__owns,
    query::__check_query,
};
