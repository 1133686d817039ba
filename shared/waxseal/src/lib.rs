//! Events that take effect exactly once, in one DynamoDB write request.
//!
//! A [`Handler`] reacts to one kind of event. It stages what it changes and emits on its [`Unit`] and never publishes;
//! returning `Ok` commits the receipt, the state and the emitted events in one conditional write. The receipt's key
//! is the deduplication, and what was emitted is *in* the receipt, so inbox and outbox cannot disagree.
//!
//! This crate is the protocol: no AWS type, no socket, no clock and no runtime. A [`Table`], a [`Host`], a
//! [`Publisher`](relay::Publisher) and [`DeadLetters`](batch::DeadLetters) connect it to an environment.
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use waxseal::{Entity, Envelope, Fault, Handler, Service, Unit};
//!
//! #[derive(Serialize, Deserialize)]
//! struct OrderPlaced { sku: String, quantity: u32 }
//! waxseal::event!(OrderPlaced { name: "order.placed", version: 1, owner: "orders" });
//! #[derive(Serialize, Deserialize)]
//! struct StockReserved { sku: String, left: u32 }
//! waxseal::event!(StockReserved { name: "stock.reserved", version: 1, owner: "inventory" });
//!
//! #[derive(Serialize, Deserialize)]
//! struct Stock { on_hand: u32 }
//! impl Entity for Stock { const KIND: &'static str = "stock"; }
//!
//! struct ReserveStock;
//! impl Handler for ReserveStock {
//!     const NAME: &str = "reserve-stock";
//!     type Event = OrderPlaced;
//!     type Emits = (StockReserved,);
//!     async fn handle(&self, order: &Envelope<OrderPlaced>, unit: &mut Unit<'_, Self::Emits>) -> Result<(), Fault> {
//!         let OrderPlaced { sku, quantity } = &order.data;
//!         let mut stock = unit.load::<Stock>(sku).await?.ok_or_else(|| Fault::permanent(format!("unknown SKU {sku}")))?;
//!         stock.on_hand = stock.on_hand.checked_sub(*quantity).ok_or_else(|| Fault::retry("no stock yet"))?;
//!         let left = stock.on_hand;
//!         unit.save(stock);
//!         unit.emit(StockReserved { sku: sku.clone(), left });
//!         Ok(())
//!     }
//! }
//! let service = Service::new("inventory").handler(ReserveStock);
//! assert_eq!(service.catalog()[0].emits[0].name, "stock.reserved");
//! ```

mod base64;
pub mod batch;
mod cache;
pub mod catalog;
pub mod claim;
pub mod cloudevents;
mod code;
#[cfg(feature = "contract")]
pub mod contract;
pub mod dead_letter;
mod decide;
mod effect;
mod emits;
mod end;
mod engine;
mod envelope;
mod fault;
mod handler;
pub mod hash;
mod host;
mod id;
pub mod item;
mod json;
pub mod memory;
mod message;
pub mod panics;
mod reaction;
pub mod receipt;
pub mod relay;
mod replay;
mod sequence;
mod service;
mod state;
pub mod table;
mod tenant;
pub mod time;
mod unit;
mod words;

pub use code::Code;
pub use decide::{Decide, Out};
pub use effect::{Attempt, Done, Effect};
pub use emits::{Contains, Declared, Emits};
pub use end::{End, Point};
pub use engine::{EffectOutcome, Engine, Failure, Outcome, Release, ReleaseError, Released, Settings};
pub use envelope::{Envelope, Malformed, REQUIRED, Raw, lacking};
pub use fault::{BoxError, Fault};
pub use handler::Handler;
pub use hash::payload_hash;
pub use host::Host;
pub use id::{Token, derived_id};
pub use jiff::Timestamp;
pub use message::{Ancestor, Channel, Command, DecodeError, Event, Message, Origin};
pub use replay::Replay;
pub use sequence::Order;
pub use service::{Service, ServiceError};
pub use state::{Entity, Loaded};
pub use table::Table;
pub use tenant::{IntoTenant, InvalidTenant, Tenant};
pub use unit::Unit;
pub use words::{LONGEST_REASON, Quoted, chain, clip, is_plain_name};

#[doc(hidden)]
pub use message::__check;
