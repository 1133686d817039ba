//! The report of dead letters. A test that fails for one shows it in its output.

use std::time::Duration;

use waxseal::{dead_letter::DeadLetter, table::Key};
use waxseal_catalog::Finding;

use crate::{executor::Waited, limits::Refused};

/// Bytes of a reason in the output: a line or two. The dead letter itself has all of it.
const LONGEST: usize = 400;

/// Whether dead letters are reported, on standard error, which `cargo test` shows with a failing
/// test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) is_on: bool,
}

impl Report {
    /// A function gave a record up and wrote its dead letter to `queue`.
    pub(crate) fn written(self, queue: &str, letter: &DeadLetter) {
        if self.is_on {
            let reason = format!("{}: {}", letter.code, letter.reason);
            let handler = letter.handler.as_ref().map(|handler| format!(", handler {handler}"));
            let record = format!("{}{}", letter.record, handler.unwrap_or_default());
            eprintln!("{}", line(queue, &record, letter.identity.as_ref(), &reason));
        }
    }

    /// The declaration of an application has a finding. It is reported even where dead letters are
    /// not.
    pub(crate) fn finding(self, finding: &Finding) {
        eprintln!("{}", clipped(&finding.to_string()));
    }

    /// The redrive policy moved a record to `queue`.
    pub(crate) fn moved(self, queue: &str, record: &str, from: &str, receives: u32) {
        if self.is_on {
            let reason = format!(
                "the redrive policy moved it from {from} after {receives} receives without an acknowledgement: the \
                 function's log says why each one failed"
            );
            eprintln!("{}", line(queue, record, None, &reason));
        }
    }

    /// A function waited for the outside on a virtual clock.
    pub(crate) fn outside(self, function: &str, waited: Waited, timeout: Duration) {
        if self.is_on {
            eprintln!("{}", clipped(&outside(function, waited, timeout)));
        }
    }

    /// A mapping gave records of a stream up by their age.
    pub(crate) fn discarded(self, stream: &str, numbers: &[String]) {
        if self.is_on {
            let text = format!(
                "discarded: the mapping of {stream} gave up records that are too old: {}",
                numbers.join(", ")
            );
            eprintln!("{}", clipped(&text));
        }
    }

    /// A row was due in many ticks, and no step was taken.
    pub(crate) fn stuck(self, row: &Key) {
        if self.is_on {
            let text = format!(
                "stuck: the row {row} was due again and again and no step was taken, so the run waits for it no longer: the \
                 function's log says why each timeout failed"
            );
            eprintln!("{}", clipped(&text));
        }
    }

    /// A declared source is not served by the environment.
    pub(crate) fn unconnected(self, source: &str) {
        eprintln!(
            "{}",
            clipped(&format!("{source} is not served here: invoke the function with its batches"))
        );
    }

    /// A queue refused a delivery of another service, and the delivery has no dead-letter queue.
    pub(crate) fn lost(self, queue: &str, from: &str, refused: &Refused) {
        if self.is_on {
            eprintln!("{}", clipped(&format!("lost: {queue} refused a delivery of {from}: {refused}")));
        }
    }
}

fn outside(function: &str, waited: Waited, timeout: Duration) -> String {
    match waited {
        Waited::First => format!(
            "not repeatable by its seed: the function {function} waited for something outside of the environment, \
             such as a socket or a timer of tokio"
        ),
        Waited::Out => format!(
            "timed out: the function {function} waited for something outside of the environment, and nothing woke it \
             in its {} s",
            timeout.as_secs_f64()
        ),
    }
}

/// One line with queue, record, envelope and reason, without payload.
fn line(queue: &str, record: &str, identity: Option<&(String, String)>, reason: &str) -> String {
    let of = identity.map(|(source, id)| format!(", event {id} of {source}")).unwrap_or_default();
    clipped(&format!("dead letter in {queue}: record {record}{of}: {reason}"))
}

fn clipped(text: &str) -> String {
    let mut text = text.to_owned();
    if text.len() > LONGEST {
        text.truncate(text.floor_char_boundary(LONGEST));
        text.push('…');
    }
    // One line, and none that moves the cursor of a terminal.
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l1_a_report_is_one_line_of_bounded_length() {
        let identity = ("orders".to_owned(), "e1".to_owned());
        assert_eq!(
            line("inventory-dlq", "m1", Some(&identity), "refused\n\u{1b}[31mby stock"),
            "dead letter in inventory-dlq: record m1, event e1 of orders: refused  [31mby stock"
        );
        let long = line("q", "m1", None, &"ü".repeat(100_000));
        assert!(long.len() <= LONGEST + '…'.len_utf8() && long.ends_with('…'), "{}", long.len());
    }
}
