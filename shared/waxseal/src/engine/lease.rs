//! Leased mode: claim, act with a stable key, commit with the claim's token (S-10 to S-13).

use std::time::Duration;

use jiff::Timestamp;

use super::{
    CommitError, Failure, Inner, Judged, Outcome, Task, after,
    group::{Slot, Turn},
    read_receipt,
};
use crate::{
    Token, chain,
    item::{Action, Condition, Write, attribute},
    receipt::{NotAReceipt, Receipt, Status},
    table::WriteError,
    unit::Staged,
};

/// What a claim gives: the fencing token, and the receipt as it was written.
struct Claim {
    token: Token,
    receipt: Receipt,
}

impl Inner {
    pub(super) async fn lease(
        &self,
        task: &Task<'_>,
        slot: Option<Slot<'_>>,
        lease: Option<Duration>,
        key_ttl: Duration,
    ) -> Result<Outcome, Failure> {
        // What cannot be read claims nothing: while a deploy is awaited (S-43), no attempt is counted and no key grows old.
        if let Err(failure) = task.route.check(task.raw) {
            return self.unless_known(task, failure).await;
        }
        let claim = match self.claim(task, lease, key_ttl).await? {
            Ok(claim) => claim,
            Err(outcome) => return Ok(outcome),
        };
        match self.act(task, &claim, slot).await {
            Ok(outcome) => Ok(outcome),
            Err(failure) => {
                // A zombie may not touch the row that its successor holds.
                if !matches!(failure, Failure::LeaseLost) {
                    self.give_up(task, &claim, &failure).await;
                }
                Err(failure)
            }
        }
    }

    /// The end of a lease that starts now: the configured one or the deadline, whichever is later (S-11).
    fn lease_end(&self, task: &Task<'_>, lease: Option<Duration>, now: Timestamp) -> Timestamp {
        let configured = after(now, lease.unwrap_or(self.settings.lease));
        task.deadline.map_or(configured, |deadline| deadline.max(configured))
    }

    /// One request the first time. Where a row is in the way it comes back with the refusal, and a second request takes
    /// over from exactly that row.
    async fn claim(
        &self,
        task: &Task<'_>,
        lease: Option<Duration>,
        key_ttl: Duration,
    ) -> Result<Result<Claim, Outcome>, Failure> {
        let mut predecessor: Option<(String, u32, Timestamp)> = None;
        for _ in 0..=self.settings.reruns {
            let (now, token) = (self.host.now(), self.token(task.access));
            let mut receipt = self.blank(task, now);
            receipt.status = Status::Leased { until: self.lease_end(task, lease, now) };
            let condition = match &predecessor {
                None => Condition::Absent { now },
                Some((owner, attempt, first_at)) => {
                    (receipt.attempt, receipt.first_at) = (*attempt, *first_at);
                    Condition::Owner(owner.clone())
                }
            };
            let write = Write { action: Action::Put(receipt.to_item(token)), condition };
            match self.write(task.access, vec![write], Vec::new(), token).await {
                Ok(()) => return Ok(Ok(Claim { token, receipt })),
                // A claim of the same batch on the same event was first: what it left is judged.
                Err(CommitError::Crossed(_)) => predecessor = None,
                Err(CommitError::Write(WriteError::Refused(refusals))) => {
                    let Some(stored) = refusals.into_iter().next().and_then(|refusal| refusal.stored) else {
                        // It expired or was released in between.
                        predecessor = None;
                        continue;
                    };
                    match self.judge(task, &read_receipt(&stored)?, Some(key_ttl))? {
                        Judged::Over(outcome) => return Ok(Err(outcome)),
                        Judged::TakeOver { attempt, first_at } => {
                            let owner = stored.get_text(attribute::OWNER).ok_or_else(|| {
                                Failure::Fault(NotAReceipt::damaged(&stored, attribute::OWNER).into())
                            })?;
                            predecessor = Some((owner.to_owned(), attempt, first_at));
                        }
                    }
                }
                Err(CommitError::Write(error)) => return Err(error.into()),
            }
        }
        Err(Failure::Contended { tries: self.settings.reruns + 1 })
    }

    async fn act(
        &self,
        task: &Task<'_>,
        claim: &Claim,
        mut slot: Option<Slot<'_>>,
    ) -> Result<Outcome, Failure> {
        let mut tries = 0;
        let mut turn = Turn::default();
        while tries <= self.settings.reruns {
            let began = task.access.moment();
            let mut staged = self
                .run(task, &[], None, (claim.receipt.attempt, claim.receipt.first_at), slot.take())
                .await?;
            let completed = self.complete(task, claim, &mut staged).await;
            match completed.map_err(|error| task.access.or_crossed(error, began)) {
                Ok(()) => {
                    self.remember(task, task.hash.newest().to_owned(), task.raw.version, self.expiry());
                    return Ok(Outcome::Applied);
                }
                Err(CommitError::Write(WriteError::Refused(refusals)))
                    if refusals.iter().any(|refusal| refusal.key == task.receipt) =>
                {
                    return Err(Failure::LeaseLost);
                }
                // State has moved on: act again on what is there now. The outside sees the same keys.
                Err(CommitError::Write(WriteError::Refused(_))) => tries += 1,
                Err(CommitError::Crossed(keys)) => {
                    drop(turn);
                    turn = task.access.turn(keys).await;
                }
                Err(CommitError::Write(error)) => return Err(error.into()),
            }
        }
        drop(turn);
        Err(Failure::Contended { tries })
    }

    /// The commit counts only while the claim's token is still on the row.
    async fn complete(&self, task: &Task<'_>, claim: &Claim, staged: &mut Staged) -> Result<(), CommitError> {
        let (now, token) = (self.host.now(), self.token(task.access));
        let mut receipt = claim.receipt.clone();
        receipt.status = Status::Completed;
        receipt.expires = self.expiry();
        receipt.emitted = std::mem::take(&mut staged.emitted);
        let mut writes = staged.take_writes(now, token, 1);
        writes.push(Write {
            action: Action::Put(receipt.to_item(token)),
            condition: Condition::Owner(claim.token.to_string()),
        });
        self.write(task.access, writes, std::mem::take(&mut staged.reads), token).await
    }

    /// Releases the lease, or remembers a permanent failure (S-19). Fenced like the commit, so it changes nothing where
    /// a successor holds the row (S-13). Where it cannot be written the lease simply runs out.
    async fn give_up(&self, task: &Task<'_>, claim: &Claim, failure: &Failure) {
        let mut receipt = claim.receipt.clone();
        let reason = chain(failure);
        if failure.is_permanent() {
            receipt.status = Status::Failed { error: reason };
        } else {
            receipt.status = Status::Leased { until: self.host.now() };
            receipt.last_error = Some(reason);
        }
        let token = self.token(task.access);
        let write = Write {
            action: Action::Put(receipt.to_item(token)),
            condition: Condition::Owner(claim.token.to_string()),
        };
        if let Err(error) = self.write(task.access, vec![write], Vec::new(), token).await {
            let error = Failure::from(error);
            tracing::warn!(
                consumer = &*task.route.consumer,
                source = task.raw.source,
                event_id = task.raw.id,
                error = chain(&error),
                "the lease was not released; it ends by itself",
            );
        }
    }
}
