//! `relay`: publishes the emissions of one table's receipts to EventBridge, SNS and SQS. It reads
//! them from the table's stream, or, for a sweep that a person invokes, from the receipts
//! themselves.
//!
//! It is one binary, with one instance in each service's stack and that service's permissions. An
//! IAM condition ensures that only the owner publishes an event. The relay decides nothing: it
//! publishes the stored bytes, and the response to Lambda is the checkpoint (O-1, O-3, O-6).

mod relay;

pub use relay::relay;
