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
//! | [`service`] | the handlers |

mod commands;
mod http;
mod order;
mod problem;
mod reactions;
pub mod submission;
mod submit;

pub use commands::{CancelOrder, PlaceOrder, Refused};
pub use http::router;
pub use order::{Order, Status, Stored};
pub use submission::Submission;
pub use submit::{Placed, Rejected, cancel, find, submit};

/// The handlers of `orders`.
pub fn service() -> waxseal::Service {
    waxseal::Service::new("orders")
        .decide(commands::Place)
        .decide(commands::Cancel)
        .decide(reactions::NoteReservation)
        .decide(reactions::CancelShort)
        .decide(reactions::ConfirmCaptured)
        .decide(reactions::CancelDeclined)
}
