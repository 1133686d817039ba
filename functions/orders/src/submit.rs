//! Placing and cancelling by call: what HTTP does, for whoever is in the same process.

use std::collections::BTreeMap;

use order_events::CancelReason;
use serde_json::Value;
use waxseal::{Engine, Envelope, Failure, Message as _, Outcome, Raw};

use crate::{CancelOrder, Order, PlaceOrder, Refused, Status, Submission, submission::LONGEST_ID};

/// The source of what customers ask over HTTP: with the key, the identity that receipts remember.
const SOURCE: &str = "http";

/// An accepted order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Its id.
    pub order_id: String,
    /// Where it is: placed, or further on where the submission is a repeat.
    pub status: Status,
    /// Whether the same key brought the same order before.
    pub repeated: bool,
}

/// Why a request was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum Rejected {
    /// The key came with another order before.
    #[error("this key was used before with another order: repeat that order, or use a new key")]
    KeyReused,
    /// The service refused.
    #[error(transparent)]
    Refused(Refused),
    /// It could not be carried out now, or at all; nothing was changed.
    #[error(transparent)]
    Failed(Failure),
}

impl From<Failure> for Rejected {
    fn from(failure: Failure) -> Self {
        match &failure {
            Failure::PayloadMismatch { .. } => Self::KeyReused,
            Failure::Fault(fault) => match fault.reason().downcast_ref::<Refused>() {
                Some(refused) => Self::Refused(refused.clone()),
                None => Self::Failed(failure),
            },
            _ => Self::Failed(failure),
        }
    }
}

/// Places an order: once per key, however often it is submitted.
///
/// `metadata` travels along with everything that follows: `traceparent`, for one.
///
/// # Errors
/// [`Rejected::KeyReused`], [`Refused::Exists`], or a table that cannot be reached.
pub async fn submit(
    engine: &Engine,
    submission: &Submission,
    metadata: BTreeMap<String, Value>,
) -> Result<Placed, Rejected> {
    // The payload as it was submitted and not the typed order, so that the hash is of all of it.
    let data = serde_json::value::to_raw_value(&submission.payload)
        .map_err(|error| Failure::Fault(waxseal::Fault::permanent(error)))?;
    let order_id = submission.order.order_id.clone();
    let command = Raw {
        id: submission.key.clone(),
        name: PlaceOrder::NAME.to_owned(),
        version: PlaceOrder::VERSION,
        timestamp: engine.now(),
        source: SOURCE.to_owned(),
        correlation_id: submission.key.clone(),
        causation_id: None,
        data,
        metadata,
    };
    match engine.handle(&command).await? {
        Outcome::Applied => Ok(Placed { order_id, status: Status::Placed, repeated: false }),
        Outcome::Duplicate | Outcome::Stale => {
            let order = find(engine, &order_id).await?;
            let status = order.map_or(Status::Placed, |order| order.status);
            Ok(Placed { order_id, status, repeated: true })
        }
    }
}

/// Cancels an order for its customer. Cancelling it again changes nothing and is fine.
///
/// # Errors
/// [`Refused`] where there is none or it has ended otherwise; or a table that cannot be reached.
pub async fn cancel(
    engine: &Engine,
    order_id: &str,
    metadata: BTreeMap<String, Value>,
) -> Result<Status, Rejected> {
    let order = find(engine, order_id).await?;
    let order = order.ok_or_else(|| Rejected::Refused(Refused::NoSuchOrder(order_id.to_owned())))?;
    // One cancellation per order: whoever asks, and however often, it is the same command.
    let id = format!("cancel:{order_id}");
    let data = CancelOrder { order_id: order_id.to_owned() };
    let mut command = Envelope { metadata, ..Envelope::starting(id, SOURCE, engine.now(), data) }
        .into_raw()
        .map_err(|error| Rejected::Failed(Failure::Fault(waxseal::Fault::permanent(error))))?;
    command.correlation_id = order.correlation_id;
    engine.handle(&command).await?;
    Ok(Status::Cancelled(CancelReason::Customer))
}

/// The order, if there is one.
///
/// # Errors
/// Where the table cannot be read.
pub async fn find(engine: &Engine, order_id: &str) -> Result<Option<Order>, Failure> {
    // Longer ones were never accepted, and a table's key has its limits.
    if order_id.is_empty() || order_id.len() > LONGEST_ID {
        return Ok(None);
    }
    engine.read::<Order>(order_id).await
}
