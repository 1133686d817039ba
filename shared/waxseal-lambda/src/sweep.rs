//! A person's request to a relay: `{"sweep":{"from":"2026-11-20T00:00:00Z"}}`.
//!
//! The request is read strictly: a misspelt member would otherwise be ignored in silence. The answer says how far the sweep
//! came.

use std::{borrow::Cow, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use serde::Serialize;
use waxseal::{
    End, Host, Point, Timestamp,
    batch::MARGIN,
    clip,
    dead_letter::DeadLetters,
    error_chain,
    relay::{Counts, Publish, Receipts, Relay, Sweep, Window},
    table::{Key, ScanPage, TableError},
};

use crate::{
    error::InvokeError,
    json::{Object, kind},
};

/// [`Receipts`], erased.
trait AnyReceipts: Send + Sync {
    fn emitted<'a>(&'a self, after: Option<&'a Key>) -> BoxFuture<'a, Result<ScanPage, TableError>>;
}

impl<R: Receipts> AnyReceipts for R {
    fn emitted<'a>(&'a self, after: Option<&'a Key>) -> BoxFuture<'a, Result<ScanPage, TableError>> {
        Box::pin(Receipts::emitted(self, after))
    }
}

/// Erased receipts as receipts again.
struct Erased<'a>(&'a dyn AnyReceipts);

impl Receipts for Erased<'_> {
    async fn emitted(&self, after: Option<&Key>) -> Result<ScanPage, TableError> {
        self.0.emitted(after).await
    }
}

/// The parts that a relay needs to sweep.
pub(crate) struct Sweeper {
    receipts: Box<dyn AnyReceipts>,
    host: Arc<dyn Host>,
    reach: Duration,
}

impl Sweeper {
    pub(crate) fn new(receipts: impl Receipts + 'static, host: Arc<dyn Host>, reach: Duration) -> Self {
        Self { receipts: Box::new(receipts), host, reach }
    }

    /// Sweeps as `payload` says, until it is done or the invocation's time is up.
    ///
    /// `relay` gives the relay of each moment: its age rules ask for the time.
    pub(crate) async fn sweep<'a, P: Publish + 'a, D: DeadLetters + 'a>(
        &self,
        relay: impl Fn() -> Relay<'a, P, D>,
        payload: &str,
        deadline: Option<Timestamp>,
        mut end: End<'_>,
    ) -> Result<Vec<u8>, InvokeError> {
        let mut sweep = request(payload, self.host.now(), self.reach)?;
        let mut steps = 0_u64;
        while !sweep.is_complete() {
            let (receipts, relay) = (Erased(&*self.receipts), relay());
            let ended = end.within(Point::Stop, sweep.step(&receipts, &relay)).await;
            match ended {
                Some(Ok(())) => steps += 1,
                // The payload to go on with follows this text, and must not be clipped.
                Some(Err(error)) => {
                    return Err(stopped(&sweep, clip(&error_chain(&error), 1024).into_owned()));
                }
                None if steps == 0 => {
                    let problem =
                        "its time was up before its first step ended: raise the function's time-out";
                    return Err(stopped(&sweep, problem.to_owned()));
                }
                None => break,
            }
            let now = self.host.now();
            if deadline.is_some_and(|deadline| deadline.saturating_duration_since(now) < MARGIN) {
                break;
            }
        }
        let Counts { receipts, published, dead_lettered, failed, .. } = sweep.counts();
        let next = (!sweep.is_complete()).then(|| Request::going_on(&sweep));
        tracing::info!(receipts, published, dead_lettered, complete = next.is_none(), "swept");
        let Window { from, to } = sweep.window();
        serde_json::to_vec(&Answer { from, to, receipts, published, failed, dead_lettered, next })
            .map_err(InvokeError::Response)
    }
}

