//! `orders`: HTTP for customers, and the one place that knows an order's status.
//!
//! An order is placed, then reserved, then confirmed, or it is cancelled: [`Order`] is that state
//! machine. In choreography the events of `inventory` and `payment` move it. They may arrive in any
//! order and any number of times; the end is the same. In orchestration `fulfilment` moves it.
//!
//! | part | content |
//! |---|---|
//! | [`router`] | `POST /orders`, `GET /orders/{id}`, `POST /orders/{id}/cancel` and `/return`, `GET /health` |
//! | [`path_of`] | the path of an order |
//! | [`submission`] | the formats of a submitted order, over HTTP or as a line of a file, and its refusals |
//! | [`submit`], [`cancel`], [`give_back`] | the same by call |
//! | [`Orders`], [`OrchestratedOrders`] | the aggregates: an order and every message that may change it |
//! | [`service`] | the service |

mod aggregate;
mod commands;
mod events;
mod fulfilment;
mod http;
mod order;
mod problem;
mod requests;
pub mod submission;
mod submit;

pub use aggregate::{OrchestratedOrders, Orders, Refused};
pub use commands::{CancelOrder, PlaceOrder, ReturnOrder};
pub use http::{path_of, router};
pub use order::{Order, Status};
pub use submission::Submission;
pub use submit::{Placed, Rejected, cancel, find, give_back, submit};

/// The service `orders` in this style.
pub fn service(style: order_events::Style) -> waxseal::Service {
    let service = waxseal::Service::new("orders");
    match style {
        order_events::Style::Choreography => service.aggregate(Orders),
        order_events::Style::Orchestration => service.aggregate(OrchestratedOrders),
    }
}
