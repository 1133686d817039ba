//! `orders`: HTTP for customers, and the one place that knows an order's status.
//!
//! An order is placed, then reserved, then confirmed, or it is cancelled: [`Order`] is that state
//! machine. Events of `inventory` and `payment` may arrive in any order and any number of times;
//! the end is the same.
//!
//! | part | content |
//! |---|---|
//! | [`router`] | `POST /orders`, `GET /orders/{id}`, `POST /orders/{id}/cancel`, `GET /health` |
//! | [`path_of`] | the path of an order |
//! | [`submission`] | the formats of a submitted order, over HTTP or as a line of a file, and its refusals |
//! | [`submit`], [`cancel`] | the same by call |
//! | [`Orders`] | the aggregate: an order and every message that may change it |
//! | [`service`] | the service |

mod aggregate;
mod commands;
mod events;
mod http;
mod order;
mod problem;
mod requests;
pub mod submission;
mod submit;

pub use aggregate::{Orders, Refused};
pub use commands::{CancelOrder, PlaceOrder};
pub use http::{path_of, router};
pub use order::{Order, Status};
pub use submission::Submission;
pub use submit::{Placed, Rejected, cancel, find, submit};

/// The service `orders`.
pub fn service() -> waxseal::Service {
    waxseal::Service::new("orders").aggregate(Orders)
}
