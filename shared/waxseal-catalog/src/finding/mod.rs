//! Mistakes that only the whole application shows, each with a code and the way to mend it.
//!
//! [`App::check`](crate::App::check) reports them. The embedded environment, the templates and
//! `make infra` show the same list.

mod check;
pub(crate) mod code;
mod infrastructure;
mod messages;
mod patterns;
mod processes;
mod report;
pub(crate) mod routes;
mod services;
mod statements;
mod undo;

pub use self::{code::FindingCode, report::Finding};
