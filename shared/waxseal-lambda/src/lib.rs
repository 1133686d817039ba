//! What Lambda delivers and expects back: sources in, batch responses out, the runtime loop.
//!
//! A [`Function`] runs a service's handlers; a [`Relay`] publishes what they emitted. Both take the JSON that Lambda delivers
//! and give the JSON that Lambda expects ([`Invoke`]). [`start`] runs them under a Lambda Runtime API; the embedded
//! environment gives them the same bytes. No SDK client is known here: tables, publishers and dead letters are traits of
//! `waxseal`.
//!
//! ```no_run
//! # async fn function() -> Result<waxseal_lambda::Function, std::io::Error> { Err(std::io::Error::other("")) }
//! // A function's whole main; `function` puts the service on its table.
//! # mod binary { use super::*; use waxseal_lambda as _;
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> std::process::ExitCode {
//!     waxseal_lambda::start(function()).await
//! }
//! # }
//! # fn main() {}
//! ```

mod code;
mod deadline;
mod error;
mod function;
mod http;
mod invocation;
mod invoke;
mod json;
#[cfg(feature = "ledger")]
mod ledger;
mod log;
mod payload;
mod process;
mod relay;
mod release;
mod response;
mod runtime;
mod shutdown;
mod source;
mod sweep;
mod tick;
mod trace;

pub use code::Code;
pub use deadline::points;
pub use error::InvokeError;
pub use function::Function;
pub use http::Queries;
pub use invocation::Invocation;
pub use invoke::Invoke;
pub use lambda_runtime::Error;
#[cfg(feature = "ledger")]
pub use ledger::Ledger;
pub use relay::Relay;
pub use runtime::{run, start};
