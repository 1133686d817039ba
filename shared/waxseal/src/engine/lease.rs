//! Leased mode: take the lease, act with a stable key, commit with the lease's token (S-10 to
//! S-13).

use std::time::Duration;

use crate::{
    commit::{CommitError, Slot},
    engine::{
        attempts::{Attempts, Next},
        handle::Inner,
        judge::{Judged, read_receipt, read_writer, remember_failed, unknown_outcome},
        outcome::Outcome,
        task::{Task, Try},
        undo::Undoing,
    },
    error_chain::error_chain,
    handler::{Failure, Staged, Undone},
    observe::Leased,
    row::{Receipt, ReceiptMeaning, Status},
    table::{Action, Condition, Item, Write, WriteError, attribute},
};
use waxseal_message::Timestamp;

/// A receipt that this attempt may complete, and its writer: the fencing token.
struct Claim {
    writer: String,
    receipt: Receipt,
    /// Whether a person has confirmed that the effect was applied. No lease is taken then, and only
    /// the emissions are committed.
    has_acted: bool,
}

/// The row of the attempt before.
struct Predecessor {
    writer: String,
    attempt: u32,
    first_at: Timestamp,
    uncertain: Option<u32>,
}

impl Inner {
    pub(super) async fn lease(
        &self,
        task: &Task<'_>,
        slot: Option<Slot<'_>>,
        lease: Option<Duration>,
        key_ttl: Duration,
    ) -> Result<Outcome, Failure> {
        // A payload that cannot be read takes no lease. While a deploy is awaited (S-43), no
        // attempt is counted and no key ages.
        if let Err(failure) = task.route.check(task.raw) {
            return self.unless_known(task, failure).await;
        }
        let renamed = self.under_its_name(task).await?;
        let task = renamed.as_ref().unwrap_or(task);
        let undoing = self.undoing(task.raw)?;
        let claim = match self.claim(task, lease, key_ttl, undoing.as_ref()).await? {
            Ok(claim) => claim,
            Err(outcome) => return Ok(outcome),
        };
        let undone = undoing.map(Undoing::into_undone);
        match self.act(task, &claim, undone.as_ref(), slot).await {
            Ok(outcome) => Ok(outcome),
            Err(failure) => {
                // A zombie may not touch the row of its successor. A person's confirmation stays,
                // too.
                if !claim.has_acted && !matches!(failure, Failure::LeaseLost) {
                    self.give_up(task, &claim, &failure).await;
                }
                Err(failure)
            }
        }
    }

    /// The end of a lease that starts now: the configured one or the deadline, whichever is later
    /// (S-11).
    fn lease_end(&self, task: &Task<'_>, lease: Option<Duration>, now: Timestamp) -> Timestamp {
        let configured = now + lease.unwrap_or(self.settings.lease);
        task.deadline.map_or(configured, |deadline| deadline.max(configured))
    }

    fn tell_leased(&self, task: &Task<'_>, receipt: &Receipt) {
        let Status::Leased { until } = receipt.status else { return };
        let leased = Leased::new(task.consumer, task.message(), receipt.attempt, until);
        self.settings.observers.each(|observer| observer.leased(&leased));
    }

    /// Takes the lease with one request the first time. Where a row exists, the refusal returns it,
    /// and a second request takes over from exactly that row.
    async fn claim(
        &self,
        task: &Task<'_>,
        lease: Option<Duration>,
        key_ttl: Duration,
        undoing: Option<&Undoing>,
    ) -> Result<Result<Claim, Outcome>, Failure> {
        let mut predecessor: Option<Predecessor> = None;
        for _ in 0..=self.settings.reruns {
            let (now, token) = (self.host.now(), self.token(task.access));
            let mut receipt = self.blank(task, now);
            receipt.status = Status::Leased { until: self.lease_end(task, lease, now) };
            // Until the attempt ends in a refusal, its effect may have been applied.
            receipt.uncertain = Some(1);
            let condition = match &predecessor {
                None => Condition::Absent { now },
                Some(before) => {
                    (receipt.attempt, receipt.first_at) = (before.attempt, before.first_at);
                    receipt.uncertain = before.uncertain.map(|uncertain| uncertain.saturating_add(1));
                    Condition::Writer(before.writer.clone())
                }
            };
            let mut writes = vec![Write { action: Action::Put(receipt.to_item(token)), condition }];
            // An undo keeps its command from starting before it acts itself.
            if let Some(undoing) = undoing {
                let marks = self.read_undo(task, undoing).await?;
                writes.extend(marks.into_iter().map(|mark| mark.into_write(token)));
            }
            match self.write(task.access, writes, Vec::new(), token).await {
                Ok(()) => {
                    self.tell_leased(task, &receipt);
                    return Ok(Ok(Claim { writer: token.to_string(), receipt, has_acted: false }));
                }
                // Another record of the batch took the lease on the same event first; its receipt
                // is judged.
                Err(CommitError::ConflictInBatch(_)) => predecessor = None,
                Err(CommitError::Write(WriteError::Refused(refusals))) => {
                    let own = refusals.into_iter().find(|refusal| refusal.key == task.receipt);
                    let Some(stored) = own.and_then(|refusal| refusal.stored) else {
                        // The row expired, or was released, in between; or the command of an undo has moved on.
                        predecessor = None;
                        continue;
                    };
                    let receipt = read_receipt(&stored)?;
                    match self.judge_or_release(task, &receipt, &stored, key_ttl)? {
                        Judged::Over(outcome) => return Ok(Err(outcome)),
                        Judged::Acted => {
                            return Ok(Ok(Claim { writer: read_writer(&stored)?, receipt, has_acted: true }));
                        }
                        Judged::TakeOver { attempt, first_at } => {
                            let (writer, uncertain) = (read_writer(&stored)?, receipt.uncertain);
                            predecessor = Some(Predecessor { writer, attempt, first_at, uncertain });
                        }
                    }
                }
                Err(CommitError::Write(error)) => return Err(error.into()),
            }
        }
        Err(Failure::Conflict { items: task.receipt.to_string() })
    }

