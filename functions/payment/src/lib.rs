//! `payment`: charges and refunds through an outside gateway.
//!
//! What the gateway does cannot join our transaction, so both handlers are [`Effect`](waxseal::Effect)s: they claim the
//! event, act with a key that is the same on every attempt, and commit with the claim's token. The gateway honours keys, so
//! a charge whose answer was lost is answered again and not made again.

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
