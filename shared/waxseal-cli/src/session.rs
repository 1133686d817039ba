//! The application in one process, as hooks of a command line see it.

use std::{fmt, time::Instant};

use waxseal_local::{Local, Queue};

/// An embedded environment in which an application is about to start.
#[derive(Debug)]
pub struct Start<'a> {
    pub(crate) local: &'a Local,
    pub(crate) is_real_time: bool,
}

impl Start<'_> {
    /// The environment, with its clock and its source of chance for stand-ins.
    #[must_use]
    pub fn local(&self) -> &Local {
        self.local
    }

    /// Whether the clock is the machine's: in `serve` and `dev`, not in `run`.
    #[must_use]
    pub fn is_real_time(&self) -> bool {
        self.is_real_time
    }
}

/// An application that runs in one process. `S` is what its stand-ins keep.
pub struct Session<'a, S> {
    pub(crate) local: &'a Local,
    pub(crate) state: &'a S,
    pub(crate) published: Queue,
    pub(crate) is_real_time: bool,
    pub(crate) is_json: bool,
    pub(crate) seed: u64,
    pub(crate) arguments: &'a [String],
    pub(crate) addresses: Vec<(String, u16)>,
    pub(crate) began: Instant,
}

impl<S> Session<'_, S> {
    /// The environment.
    #[must_use]
    pub fn local(&self) -> &Local {
        self.local
    }

    /// What the start of the application returned beside it.
    #[must_use]
    pub fn state(&self) -> &S {
        self.state
    }

    /// A queue that gets a copy of everything that is published, on the bus and on topics.
    #[must_use]
    pub fn published(&self) -> &Queue {
        &self.published
    }

    /// Whether the clock is the machine's.
    #[must_use]
    pub fn is_real_time(&self) -> bool {
        self.is_real_time
    }

    /// Whether `--json` was given: a report then ends with one JSON value on a line of standard
    /// output.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.is_json
    }

    /// The source of all chance.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The application's own arguments: those after `--`.
    #[must_use]
    pub fn arguments(&self) -> &[String] {
        self.arguments
    }

    /// The services that answer HTTP, with their ports on 127.0.0.1. Empty in `run`.
    #[must_use]
    pub fn addresses(&self) -> &[(String, u16)] {
        &self.addresses
    }

    /// The seconds of real time since the start.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }
}

impl<S> fmt::Debug for Session<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("local", &self.local).finish_non_exhaustive()
    }
}
