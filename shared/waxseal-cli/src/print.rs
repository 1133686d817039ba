//! Output: results on standard output, progress on standard error.

use std::{
    fmt::Display,
    io::{self, Write as _},
};

/// A line of the result. A reader that has closed standard output has read enough.
pub(crate) fn line(text: impl Display) {
    let _ = writeln!(io::stdout(), "{text}");
}

/// A line of progress, for people.
pub(crate) fn progress(text: impl Display) {
    let _ = writeln!(io::stderr(), "{text}");
}
