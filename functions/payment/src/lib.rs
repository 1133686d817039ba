//! `payment`: charges and refunds through an outside gateway.
//!
//! It reacts to the events of `inventory` and `orders`, or takes the commands of `fulfilment`: the
//! [style](order_events::Style) of the application decides which of them are registered.
//!
//! The gateway's action cannot join the transaction, so all handlers are
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
pub use record::{MoneyMoved, Payment};

/// The handlers of `payment` in this style, which call `gateway`. Returns are the same in both.
pub fn service(style: order_events::Style, gateway: impl Gateway) -> waxseal::Service {
    let gateway = std::sync::Arc::new(gateway);
    let service = waxseal::Service::new("payment")
        .keeps_history::<Payment>()
        .effect(refund::OnStockRestocked { gateway: gateway.clone() });
    match style {
        order_events::Style::Choreography => service
            .effect(charge::OnStockReserved { gateway: gateway.clone() })
            .effect(refund::OnRefundDue { gateway }),
        order_events::Style::Orchestration => service
            .effect(charge::OnChargeCard { gateway: gateway.clone() })
            .effect(refund::OnRefundCard { gateway }),
    }
}
