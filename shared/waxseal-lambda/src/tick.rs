//! A rule's request to a relay, once a minute: `{"tick":{}}` (S-69).

use futures_util::future::BoxFuture;
use serde::Serialize;
use waxseal::{
    End, Point, clip,
    dead_letter::DeadLetters,
    error_chain,
    relay::{Publish, Relay, Ticked, Timers, tick},
    table::{Due, DuePage, TableError},
};

use crate::{
    error::InvokeError,
    json::{Object, kind},
};

/// [`Timers`], erased.
trait AnyTimers: Send + Sync {
    fn due<'a>(&'a self, due: &'a Due) -> BoxFuture<'a, Result<DuePage, TableError>>;
}

impl<T: Timers> AnyTimers for T {
    fn due<'a>(&'a self, due: &'a Due) -> BoxFuture<'a, Result<DuePage, TableError>> {
        Box::pin(Timers::due(self, due))
    }
}

/// Erased timers as timers again.
struct Erased<'a>(&'a dyn AnyTimers);

impl Timers for Erased<'_> {
    async fn due(&self, due: &Due) -> Result<DuePage, TableError> {
        self.0.due(due).await
    }
}

/// The parts that a relay needs to tick.
pub(crate) struct Ticker {
    /// The service whose queue takes the hints. A relay's own name may be another.
    service: String,
    timers: Box<dyn AnyTimers>,
}

/// The counts of a tick.
#[derive(Serialize)]
struct Answer {
    due: u64,
    hinted: u64,
}

impl Ticker {
    pub(crate) fn new(service: impl Into<String>, timers: impl Timers + 'static) -> Self {
        Self { service: service.into(), timers: Box::new(timers) }
    }

    /// Sends a hint for each row that is due. A tick whose time is up fails, so that the alarm for
    /// errors sees it; the next one finds what is left.
    pub(crate) async fn tick(
        &self,
        relay: Relay<'_, impl Publish, impl DeadLetters>,
        payload: &str,
        mut end: End<'_>,
    ) -> Result<Vec<u8>, InvokeError> {
        check(payload)?;
        let relay = Relay { service: &self.service, ..relay };
        let timers = Erased(&*self.timers);
        let Ticked { due, hinted, .. } = match end.within(Point::Cutoff, tick(&relay, &timers)).await {
            Some(ticked) => ticked.map_err(|error| stopped(clip(&error_chain(&error), 1024)))?,
            None => return Err(stopped("its time was up before the index and the queue had answered")),
        };
        tracing::debug!(due, hinted, "ticked");
        serde_json::to_vec(&Answer { due, hinted }).map_err(InvokeError::Response)
    }
}

fn stopped(problem: impl Into<String>) -> InvokeError {
    InvokeError::TickStopped { problem: problem.into() }
}

/// Refuses a payload of another form: it is read strictly, as that of a sweep.
fn check(payload: &str) -> Result<(), InvokeError> {
    let payload = Object::parse(payload).unwrap_or_default();
    let only = |object: &Object<'_>, known: &[&str]| object.only(known).map_err(stopped);
    only(&payload, &["tick"])?;
    match payload.object("tick") {
        Some(members) => only(&members, &[]),
        None => {
            let found = payload.get("tick").map_or("null", |value| kind(value.get()));
            Err(stopped(format!("`tick` is {found}, not an object")))
        }
    }
}
