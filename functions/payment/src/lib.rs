//! `payment`: charges and refunds through an outside gateway.
//!
//! The gateway's action cannot join the transaction, so both handlers are
//! [`Effect`](waxseal::Effect)s. They take a lease on the event, act with a key that is the same on
//! every attempt, and commit with the lease's token. The gateway honours keys, so it answers a
//! charge whose answer was lost again and does not make it again.

mod charge;
mod gateway;
#[cfg(feature = "lambda")]
mod https;
mod record;
mod refund;

pub use gateway::{Gateway, GatewayError, TIME_OUT};
#[cfg(feature = "lambda")]
pub use https::{Https, HttpsError};
pub use record::Payment;

/// The handlers of `payment`, which call `gateway`.
pub fn service(gateway: impl Gateway) -> waxseal::Service {
    let gateway = std::sync::Arc::new(gateway);
    waxseal::Service::new("payment")
        .effect(charge::ChargeCard { gateway: gateway.clone() })
        .effect(refund::RefundCharge { gateway })
}
