//! The order platform in one process: the main job of this repository, on the embedded environment.
//!
//! `make run` feeds a file of orders through every service and shows what became of them; `make
//! serve` keeps the platform running with its HTTP API. No AWS SDK is compiled for either.

mod app;
mod books;
mod feed;
mod gateway;
mod input;
pub mod lines;
mod mailbox;
pub mod options;
mod platform;
pub mod report;
pub mod serve;
mod summary;
mod tree;

pub use app::{Outside, app};
pub use books::{Books, Cancelled};
pub use feed::{Answers, Feed};
pub use gateway::{Gateway, LostAnswer};
pub use input::{Stock, Unreadable, read};
pub use mailbox::Mailbox;
pub use platform::{Platform, Setup, SetupError, entity};
pub use summary::Summary;
pub use tree::Story;
