//! For tests: DynamoDB's wire protocol over a table in memory, and recorded answers of any service.
//!
//! A [`WireTable`] sits where the network would be: everything above it (the SDK, its retries, its serialisation, this
//! crate's [`Dynamo`](crate::Dynamo)) is the real thing, and every request is kept for counting. What it does with a
//! condition follows from the expression that arrives, parsed; it knows nothing of the code that sent it.
//!
//! ```
//! use waxseal::{Table, table::{Action, Condition, Item, Key, Write}};
//! use waxseal_aws::testing::{Disturbance, WireTable};
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let wire = WireTable::new("orders");
//! let table = wire.table();
//! let item = Item::new(Key::of("order", &["o-1"], "state")).text("owner", "me");
//! let put = Write { action: Action::Put(item), condition: Condition::Absent { now: waxseal::Timestamp::UNIX_EPOCH } };
//!
//! wire.disturb(Disturbance::LostAnswer); // applied, but the answer is lost: the SDK's retry is refused
//! let refused = table.write(&[put]).await.unwrap_err();
//! assert_eq!(refused.to_string(), "refused by the condition on order#o-1 / state");
//! assert_eq!(wire.actions(), ["PutItem", "PutItem"]);
//! # });
//! ```

mod capacity;
mod expression;
mod network;
mod protocol;
mod reads;
mod replay;
mod request;
mod state;
mod table;
mod timers;
mod writes;

pub use capacity::Capacity;
pub use network::sdk_at;
pub use replay::{Answer, Replay};
pub use request::{Call, Disturbance};
pub use table::WireTable;
