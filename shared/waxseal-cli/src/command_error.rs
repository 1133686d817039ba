//! The ways in which a command ends without success, each with its exit code.

use std::io;

use waxseal::BoxError;
use waxseal_local::LocalError;

/// A command that did not succeed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// It failed.
    #[error("{0}")]
    Failed(String),
    /// It was typed wrongly.
    #[error("{0}")]
    Usage(String),
    /// There are findings or differences, and they were printed.
    #[cfg(feature = "infra")]
    #[error("{0}")]
    Findings(String),
    /// The machine lacks something.
    #[error("{0}")]
    Missing(String),
    /// A program that was started said why it failed; its exit code.
    #[error("{program} ended with exit code {code}")]
    Program {
        /// The program.
        program: &'static str,
        /// Its exit code.
        code: u8,
    },
    /// Ctrl-C, or SIGTERM.
    #[error("interrupted")]
    Interrupted,
}

impl CommandError {
    /// The exit code. The crate's front page lists them, and so does `--help`.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Failed(_) => 1,
            Self::Usage(_) => 2,
            #[cfg(feature = "infra")]
            Self::Findings(_) => 3,
            Self::Missing(_) => 4,
            Self::Program { code, .. } => *code,
            Self::Interrupted => 130,
        }
    }

    /// A failure of a file or a folder.
    pub(crate) fn io(what: impl std::fmt::Display) -> impl FnOnce(io::Error) -> Self {
        move |error| Self::Failed(format!("{what}: {error}"))
    }
}

impl From<BoxError> for CommandError {
    fn from(error: BoxError) -> Self {
        Self::Failed(waxseal::error_chain(&*error))
    }
}

impl From<LocalError> for CommandError {
    fn from(error: LocalError) -> Self {
        Self::Failed(waxseal::error_chain(&error))
    }
}
