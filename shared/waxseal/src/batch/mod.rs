//! A batch of records: when each one runs, which ones are reported as failed, and which are
//! dead-lettered.
//!
//! [`Batches`] runs a batch on an engine. Records of one group, about one entity or of one identity
//! run one after another, all others at once. The folder knows no source.

mod backoff;
mod batches;
mod choice;
mod conclude;
mod dead_letter;
mod lanes;
mod outcome;
mod place;
mod policy;
mod progress;
mod rebuild;
mod record;
mod response;
mod round;
mod run;

pub use backoff::{Backoff, Delay, LONGEST_DELAY, Visibility};
pub use batches::Batches;
pub use choice::Choice;
pub use dead_letter::dead_letter;
pub use outcome::RecordOutcome;
pub use place::Place;
pub use policy::{GroupPolicy, MARGIN, MalformedPolicy, Policy, TotalFailure};
pub use rebuild::{Rebuild, RebuildError};
pub use record::{Content, ReceiptHandle, Record};
pub use response::{MissingId, failures};

pub use crate::commit::Grouping;