    /// As [`Inner::judge`]; a redriven dead letter also releases the failure for which it was
    /// written (S-19). The take-over is conditional on the judged row, so an older dead letter, a
    /// forged one or a race changes nothing.
    fn judge_or_release(
        &self,
        task: &Task<'_>,
        receipt: &Receipt,
        stored: &Item,
        key_ttl: Duration,
    ) -> Result<Judged, Failure> {
        match self.judge(task, receipt, Some(key_ttl)) {
            Err(Failure::Remembered { .. }) if is_released(task, stored) => {
                match receipt.next_attempt(self.host.now(), Some(key_ttl)) {
                    ReceiptMeaning::TakeOver { attempt, first_at } => {
                        Ok(Judged::TakeOver { attempt, first_at })
                    }
                    _ => Err(unknown_outcome(task, receipt.attempt, receipt.first_at, receipt)),
                }
            }
            other => other.inspect_err(|failure| remember_failed(task, stored, failure)),
        }
    }

    async fn act(
        &self,
        task: &Task<'_>,
        claim: &Claim,
        undone: Option<&Undone>,
        mut slot: Option<Slot<'_>>,
    ) -> Result<Outcome, Failure> {
        let mut attempts = Attempts::new(task.access, self.settings.reruns);
        let (number, first_at, has_acted) = (claim.receipt.attempt, claim.receipt.first_at, claim.has_acted);
        loop {
            attempts.begin()?;
            let attempt = Try { number, first_at, has_acted, undone, has_lost: attempts.refused() > 0 };
            let run = self.run(task, &[], None, attempt, slot.take()).await;
            let mut staged = match run {
                Ok(staged) => staged,
                // An earlier run of this attempt has acted.
                Err(Failure::Fault(fault)) if attempts.refused() > 0 => {
                    return Err(Failure::Fault(fault.may_have_acted()));
                }
                Err(failure) => return Err(failure),
            };
            let Err(error) = self.complete(task, claim, &mut staged).await else {
                return Ok(self.applied(task));
            };
            match attempts.next(error, |key| task.has_receipt(key)).await? {
                Next::Receipt(_) => return Err(Failure::LeaseLost),
                // Another writer changed the state: the effect acts again on the fresh state. The
                // outside system sees the same keys.
                Next::Again => {}
            }
        }
    }

    /// Commits. The commit counts only while the lease's token is on the row.
    async fn complete(&self, task: &Task<'_>, claim: &Claim, staged: &mut Staged) -> Result<(), CommitError> {
        let (now, token) = (self.host.now(), self.token(task.access));
        let mut receipt = claim.receipt.clone();
        receipt.status = Status::Completed;
        receipt.expires = self.expiry();
        receipt.emitted = std::mem::take(&mut staged.emitted);
        let mut writes = staged.take_writes(now, token, 1 + task.copies.len());
        writes.push(Write {
            action: Action::Put(receipt.to_item(token)),
            condition: Condition::Writer(claim.writer.clone()),
        });
        writes.extend(self.copies(task, now, token));
        self.write(task.access, writes, std::mem::take(&mut staged.reads), token).await
    }

    /// Releases the lease, or remembers a permanent failure (S-19). The write is fenced like the
    /// commit, so it changes nothing where a successor holds the row (S-13). Where it fails, the
    /// lease runs out by itself.
    async fn give_up(&self, task: &Task<'_>, claim: &Claim, failure: &Failure) {
        let mut receipt = claim.receipt.clone();
        let reason = error_chain(failure);
        if matches!(failure, Failure::Fault(fault) if fault.is_refusal()) {
            receipt.uncertain = receipt.uncertain.map(|uncertain| uncertain.saturating_sub(1));
        }
        if failure.is_permanent() {
            receipt.status = Status::Failed { error: reason };
        } else {
            receipt.status = Status::Leased { until: self.host.now() };
            receipt.last_error = Some(reason);
        }
        let token = self.token(task.access);
        let write = Write {
            action: Action::Put(receipt.to_item(token)),
            condition: Condition::Writer(claim.writer.clone()),
        };
        if let Err(error) = self.write(task.access, vec![write], Vec::new(), token).await {
            let error = Failure::from(error);
            tracing::warn!(
                consumer = task.consumer,
                source = task.raw.source,
                event_id = task.raw.id,
                error = error_chain(&error),
                "the lease was not released; it ends by itself",
            );
        } else if failure.is_permanent() {
            task.note_failure(token.to_string());
        }
    }
}

/// Whether the message is a redriven dead letter of this very failure of the handler.
fn is_released(task: &Task<'_>, stored: &Item) -> bool {
    let names = std::iter::once(&task.route.handler).chain(task.route.names.former());
    let token = task.returned.and_then(|returned| names.into_iter().find_map(|name| returned.token(name)));
    token.is_some() && token == stored.get_text(attribute::WRITER)
}
