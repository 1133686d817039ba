//! An application's declaration with what it adds to its command line.

use std::fmt;

use waxseal::BoxError;
use waxseal_catalog::App;

use crate::session::{Session, Start};

/// Starts an application in one process.
pub(crate) type Starter<S> = Box<dyn Fn(&Start<'_>) -> Result<(App, S), BoxError>>;
/// A part of a command that the application brings.
pub(crate) type Hook<S> = Box<dyn Fn(&Session<'_, S>) -> Result<(), BoxError>>;

/// An application's command line: its declaration, and what it adds. The crate's front page has an
/// example. An [`App`] alone becomes one as it is.
pub struct CommandLine<S = ()> {
    pub(crate) app: App,
    pub(crate) seed: u64,
    pub(crate) start: Starter<S>,
    pub(crate) on_run: Option<Hook<S>>,
    pub(crate) on_serve: Option<Hook<S>>,
    pub(crate) on_report: Option<Hook<S>>,
}

impl CommandLine {
    /// The command line of an application that runs in one process as it is declared.
    #[must_use]
    pub fn new(app: App) -> Self {
        let declared = app.clone();
        Self::with_stand_ins(app, move |_| Ok((declared.clone(), ())))
    }
}

impl<S> CommandLine<S> {
    /// The command line of an application that has another outside in one process.
    ///
    /// `app` is the declaration, which templates and catalog read. `start` makes the application for
    /// one process, with its stand-ins, and returns what hooks need of them.
    #[must_use]
    pub fn with_stand_ins(
        app: App,
        start: impl Fn(&Start<'_>) -> Result<(App, S), BoxError> + 'static,
    ) -> Self {
        let start = Box::new(start);
        Self { app, seed: 0, start, on_run: None, on_serve: None, on_report: None }
    }

    /// The seed of a run that names none: 0 unless set.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The input of `run`. The command goes on until nothing is left to do, and reports.
    #[must_use]
    pub fn on_run(mut self, feed: impl Fn(&Session<'_, S>) -> Result<(), BoxError> + 'static) -> Self {
        self.on_run = Some(Box::new(feed));
        self
    }

    /// Called when `serve` listens: to print how to talk to it, or to begin with some input.
    #[must_use]
    pub fn on_serve(mut self, hook: impl Fn(&Session<'_, S>) -> Result<(), BoxError> + 'static) -> Self {
        self.on_serve = Some(Box::new(hook));
        self
    }

    /// The report at the end of `run` and `serve`, in the place of the general one. An error makes
    /// the command fail.
    #[must_use]
    pub fn on_report(mut self, report: impl Fn(&Session<'_, S>) -> Result<(), BoxError> + 'static) -> Self {
        self.on_report = Some(Box::new(report));
        self
    }
}

impl From<App> for CommandLine {
    fn from(app: App) -> Self {
        Self::new(app)
    }
}

impl<S> fmt::Debug for CommandLine<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommandLine").field("app", &self.app.name).finish_non_exhaustive()
    }
}
