//! Transactional mode: run, then one conditional write of receipt, state and emitted events.

use crate::{
    commit::{CommitError, Slot},
    engine::{
        attempts::{Attempts, Next},
        guard::Guard,
        handle::Inner,
        judge::{Judged, read_receipt, remember_failed},
        outcome::Outcome,
        task::{Task, Try},
        undo::{Mark, Undoing},
    },
    handler::{Failure, Staged, Standing},
    row::{ReceiptMeaning, state},
    table::{Action, Condition, Item, Key, Write},
};

impl Inner {
    pub(super) async fn transact(
        &self,
        task: &Task<'_>,
        mut slot: Option<Slot<'_>>,
    ) -> Result<Outcome, Failure> {
        let guard = match self.guard(task.route, task.raw, task.replay) {
            Ok(guard) => guard,
            Err(fault) => return Box::pin(self.unless_known(task, Failure::Fault(fault))).await,
        };
        let undoing = match self.undoing(task.raw) {
            Ok(undoing) => undoing,
            Err(failure) => return Box::pin(self.unless_known(task, failure)).await,
        };
        let mut attempts = Attempts::new(task.access, self.settings.reruns);
        loop {
            attempts.begin()?;
            let ahead = self.read_ahead(task, guard.as_ref(), undoing.as_ref()).await?;
            let live = |key| find(&ahead, key).filter(|receipt| !receipt.is_expired(self.host.now()));
            if let Some(receipt) = task.receipts().find_map(live) {
                return self.found(task, receipt);
            }
            let cursor = guard.as_ref().map(|guard| (guard, find(&ahead, &guard.key)));
            if let Some((guard, stored)) = cursor {
                match guard.judge(stored, self.host.now()).map_err(Failure::Fault)? {
                    Standing::Next => {}
                    Standing::Stale => return Ok(Outcome::Stale),
                    Standing::Early { awaited } => {
                        let (subject, number) = (guard.subject.to_owned(), guard.number);
                        return Err(Failure::Early { subject, number, awaited });
                    }
                }
            }
            let marks = match &undoing {
                Some(undoing) => self.judge_undo(undoing, |key| find(&ahead, key))?,
                None => Vec::new(),
            };
            let unread = ahead.is_empty().then_some(&task.receipt);
            let attempt = Try::first(self.host.now()).after(attempts.refused());
            let mut staged = match self.run(task, &ahead, unread, attempt, slot.take()).await {
                Ok(staged) => staged,
                Err(failure) => return Box::pin(self.unless_known(task, failure)).await,
            };
            if let Some(receipt) = staged.known.take() {
                return self.found(task, &receipt);
            }
            if staged.is_void {
                return Ok(Outcome::Stale);
            }
            let left = task.left.map(|left| (left, left.of(&staged, &ahead)));
            let Err(error) = self.commit(task, &mut staged, cursor, marks).await else {
                if let Some((left, item)) = left {
                    left.keep(item);
                }
                self.tell_compensation(task, staged.failed_compensation.as_ref());
                return Ok(self.applied(task));
            };
            match attempts.next(error, |key| task.has_receipt(key)).await {
                Ok(Next::Receipt(Some(stored))) => return self.found(task, &stored),
                // The state has changed, or the receipt has vanished in between, so the handler
                // decides again on fresh reads.
                Ok(Next::Receipt(None) | Next::Again) => {}
                Err(failure) => return Box::pin(self.unless_known(task, failure)).await,
            }
        }
    }

    /// A permanent failure, unless the event has taken effect before. A duplicate that meets
    /// changed state, or another spelling of its payload, must not be dead-lettered (S-15). It
    /// costs one request, and only before a dead letter.
    pub(super) async fn unless_known(&self, task: &Task<'_>, failure: Failure) -> Result<Outcome, Failure> {
        if !failure.is_permanent() {
            return Err(failure);
        }
        let items = task.access.get(task.receipts().cloned().collect()).await?;
        let now = self.host.now();
        match items.iter().flatten().find(|receipt| !receipt.is_expired(now)) {
            Some(receipt) => {
                match read_receipt(receipt)?.judge(&task.hash, task.raw.version, self.host.now(), None) {
                    // A lease that ran out is not the cause of this failure.
                    ReceiptMeaning::TakeOver { .. } | ReceiptMeaning::Acted => Err(failure),
                    _ => self.found(task, receipt),
                }
            }
            None => Err(failure),
        }
    }

