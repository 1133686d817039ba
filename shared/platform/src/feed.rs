//! Customers: they submit the lines of a file over HTTP, try again when they get no answer, and some change their minds.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{Request, StatusCode};
use orders::submission::parse_lines;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use waxseal_local::Local;

/// Between two submissions.
const PACE: Duration = Duration::from_millis(20);

/// What became of the lines so far.
#[derive(Debug, Clone, Default)]
pub struct Feed {
    answers: Arc<Mutex<Answers>>,
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

/// One line on its way.
struct Line {
    number: usize,
    at: Duration,
    key: String,
    order_id: String,
    body: String,
    cancel_after: Option<Duration>,
}

/// The members of a line that travel as they are spelled.
#[derive(Deserialize)]
struct Spelled<'a> {
    #[serde(borrow)]
    version: &'a RawValue,
    #[serde(borrow)]
    order: &'a RawValue,
}

impl Feed {
    /// Starts submitting `file`; lines about one key or one order wait for each other, as one customer does.
    #[must_use]
    pub fn start(local: &Local, file: &[u8]) -> Self {
        let mut feed = Self::default();
        let raw: Vec<&[u8]> =
            file.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(file).split(|byte| *byte == b'\n').collect();
        let mut lines = Vec::new();
        for (index, (number, parsed)) in parse_lines(file).enumerate() {
            let spelled =
                raw.get(number - 1).and_then(|line| serde_json::from_slice::<Spelled<'_>>(line).ok());
            match (parsed, spelled) {
                (Ok(submission), Some(Spelled { version, order })) => lines.push(Line {
                    number,
                    at: PACE * u32::try_from(index).unwrap_or(u32::MAX),
                    key: submission.key,
                    order_id: submission.order.order_id,
                    body: format!(r#"{{"version":{version},"order":{order}}}"#),
                    cancel_after: submission.cancel_after,
                }),
                (Err(invalid), _) => feed.reject(number, invalid.to_string()),
                (Ok(_), None) => feed.reject(number, "it repeats a member".to_owned()),
            }
        }
        feed.total = lines.len();
        let start = local.now();
        for customer in customers(lines) {
            let (feed, local) = (feed.clone(), local.clone());
            drop(local.executor().clone().spawn(async move {
                // A repeat is one of an earlier line: an answer of ours that was lost and asked for again is none.
                let mut accepted = BTreeSet::new();
                for line in customer {
                    let at = start.checked_add(line.at).unwrap_or(start);
                    local.clock().sleep_until(at).await;
                    feed.submit(&local, line, &mut accepted).await;
                    feed.done.fetch_add(1, Ordering::Relaxed);
                }
            }));
        }
        feed
    }

    /// How many readable lines there are, and how many have been answered.
    #[must_use]
    pub fn progress(&self) -> (usize, usize) {
        (self.done.load(Ordering::Relaxed), self.total)
    }

    /// What became of the lines so far.
    #[must_use]
    pub fn answers(&self) -> Answers {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn reject(&self, number: usize, reason: String) {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).rejected.insert(number, reason);
    }

    async fn submit(&self, local: &Local, line: Line, accepted: &mut BTreeSet<String>) {
        let (status, reason) = post(local, "/orders", Some(&line.key), &line.body).await;
        match status {
            StatusCode::ACCEPTED => {
                if !accepted.insert(line.key) {
                    self.answers.lock().unwrap_or_else(PoisonError::into_inner).resubmitted += 1;
                }
            }
            status => return self.reject(line.number, format!("{status}: {reason}")),
        }
        if let Some(delay) = line.cancel_after {
            let local = local.clone();
            drop(local.executor().clone().spawn(async move {
                local.clock().sleep(delay).await;
                // Confirmed meanwhile: 409, and the order stands.
                post(&local, &format!("/orders/{}/cancel", percent_encode(&line.order_id)), None, "").await;
            }));
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

/// Lines grouped by whoever sent them: those that share a key or an order, in order.
fn customers(lines: Vec<Line>) -> Vec<Vec<Line>> {
    let mut owner: BTreeMap<String, usize> = BTreeMap::new();
    let mut groups: Vec<Vec<Line>> = Vec::new();
    for line in lines {
        let names = [format!("key {}", line.key), format!("order {}", line.order_id)];
        let known: Vec<usize> = names.iter().filter_map(|name| owner.get(name).copied()).collect();
        let group = match known[..] {
            [] => {
                groups.push(Vec::new());
                groups.len() - 1
            }
            [only] => only,
            [one, other, ..] if one == other => one,
            [one, other, ..] => {
                let moved = std::mem::take(&mut groups[other]);
                groups[one].extend(moved);
                groups[one].sort_by_key(|line| line.number);
                owner.values_mut().filter(|group| **group == other).for_each(|group| *group = one);
                one
            }
        };
        owner.extend(names.map(|name| (name, group)));
        groups[group].push(line);
    }
    groups.retain(|group| !group.is_empty());
    groups
}

fn percent_encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            byte => format!("%{byte:02X}"),
        })
        .collect()
}
