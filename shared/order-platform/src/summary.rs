//! The summary, which `FORMAT=json` prints as one object.

use serde::Serialize;

use crate::{books::Books, feed::Answers, platform::Platform};

/// The numbers of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// The books.
    #[serde(flatten)]
    pub books: Books,
    /// Input lines refused with a reason.
    pub rejected: u64,
    /// Repeats of a key with the same payload.
    pub resubmitted: u64,
    /// Records handed to functions, repeats included; absent where they are not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deliveries: Option<u64>,
    /// Records that had taken effect before, and changed nothing; absent where they are not
    /// counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicates_absorbed: Option<u64>,
    /// Messages in dead-letter queues.
    pub dead_lettered: u64,
    /// The source of all chance; absent in real time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// The duration of the run, in seconds.
    pub seconds: f64,
}

impl Summary {
    /// The summary of a platform's run.
    #[must_use]
    pub fn of(platform: &Platform, answers: &Answers, seed: u64, seconds: f64) -> Self {
        let local = platform.local();
        Self {
            books: platform.books(),
            rejected: answers.rejected.len() as u64,
            resubmitted: answers.resubmitted,
            deliveries: Some(local.deliveries()),
            duplicates_absorbed: Some(local.duplicates()),
            dead_lettered: platform.dead_letters().len() as u64,
            seed: Some(seed),
            seconds: (seconds * 1000.0).round() / 1000.0,
        }
    }
}
