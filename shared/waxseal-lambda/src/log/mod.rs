//! Log lines: JSON on standard output, with ids, never with a payload. Each line is one object of at most 16 KiB.

mod fields;
mod init;
mod line;
mod panics;

pub(crate) use init::init;
pub(crate) use line::print_error;
pub(crate) use panics::begin_serving;
