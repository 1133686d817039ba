//! The summary: what `FORMAT=json` prints as one object.

use serde::Serialize;

use crate::{Answers, Books, Platform};

/// Everything worth a number.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// What the books say.
    #[serde(flatten)]
    pub books: Books,
    /// Input lines refused with a reason.
    pub rejected: u64,
    /// Repeats of a key with the same payload.
    pub resubmitted: u64,
    /// Records handed to functions, repeats included; absent where nobody counts them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deliveries: Option<u64>,
    /// Records that had taken effect before, and changed nothing; absent where nobody counts them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicates_absorbed: Option<u64>,
    /// Messages in dead-letter queues.
    pub dead_lettered: u64,
    /// Where all chance came from; absent where it came from the world.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// How long the run took.
    pub seconds: f64,
}

impl Summary {
    /// Sums up.
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
