//! Publishing to EventBridge, SNS and SQS, with a result per entry (S-26). A relay and a program
//! without a table share it.
//!
//! Order is kept within a channel. Entries go out in the order given, and after an entry that failed for now the rest of its
//! channel waits for the next round. Within one request the service decides; EventBridge keeps no order at all, so that is
//! no loss. An entry that is denied delays no other: EventBridge denies by source and type, so the others are allowed.

mod channel;
mod chunks;
mod entry;
mod lanes;
mod publisher;
mod refusal;
mod send;

pub(crate) use channel::Channels;
pub use publisher::Publisher;
