//! Why nothing was written, or not everything.

use std::{io, path::PathBuf};

/// A command that did not succeed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A name that cannot be taken.
    #[error("`{name}` cannot be the name of {subject}: {reason}")]
    Name { name: String, subject: &'static str, reason: String },
    /// It does not fit the workspace.
    #[error("{0}")]
    Unfit(String),
    /// A file that would be overwritten.
    #[error("{} exists already: nothing was written", .0.display())]
    Exists(PathBuf),
    /// A file that cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
}

impl Error {
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Io { .. } => 1,
            Self::Name { .. } | Self::Unfit(_) | Self::Exists(_) => 2,
        }
    }

    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
