//! The order platform: its declaration, and its run in one process on the embedded environment.
//!
//! [`app`] is the one declaration, in two [styles](Style). The platform here and the templates of `infra` read it.
//! [`command_line`] is all that the platform adds to the command line of any application: `run`
//! feeds a file of orders through every service and shows the outcome of each, and `serve` keeps the
//! platform running with its HTTP API. No AWS SDK is compiled for either.

mod app;
mod books;
mod command_line;
pub mod compare;
mod feed;
mod gateway;
mod input;
pub mod lines;
mod mailbox;
pub mod options;
mod platform;
pub mod report;
mod summary;
pub mod timeline;
mod tree;
mod watch;

pub use app::{DEPLOYED, Outside, app, declared};
pub use books::{Books, Cancelled};
pub use command_line::{OneProcess, command_line};
pub use feed::{Answers, Feed};
pub use gateway::{Gateway, LostAnswer};
pub use input::{Stock, Unreadable, read};
pub use mailbox::Mailbox;
pub use platform::{Platform, Setup, SetupError, entity};
pub use summary::Summary;
pub use tree::Story;
pub use watch::{Seen, Watch};

pub use fulfilment::Deadlines;
pub use order_events::Style;
