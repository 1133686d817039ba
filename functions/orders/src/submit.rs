//! Placing, cancelling and returning by call, for callers in the same process. HTTP does the same.

use std::collections::BTreeMap;

use order_events::CancelReason;
use serde_json::Value;
use waxseal::{Call, Engine, Failure};

use crate::{
    aggregate::{Orders, Refused},
    commands::{CancelOrder, PlaceOrder, ReturnOrder},
    order::{Order, Status},
    submission::{LONGEST_ID, Submission},
};

/// The source of commands over HTTP. With the key it is the identity in receipts.
const SOURCE: &str = "http";

/// The reason why a request was not carried out.
pub type Rejected = waxseal::Rejected<Refused>;

/// An accepted order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Its id.
    pub order_id: String,
    /// The status: placed, or a later one where the submission is a repeat.
    pub status: Status,
    /// Whether the same key came with the same order before.
    pub repeated: bool,
}

/// Places an order, once for each key.
///
/// `metadata`, for example `traceparent`, travels with all messages that follow.
///
/// # Errors
/// [`Rejected`]: the key came with another order, [`Refused::Exists`], or a table that cannot be reached.
pub async fn submit(
    engine: &Engine,
    submission: &Submission,
    metadata: BTreeMap<String, Value>,
) -> Result<Placed, Rejected> {
    // A call finds the aggregate by its name, which is the same in both styles.
    //
    // The call takes the submitted payload and not the typed order, so that the hash covers all of
    // it.
    let call = Call::<PlaceOrder>::of_payload(SOURCE, &submission.key, &submission.payload);
    let answer = engine.call::<Orders, _>(call.metadata(metadata)).await?;
    Ok(Placed {
        order_id: submission.order.order_id.clone(),
        status: answer.state().map_or(Status::Placed, |order| order.status),
        repeated: answer.is_repeated(),
    })
}

/// Cancels an order for its customer. A second cancellation changes nothing and is no error.
///
/// # Errors
/// [`Rejected`]: there is no such order, it has ended otherwise, or a table that cannot be reached.
pub async fn cancel(
    engine: &Engine,
    order_id: &str,
    metadata: BTreeMap<String, Value>,
) -> Result<Status, Rejected> {
    // An order has one cancellation, so every caller sends the same command.
    let call =
        Call::new(SOURCE, format!("cancel:{order_id}"), &CancelOrder { order_id: order_id.to_owned() });
    let call = call.correlated(flow_of(engine, order_id).await?).metadata(metadata);
    engine.call::<Orders, _>(call).await?;
    Ok(Status::Cancelled(CancelReason::Customer))
}

/// Sends a confirmed order back for its customer. A second return changes nothing and is no error.
///
/// # Errors
/// [`Rejected`]: there is no such order, it is not confirmed, or a table that cannot be reached.
pub async fn give_back(
    engine: &Engine,
    order_id: &str,
    metadata: BTreeMap<String, Value>,
) -> Result<Status, Rejected> {
    let call =
        Call::new(SOURCE, format!("return:{order_id}"), &ReturnOrder { order_id: order_id.to_owned() });
    let call = call.correlated(flow_of(engine, order_id).await?).metadata(metadata);
    engine.call::<Orders, _>(call).await?;
    Ok(Status::Returned)
}

/// The flow of an order, which the customer's later commands join.
async fn flow_of(engine: &Engine, order_id: &str) -> Result<String, Rejected> {
    let order = find(engine, order_id).await?;
    let order = order.ok_or_else(|| Rejected::Refused(Refused::NoSuchOrder(order_id.to_owned())))?;
    Ok(order.correlation_id)
}

/// The order, if there is one.
///
/// # Errors
/// Where the table cannot be read.
pub async fn find(engine: &Engine, order_id: &str) -> Result<Option<Order>, Failure> {
    // Longer ids were never accepted, and a table's key has a limit.
    if order_id.is_empty() || order_id.len() > LONGEST_ID {
        return Ok(None);
    }
    engine.read::<Order>(order_id).await
}
