//! `orders`: HTTP for customers, and the one place that knows where an order is.
//!
//! An order is placed, then reserved, then confirmed, or it is cancelled: [`Order`] is that state machine. It hears
//! from `inventory` and `payment` in any order and any number of times, and ends the same.
//!
//! | part | what |
//! |---|---|
//! | [`router`] | `POST /orders`, `GET /orders/{id}`, `POST /orders/{id}/cancel`, `GET /health` |
//! | [`submission`] | the formats of an order as it arrives, over HTTP or as a line of a file, and what is refused |
//! | [`submit`], [`cancel`] | the same by call |
//! | [`Orders`] | the aggregate: everything that may change an order |
//! | [`service`] | the service |

mod aggregate;
mod commands;
mod events;
mod http;
mod order;
mod problem;
pub mod submission;
mod submit;

pub use aggregate::{Orders, Refused};
pub use commands::{CancelOrder, PlaceOrder};
pub use http::router;
pub use order::{Order, Status};
pub use submission::Submission;
pub use submit::{Placed, Rejected, cancel, find, submit};

/// The service `orders`.
pub fn service() -> waxseal::Service {
    waxseal::Service::new("orders").aggregate(Orders)
}
