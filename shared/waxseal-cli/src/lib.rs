//! The command line of an application: one binary that runs it, serves it, writes its templates and
//! deploys it.
//!
//! [`main`] takes the [`App`](waxseal_catalog::App) and is the whole program:
//!
//! ```no_run
//! # mod binary {
//! use std::process::ExitCode;
//! use waxseal_catalog::App;
//!
//! fn main() -> ExitCode {
//!     waxseal_cli::main(app())
//! }
//! # fn app() -> App { App::new("shop") }
//! # }
//! # fn main() {}
//! ```
//!
//! A [`CommandLine`] is the same with what an application adds: the input of `run`, a report of its
//! own, and stand-ins for everything outside.
//!
//! ```no_run
//! # use waxseal_catalog::App;
//! # fn app() -> App { App::new("shop") }
//! # struct Gateway; impl Gateway { fn charged(&self) -> u64 { 0 } }
//! # fn app_with(_: &Gateway) -> App { app() }
//! use waxseal_cli::CommandLine;
//!
//! let command_line = CommandLine::with_stand_ins(app(), |_| {
//!     let gateway = Gateway;
//!     Ok((app_with(&gateway), gateway))
//! })
//! .on_run(|session| {
//!     // Orders go in here: `session.local()` takes HTTP requests, events and commands.
//!     session.local().run_until_idle();
//!     println!("{} charges", session.state().charged());
//!     Ok(())
//! });
//! # let _ =
//! waxseal_cli::main(command_line);
//! ```
//!
//! # Exit codes
//!
//! | code | says |
//! |---|---|
//! | 0 | done |
//! | 1 | it failed: a stack, an invocation, a run with dead letters |
//! | 2 | the command was typed wrongly, or a parameter is missing |
//! | 3 | there are findings or differences, in `infra check`, `infra diff` and `processes check`, or in a command that refuses to go on with them |
//! | 4 | this machine lacks something: a tool, a LocalStack that answers |
//! | 130 | interrupted |
//!
//! # Features
//!
//! `infra`, on by default, adds the templates' commands. `aws` adds the commands that speak to AWS.
//! They run the `aws` command, so no feature links an SDK.

mod arguments;
#[cfg(feature = "aws")]
mod aws;
mod catalog;
mod command_error;
mod command_line;
mod dev;
#[cfg(feature = "infra")]
mod infra;
mod interrupt;
mod invoke;
mod launcher;
mod localstack;
mod log;
mod print;
#[cfg(feature = "aws")]
mod processes;
mod program;
mod report;
mod retire;
mod run;
mod serve;
mod server;
mod session;
mod watch;
mod workspace;

pub use command_line::CommandLine;
pub use program::main;
pub use session::{Session, Start};
