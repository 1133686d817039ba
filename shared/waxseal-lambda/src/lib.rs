//! What Lambda delivers and expects back: sources in, batch responses out, the runtime loop.
//!
//! A [`Function`] takes the JSON that Lambda delivers and gives the JSON that Lambda expects. [`start`] runs it under
//! a Lambda Runtime API; the embedded environment calls [`Function::invoke`] with the same bytes. No SDK client is
//! known here: tables, publishers and dead letters are traits of `waxseal`.
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

mod end;
mod error;
mod function;
mod http;
mod json;
mod log;
mod payload;
mod relay;
mod release;
mod response;
mod runtime;
mod shutdown;
mod source;
mod sweep;
mod trace;

pub use end::points;
pub use error::InvokeError;
pub use function::{Function, Invocation};
pub use lambda_runtime::Error;
pub use runtime::{run, start};