    /// Runs without a receipt, guarded only by the state's own conditions.
    pub(super) async fn run_bare(
        &self,
        task: &Task<'_>,
        mut slot: Option<Slot<'_>>,
    ) -> Result<Outcome, Failure> {
        let mut attempts = Attempts::new(task.access, self.settings.reruns);
        loop {
            attempts.begin()?;
            let attempt = Try::first(self.host.now()).after(attempts.refused());
            let mut staged = self.run(task, &[], None, attempt, slot.take()).await?;
            if staged.is_empty() {
                return Ok(Outcome::Applied);
            }
            let token = self.token(task.access);
            let writes = staged.take_writes(self.host.now(), token, 0);
            let written = self.write(task.access, writes, staged.reads, token).await;
            let Err(error) = written else { return Ok(Outcome::Applied) };
            attempts.next(error, |_| false).await?;
        }
    }

    /// Reads ahead in one request: entity, cursor and receipt where the event names them, or the
    /// receipt of a redelivery. Otherwise it reads nothing, so a handler that only emits costs one
    /// write.
    async fn read_ahead(
        &self,
        task: &Task<'_>,
        guard: Option<&Guard<'_>>,
        undoing: Option<&Undoing>,
    ) -> Result<Vec<(Key, Option<Item>)>, Failure> {
        let mut keys: Vec<Key> = match task.rows() {
            Some(rows) => rows,
            None => task.route.entity(task.raw).into_iter().map(|(key, _)| key).collect(),
        };
        // The run reports the fault of such a key.
        keys.retain(|key| state::check_key(key).is_ok());
        keys.extend(guard.map(|guard| guard.key.clone()));
        keys.extend(undoing.into_iter().flat_map(|undoing| undoing.receipts.iter().cloned()));
        if keys.is_empty() && !task.is_doubtful && task.copies.is_empty() {
            return Ok(Vec::new());
        }
        keys.extend(task.receipts().cloned());
        let items = task.access.get(keys.clone()).await?;
        Ok(keys.into_iter().zip(items).collect())
    }

    pub(super) fn found(&self, task: &Task<'_>, stored: &Item) -> Result<Outcome, Failure> {
        let judged = self.judge(task, &read_receipt(stored)?, None);
        match judged.inspect_err(|failure| remember_failed(task, stored, failure))? {
            Judged::Over(outcome) => Ok(outcome),
            // The key has a lease: the handler was an effect before, and the effect's outcome is
            // unknown.
            Judged::TakeOver { attempt, first_at } => Err(Failure::OutcomeUnknown {
                handler: task.route.handler,
                attempts: attempt.saturating_sub(1),
                first_at,
                last_error: None,
            }),
            Judged::Acted => Ok(Outcome::Duplicate),
        }
    }

    async fn commit(
        &self,
        task: &Task<'_>,
        staged: &mut Staged,
        cursor: Option<(&Guard<'_>, Option<&Item>)>,
        marks: Vec<Mark>,
    ) -> Result<(), CommitError> {
        let (now, token) = (self.host.now(), self.token(task.access));
        let mut receipt = self.blank(task, now);
        receipt.emitted = std::mem::take(&mut staged.emitted);
        let mut writes = staged.take_writes(now, token, 2 + task.copies.len());
        writes.extend(cursor.map(|(guard, stored)| guard.advance(stored, now, self.expiry(), token)));
        writes.push(Write {
            action: Action::Put(receipt.into_item(token)),
            condition: Condition::Absent { now },
        });
        writes.extend(self.copies(task, now, token));
        writes.extend(marks.into_iter().map(|mark| mark.into_write(token)));
        self.write(task.access, writes, std::mem::take(&mut staged.reads), token).await
    }
}

fn find<'a>(ahead: &'a [(Key, Option<Item>)], wanted: &Key) -> Option<&'a Item> {
    ahead.iter().find(|(key, _)| key == wanted).and_then(|(_, item)| item.as_ref())
}