fn stopped(sweep: &Sweep, problem: String) -> InvokeError {
    let next = serde_json::to_string(&Request::going_on(sweep)).unwrap_or_default();
    InvokeError::SweepStopped { problem, counts: sweep.counts(), next }
}

/// What a sweep that came to its end, or to its invocation's end, says.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    from: Timestamp,
    to: Timestamp,
    receipts: u64,
    published: u64,
    /// None, or it would be an error.
    failed: u64,
    dead_lettered: u64,
    /// The payload to go on with; null where all is done.
    next: Option<Request>,
}

#[derive(Serialize)]
struct Request {
    sweep: Members,
}

#[derive(Serialize)]
struct Members {
    from: Timestamp,
    to: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<Place>,
}

#[derive(Serialize)]
struct Place {
    pk: String,
    sk: String,
}

impl Request {
    fn going_on(sweep: &Sweep) -> Self {
        let Window { from, to } = sweep.window();
        let place = |key: &Key| Place { pk: key.partition.to_string(), sk: key.sort.to_string() };
        Self { sweep: Members { from, to, after: sweep.after().map(place) } }
    }
}

/// The sweep that a payload asks for.
fn request(payload: &str, now: Timestamp, reach: Duration) -> Result<Sweep, InvokeError> {
    let payload = Object::parse(payload).unwrap_or_default();
    only("the payload", &payload, &["sweep"])?;
    let Some(members) = payload.object("sweep") else {
        let found = payload.get("sweep").map_or("null", |value| kind(value.get()));
        return Err(bad("sweep", format!("is {found}, not an object")));
    };
    only("sweep", &members, &["from", "to", "after"])?;
    let time = |name: &str| match members.get(name) {
        None => Ok(None),
        Some(value) => members
            .string(name)
            .and_then(|text| text.parse::<Timestamp>().ok())
            .map(Some)
            .ok_or_else(|| bad(format!("sweep.{name}"), format!("is {}", not_a_time(value.get())))),
    };
    let from = time("from")?.ok_or_else(|| bad("sweep.from", "is missing".to_owned()))?;
    // Later emissions come by the stream.
    let to = time("to")?.map_or(now, |to| to.min(now));
    if from >= to {
        return Err(bad("sweep.from", format!("is {from}, not before {to}, where the sweep would end")));
    }
    let ago = now.saturating_duration_since(from);
    if ago > reach {
        let days = reach.as_secs() / 86_400;
        return Err(bad(
            "sweep.from",
            format!(
                "is {from}, more than {days} days ago (WAXSEAL_SWEEP_DAYS): consumers may have forgotten what they have seen \
                 by then, and what is published again would take effect again"
            ),
        ));
    }
    let after = match members.get("after") {
        None => None,
        Some(value) => {
            let place = members.object("after").ok_or_else(|| {
                bad("sweep.after", format!("is {}, not the object of an earlier answer", kind(value.get())))
            })?;
            only("sweep.after", &place, &["pk", "sk"])?;
            let part = |name: &str| {
                let text = place.string(name).filter(|text| !text.is_empty()).map(Cow::into_owned);
                text.ok_or_else(|| bad(format!("sweep.after.{name}"), "is no text".to_owned()))
            };
            Some(Key { partition: part("pk")?.into(), sort: part("sk")?.into() })
        }
    };
    Ok(Sweep::new(Window { from, to }, after))
}

/// Refuses members that would be ignored.
fn only(field: &str, object: &Object<'_>, known: &[&str]) -> Result<(), InvokeError> {
    object.only(known).map_err(|problem| bad(field, problem))
}

fn not_a_time(json: &str) -> String {
    // A person typed it, so it is no payload of an event.
    let shown: String = json.chars().take(40).collect();
    format!("{shown}, not an RFC 3339 time such as \"2026-11-20T00:00:00Z\"")
}

fn bad(field: impl Into<String>, problem: String) -> InvokeError {
    InvokeError::BadSweep { field: field.into(), problem }
}
