//! Events that take effect exactly once, in one DynamoDB write request.
//!
//! A [`Handler`] reacts to one kind of event. It stages its changes and emissions on its [`Unit`]
//! and never publishes. Returning `Ok` commits the receipt, the state and the emitted events in one
//! conditional write. The receipt's key is the deduplication, and the emitted events are *in* the
//! receipt, so inbox and outbox cannot disagree.
//!
//! This crate is the protocol. It knows no AWS type, no socket, no clock and no runtime. A
//! [`Table`], a [`Host`], a [`Publish`](relay::Publish) and
//! [`DeadLetters`](dead_letter::DeadLetters) connect it to an environment.
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

mod adapt;
pub mod batch;
pub mod claim_check;
mod code;
mod codes;
mod commit;
pub mod dead_letter;
mod emission;
mod end;
mod engine;
mod error_chain;
mod fault;
mod future;
pub mod guide;
pub mod handler;
mod hint;
mod host;
pub mod lock;
pub mod observe;
pub mod panic;
pub mod problem;
pub mod relay;
pub mod row;
pub mod table;
mod token;

pub use adapt::{Adapted, Foreign, Transport};
pub use code::Code;
pub use emission::{DelayError, Emission, LONGEST_SEND_DELAY, read_emissions};
pub use end::{End, Point};
pub use engine::{
    Answer, Call, Delivery, DropError, EffectOutcome, Engine, Outcome, Rejected, Release, ReleaseError,
    Released, Settings, drop_rows,
};
pub use error_chain::error_chain;
pub use fault::{BoxError, Fault, IntoFault};
pub use handler::{
    Aggregate, Answered, Answers, Attempt, Begin, Decide, Decider, Decides, DomainEvent, Done, Effect,
    EmitsNothing, EventSourced, Failure, Flow, Folded, Handler, History, LONGEST_SERVICE_NAME, NoTimer, Out,
    Past, Process, Project, Projection, Raised, Record, Recorded, Recorder, Records, Refusal, Replay, RowKey,
    RowPage, Rows, Sequencing, Service, ServiceError, Snapshots, StagedMessage, Step, Translation, Unit,
    View, catalog, is_service_name,
};
pub use hint::{WAKE, hint};
pub use host::Host;
pub use row::{Entity, HistoryError, Loaded, RecordedBy};
pub use table::Table;
pub use token::Token;
pub use waxseal_message::{
    Ancestor, Bus, Channel, Command, Contains, Declared, DeclaredQuery, DecodeError, Destination, Emits,
    Envelope, Event, Header, IntoTenant, InvalidTenant, LONGEST_REASON, Malformed, Message, NotATime, Origin,
    OutOfRange, PublishingProgram, Query, Quoted, REQUIRED, Raw, Tenant, Timestamp, UNDOES, Undoes,
    UnknownDestination, clip, cloudevents, command, derived_id, event, foreign, hash, is_plain_name, lacking,
    payload_hash, pointer, query, sqs,
};
pub use waxseal_pattern::{Filter, FilterError};
