//! One task: the claim check, the run of the handler's body, and the write.

use tracing::Instrument as _;

use crate::{
    claim_check,
    commit::{Access, CommitError, Slot},
    engine::{
        guard::Guard,
        handle::Inner,
        outcome::Outcome,
        task::{Task, Try},
    },
    fault::Fault,
    handler::{Attempt, Failure, Keys, Mode, Route, Run, RunError, Staged},
    panic,
    table::{Item, Key, Write, settle},
    token::Token,
};
use waxseal_message::Raw;

impl Inner {
    pub(super) fn guard<'a>(
        &self,
        route: &Route,
        raw: &'a Raw,
        replay: Option<&str>,
    ) -> Result<Option<Guard<'a>>, Fault> {
        Guard::of(route.reaction.sequencing(), &self.service.name, raw, replay)
    }

    pub(super) async fn react(&self, task: &Task<'_>) -> Result<Outcome, Failure> {
        let reaction = &task.route.reaction;
        let mode = reaction.mode();
        if mode != Mode::NaturallyIdempotent
            && let Some(known) = self.cached(task)
        {
            return known;
        }
        // A fetched payload uses memory, so it counts towards the bound (S-21).
        let slot = if reaction.is_pure() && !claim_check::is_claim(task.raw) {
            None
        } else {
            Some(task.access.enter().await.map_err(|_| Failure::Unstarted)?)
        };
        if task.access.is_closed(self.host.now()) {
            return Err(Failure::Unstarted);
        }
        // Boxes keep rare parts out of the future that every waiting record holds.
        if claim_check::is_claim(task.raw) {
            return Box::pin(self.redeem(task, mode, slot)).await;
        }
        self.react_to(task, mode, slot).await
    }

    /// As [`Inner::react`], after the payload of a claim is fetched (S-42).
    pub(super) async fn redeem(
        &self,
        task: &Task<'_>,
        mode: Mode,
        slot: Option<Slot<'_>>,
    ) -> Result<Outcome, Failure> {
        let claims = &self.settings.claims;
        match task.access.until_stopped(claims.redeem(task.raw, task.receives)).await? {
            Ok(whole) => {
                let (receipt, hash) = (task.receipt.clone(), task.hash.with(whole.data.get()));
                let copies = task.copies.clone();
                let redeemed = Task { raw: &whole, decoded: None, receipt, copies, hash, ..*task };
                self.react_to(&redeemed, mode, slot).await
            }
            // A duplicate whose payload has expired is still a duplicate.
            Err(fault) => self.unless_known(task, Failure::Fault(fault)).await,
        }
    }

    pub(super) async fn react_to(
        &self,
        task: &Task<'_>,
        mode: Mode,
        slot: Option<Slot<'_>>,
    ) -> Result<Outcome, Failure> {
        match mode {
            Mode::Transactional => self.transact(task, slot).await,
            Mode::Leased { lease, key_ttl } => Box::pin(self.lease(task, slot, lease, key_ttl)).await,
            Mode::NaturallyIdempotent => Box::pin(self.run_bare(task, slot)).await,
        }
    }

    pub(super) async fn run(
        &self,
        task: &Task<'_>,
        ahead: &[(Key, Option<Item>)],
        unread: Option<&Key>,
        Try { number, first_at, has_acted, undone, has_lost }: Try<'_>,
        slot: Option<Slot<'_>>,
    ) -> Result<Staged, Failure> {
        let keys = Keys::default();
        let attempt =
            Attempt { keys: &keys, number, first_at, cause: task.raw, consumer: task.consumer, undone };
        let run = Run {
            cause: task.raw,
            decoded: task.decoded,
            service: &self.service.name,
            consumer: task.consumer,
            access: task.access,
            now: self.host.now(),
            replay: task.replay,
            ahead,
            unread,
            schedules: self.service.scheduled.is_some(),
            histories: &self.service.histories,
            has_lost,
            staged: Staged::default(),
        };
        // The invocation's span has many records, so the event's own trace cannot be its parent: it
        // is a link (S-44).
        let span = tracing::info_span!(
            "handle",
            consumer = run.consumer,
            event = run.cause.name,
            source = run.cause.source,
            event_id = run.cause.id,
            correlation_id = run.cause.correlation_id,
            link = run.cause.traceparent(),
        );
        // A panic is a failed run (S-6): its staged writes are dropped, and a lease is released
        // with the panic's text.
        let reaction = &task.route.reaction;
        let body = if has_acted { reaction.done(run) } else { reaction.run(run, &attempt) };
        let body = panic::catch_async(body).instrument(span);
        let slot = match slot {
            Some(slot) => Some(slot),
            None if task.route.reaction.is_pure() => None,
            None => Some(task.access.enter().await?),
        };
        let result = task.access.body(slot, body).await?;
        match result {
            Ok(Ok(mut staged)) => {
                if !staged.to_check_in.is_empty() {
                    let to_check_in = std::mem::take(&mut staged.to_check_in);
                    let stored = self.settings.claims.check_in_emitted(&mut staged.emitted, &to_check_in);
                    Box::pin(task.access.until_stopped(stored))
                        .await?
                        .map_err(|fault| Failure::Fault(fault.may_have_acted()))?;
                }
                Ok(staged)
            }
            Ok(Err(RunError::Decode(error))) => Err(Failure::Decode(error)),
            Ok(Err(RunError::Fault(fault))) => Err(Failure::Fault(fault)),
            Err(caught) => Err(Failure::Panic(caught)),
        }
    }

    /// Writes as `token`. A refusal that shows this token is a success.
    pub(super) async fn write(
        &self,
        access: Access<'_>,
        writes: Vec<Write>,
        reads: Vec<Key>,
        token: Token,
    ) -> Result<(), CommitError> {
        match access.commit(writes, reads).await {
            Err(CommitError::Write(error)) => settle(Err(error), token).map_err(CommitError::Write),
            other => other,
        }
    }
}
