//! The customers. They submit the lines of a file over HTTP and try again when they get no answer.
//! Some change their minds, and some send their order back.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, MutexGuard,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{Request, StatusCode};
use serde_json::Value;
use waxseal::lock::Lock;
use waxseal_local::Local;

use crate::lines::{Line, Lines};

/// Between two submissions.
const PACE: Duration = Duration::from_millis(20);

/// The answers to the lines so far.
#[derive(Debug, Clone, Default)]
pub struct Feed {
    answers: Arc<Lock<Answers>>,
    total: usize,
    done: Arc<AtomicUsize>,
}

/// See [`Feed`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers {
    /// Lines refused: number and reason.
    pub rejected: BTreeMap<usize, String>,
    /// Lines that repeated an earlier one.
    pub resubmitted: u64,
}

impl Feed {
    /// Starts to submit `file`. Lines about one key or one order wait for each other, as one
    /// customer does.
    #[must_use]
    pub fn start(local: &Local, file: &[u8]) -> Self {
        let lines = Lines::read(file);
        let refused = lines.rejected.len();
        let feed = Self { total: lines.count() + refused, ..Self::default() };
        feed.done.store(refused, Ordering::Relaxed);
        feed.lock().rejected = lines.rejected;
        let start = local.now();
        for customer in lines.customers {
            let (feed, local) = (feed.clone(), local.clone());
            drop(local.executor().clone().spawn(async move {
                // Only a repeat of an earlier line counts. A request that was sent again because
                // its answer was lost does not.
                let mut accepted = BTreeSet::new();
                for line in customer {
                    let at = start
                        .checked_add(PACE * u32::try_from(line.index).unwrap_or(u32::MAX))
                        .unwrap_or(start);
                    local.clock().sleep_until(at).await;
                    feed.submit(&local, line, &mut accepted).await;
                    feed.done.fetch_add(1, Ordering::Relaxed);
                }
            }));
        }
        feed
    }

    /// The number of lines that were answered or refused, and the number of all lines.
    #[must_use]
    pub fn progress(&self) -> (usize, usize) {
        (self.done.load(Ordering::Relaxed), self.total)
    }

    /// The answers to the lines so far.
    #[must_use]
    pub fn answers(&self) -> Answers {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Answers> {
        self.answers.lock()
    }

    async fn submit(&self, local: &Local, line: Line, accepted: &mut BTreeSet<String>) {
        let (status, reason) = post(local, "/orders", Some(&line.key), &line.body).await;
        match status {
            StatusCode::ACCEPTED => {
                if !accepted.insert(line.key) {
                    self.lock().resubmitted += 1;
                }
            }
            status => {
                self.lock().rejected.insert(line.number, format!("{status}: {reason}"));
                return;
            }
        }
        // Confirmed meanwhile, or not yet: 409, and the order stays as it is.
        for (delay, request) in [(line.cancel_after, "cancel"), (line.return_after, "return")] {
            if let Some(delay) = delay {
                let (local, path) = (local.clone(), orders::path_of(&line.order_id));
                drop(local.executor().clone().spawn(async move {
                    local.clock().sleep(delay).await;
                    post(&local, &format!("{path}/{request}"), None, "").await;
                }));
            }
        }
    }
}

/// Posts until there is an answer that is not the server's fault.
async fn post(local: &Local, path: &str, key: Option<&str>, body: &str) -> (StatusCode, String) {
    let mut tries = 0_u32;
    loop {
        let mut request = Request::post(path).header("content-type", "application/json");
        if let Some(key) = key {
            request = request.header("idempotency-key", key.as_bytes());
        }
        let request = match request.body(Bytes::from(body.to_owned())) {
            Ok(request) => request,
            Err(error) => return (StatusCode::BAD_REQUEST, error.to_string()),
        };
        if let Ok(response) = local.request("orders", request).await
            && !response.status().is_server_error()
        {
            let problem: Value = serde_json::from_slice(response.body()).unwrap_or_default();
            let detail = problem["detail"].as_str().unwrap_or_default().to_owned();
            return (response.status(), detail);
        }
        tries += 1;
        local.clock().sleep(Duration::from_millis(200) * tries.min(25)).await;
    }
}
