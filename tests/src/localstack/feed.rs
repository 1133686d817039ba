//! Concurrent customers over HTTP: as `order_platform::Feed`, but with threads and the machine's
//! clock.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use order_platform::{
    Answers,
    lines::{Line, Lines},
};
use serde_json::Value;
use waxseal::lock::Lock;

use super::stage::Stage;

/// The number that two environments of a function can serve without waiting for a third.
const CUSTOMERS: usize = 4;

/// Submits `lines` and waits for all answers, cancellations included; `progress` gets the number of
/// answered lines.
///
/// # Errors
/// A text with the line that got no answer.
pub fn feed(stage: &Stage, lines: Lines, progress: impl Fn(usize) + Sync) -> Result<Answers, String> {
    let answers = Lock::new(Answers { rejected: lines.rejected, resubmitted: 0 });
    let customers = Lock::new(VecDeque::from(lines.customers));
    let (done, failed) = (AtomicUsize::new(0), Lock::new(None));
    let next = || customers.lock().pop_front();
    thread::scope(|scope| {
        for _ in 0..CUSTOMERS {
            scope.spawn(|| {
                while let Some(customer) = next() {
                    let mut accepted = BTreeSet::new();
                    for line in customer {
                        let number = line.number;
                        let cancelled = submit(stage, &line, &mut accepted, &answers).and_then(|cancels| {
                            let Some(delay) = cancels else { return Ok(()) };
                            thread::sleep(delay);
                            cancel(stage, &line.order_id)
                        });
                        if let Err(error) = cancelled {
                            *failed.lock() = Some(format!("line {number}: {error}"));
                            return;
                        }
                        progress(done.fetch_add(1, Ordering::Relaxed) + 1);
                    }
                }
            });
        }
    });
    match failed.into_inner() {
        Some(error) => Err(error),
        None => Ok(answers.into_inner()),
    }
}

/// Submits one line, and returns the time of a cancellation by the customer.
fn submit(
    stage: &Stage,
    line: &Line,
    accepted: &mut BTreeSet<String>,
    answers: &Lock<Answers>,
) -> Result<Option<Duration>, String> {
    let answer = post(stage, "/orders", &[("idempotency-key", &line.key)], &line.body)?;
    let mut answers = answers.lock();
    if answer.0 == 202 {
        if !accepted.insert(line.key.clone()) {
            answers.resubmitted += 1;
        }
        return Ok(line.cancel_after);
    }
    let detail = answer.1["detail"].as_str().unwrap_or_default();
    // The status has the text that `order_platform::Feed` uses.
    let status = http::StatusCode::from_u16(answer.0).map_err(|error| error.to_string())?;
    answers.rejected.insert(line.number, format!("{status}: {detail}"));
    Ok(None)
}

fn cancel(stage: &Stage, order_id: &str) -> Result<(), String> {
    // With 409 the order was confirmed meanwhile and stands.
    post(stage, &format!("{}/cancel", orders::path_of(order_id)), &[], "").map(drop)
}

/// Posts until the answer is no server error.
fn post(stage: &Stage, path: &str, headers: &[(&str, &str)], body: &str) -> Result<(u16, Value), String> {
    let mut last = String::new();
    for tries in 1..=20 {
        match stage.http("POST", path, headers, body.as_bytes()) {
            Ok(answer) if answer.status < 500 => return Ok((answer.status, answer.json())),
            Ok(answer) => last = format!("{} {}", answer.status, answer.json()["detail"]),
            Err(error) => last = error.to_string(),
        }
        thread::sleep(Duration::from_millis(200) * tries.min(10));
    }
    Err(format!("no answer that is not the server's fault: {last}"))
}
