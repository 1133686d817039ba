//! The known outcome of a message: from the warm cache, or from its receipt.

use std::time::Duration;

use crate::{
    commit::Access,
    engine::{handle::Inner, outcome::Outcome, task::Task},
    fault::Fault,
    handler::{Failure, Reason},
    observe::{Committed, CompensationFailed, Failed},
    row::{NotAReceipt, Receipt, ReceiptMeaning},
    table::{Item, Key, attribute},
    token::Token,
};
use waxseal_message::{Timestamp, hash::Comparison};

impl Inner {
    /// A confirmed duplicate or mismatch from the warm cache: 0 requests.
    pub(super) fn cached(&self, task: &Task<'_>) -> Option<Result<Outcome, Failure>> {
        let cache = self.cache.lock();
        let seen = cache.get(&task.receipt, self.host.now())?;
        if seen.version != task.raw.version {
            return Some(Ok(Outcome::Duplicate));
        }
        match task.hash.against(&seen.hash) {
            Comparison::Same => Some(Ok(Outcome::Duplicate)),
            Comparison::Other { now } => Some(Err(mismatch(task, seen.hash.clone(), now))),
            // The table's receipt, or the payload behind the claim, decides.
            Comparison::Unknown => None,
        }
    }

    pub(super) fn remember(&self, task: &Task<'_>, hash: String, version: u16, expires: Timestamp) {
        let mut cache = self.cache.lock();
        cache.insert(task.receipt.clone(), hash, version, self.host.now(), expires);
    }

    /// Remembers a unit that was committed now, and tells the observers.
    pub(super) fn applied(&self, task: &Task<'_>) -> Outcome {
        self.remember(task, task.hash.newest().to_owned(), task.raw.version, self.expiry());
        let committed = Committed::new(task.consumer, task.message());
        self.settings.observers.each(|observer| observer.committed(&committed));
        Outcome::Applied
    }

    /// Tells the observers of a compensation that has failed with the commit of a timeout (G-2).
    pub(super) fn tell_compensation(&self, task: &Task<'_>, failed: Option<&(Key, String)>) {
        let Some((row, command)) = failed else { return };
        let instance = &*row.partition;
        tracing::error!(
            consumer = task.consumer,
            instance,
            command,
            "a compensation has failed: an instance waits for a person, who resumes it or skips the command"
        );
        let failed = CompensationFailed::new(task.consumer, instance, command);
        self.settings.observers.each(|observer| observer.compensation_failed(&failed));
    }

    /// Tells the observers of a failed run.
    pub(super) fn tell(&self, task: &Task<'_>, failure: &Failure) {
        let observers = &self.settings.observers;
        if !observers.is_empty() {
            let reason = Reason::of(failure);
            let failed = Failed::new(task.consumer, task.message(), failure.code(), reason.shown());
            observers.each(|observer| observer.failed(&failed));
        }
    }

    /// The writer token for one commit.
    pub(super) fn token(&self, access: Access<'_>) -> Token {
        access.token().unwrap_or_else(|| self.host.token())
    }

    /// The time after which a receipt that is written now may be forgotten.
    pub(super) fn expiry(&self) -> Timestamp {
        self.host.now() + self.settings.horizon
    }

    pub(super) fn blank(&self, task: &Task<'_>, now: Timestamp) -> Receipt {
        let (hash, version) = (task.hash.newest().to_owned(), task.raw.version);
        Receipt::completed(task.receipt.clone(), hash, version, now, now + self.settings.horizon)
    }

    /// The meaning of a stored receipt for this delivery: the outcome, or the permission to take
    /// over.
    pub(super) fn judge(
        &self,
        task: &Task<'_>,
        stored: &Receipt,
        key_ttl: Option<Duration>,
    ) -> Result<Judged, Failure> {
        match stored.judge(&task.hash, task.raw.version, self.host.now(), key_ttl) {
            ReceiptMeaning::Duplicate => {
                self.remember(task, stored.hash.clone(), stored.version, stored.expires);
                Ok(Judged::Over(Outcome::Duplicate))
            }
            ReceiptMeaning::Mismatch { first, now } => Err(mismatch(task, first, now)),
            ReceiptMeaning::Incomparable { hash } => Err(Failure::Fault(Fault::retry(format!(
                "receipt {} holds the payload hash {hash:.60}, of an algorithm that this build does not know: a newer build wrote \
                 it, so the message is retried until a deploy knows it",
                stored.key
            )))),
            ReceiptMeaning::InProgress { until } => Err(Failure::InProgress { until }),
            ReceiptMeaning::TakeOver { attempt, first_at } => Ok(Judged::TakeOver { attempt, first_at }),
            ReceiptMeaning::Remembered { error } => Err(Failure::Remembered { error }),
            ReceiptMeaning::Acted => Ok(Judged::Acted),
            ReceiptMeaning::OutcomeUnknown { attempts, first_at } => {
                Err(unknown_outcome(task, attempts, first_at, stored))
            }
        }
    }
}

pub(super) enum Judged {
    Over(Outcome),
    TakeOver {
        attempt: u32,
        first_at: Timestamp,
    },
    /// The effect was applied, so only its emissions are committed.
    Acted,
}

/// Notes the writer of a failed receipt for the dead letter.
pub(super) fn remember_failed(task: &Task<'_>, stored: &Item, failure: &Failure) {
    if let (Failure::Remembered { .. }, Some(writer)) = (failure, stored.get_text(attribute::WRITER)) {
        task.note_failure(writer.to_owned());
    }
}

pub(super) fn unknown_outcome(
    task: &Task<'_>,
    attempts: u32,
    first_at: Timestamp,
    stored: &Receipt,
) -> Failure {
    let (handler, last_error) = (task.route.handler, stored.last_error.clone());
    Failure::OutcomeUnknown { handler, attempts, first_at, last_error }
}

pub(super) fn mismatch(task: &Task<'_>, first: String, now: String) -> Failure {
    Failure::PayloadMismatch { publisher: task.raw.source.clone(), id: task.raw.id.clone(), first, now }
}

/// The writer of a receipt: the fencing token.
pub(super) fn read_writer(item: &Item) -> Result<String, Failure> {
    let writer = item.get_text(attribute::WRITER).map(str::to_owned);
    writer.ok_or_else(|| Failure::Fault(NotAReceipt::damaged(item, attribute::WRITER).into()))
}

pub(super) fn read_receipt(item: &Item) -> Result<Receipt, Failure> {
    Receipt::from_item(item).map_err(|error| Failure::Fault(error.into()))
}
