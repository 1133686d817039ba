//! One run of a batch, as its lanes see it.

use foldhash::{HashMap, HashMapExt as _};

use crate::{
    batch::{
        batches::Batches,
        conclude::ignored,
        lanes::{Lane, Place, fold},
        outcome::RecordOutcome,
        policy::GroupPolicy,
        progress::Progress,
        record::{Content, Record},
    },
    code::Code,
    commit::{Access, Group},
    dead_letter::Returned,
    engine::{Delivery, Failed, FailedHandlers, LONGEST, Marked, Outcome},
    error_chain::error_chain,
    handler::{Failure, Reason},
    panic,
    table::Key,
};
use waxseal_message::{Raw, Timestamp};

/// One run of a batch, as its lanes see it.
pub(super) struct Round<'a> {
    pub(super) batches: &'a Batches,
    pub(super) group: &'a Group,
    /// The entities by the index in [`Place::entity`].
    pub(super) entities: &'a [Key],
    pub(super) deadline: Option<Timestamp>,
    pub(super) progress: &'a Progress,
}

/// Whether a lane's group is blocked since one of its records was dead-lettered (S-32).
enum Block {
    No,
    Yes(String),
    /// The table did not answer.
    Unknown(String),
}

impl Round<'_> {
    pub(super) async fn run_lane(&self, lane: Lane<'_>) {
        let (mut blocked, mut closed) = (false, false);
        let mut block = self.block_of(&lane).await;
        // A second copy in this batch shares the outcome of the first (S-17).
        let mut seen: HashMap<Identity<'_>, usize> = HashMap::new();
        let mut rest = &lane.places[..];
        while let Some(place) = rest.first() {
            closed |= self.group.is_closed(self.batches.engine().now());
            let copy = message(place.record).and_then(|raw| seen.get(&identity_of(place.record, raw)));
            self.progress.begin(place.index);
            let outcomes = if blocked {
                vec![RecordOutcome::Blocked]
            } else if closed {
                vec![RecordOutcome::Unstarted]
            } else if let Block::Yes(reason) = &block {
                vec![Box::pin(self.conclude_blocked(place.record, reason)).await]
            } else if let Block::Unknown(reason) = &block {
                vec![RecordOutcome::Failed { reason: reason.clone(), retry_after: None }]
            } else if let Some(outcome) = copy.and_then(|at| self.progress.look(*at, share).flatten()) {
                vec![outcome]
            } else {
                self.run_head(rest, lane.ordered, |record, raw| !seen.contains_key(&identity_of(record, raw)))
                    .await
            };
            let (now, later) = rest.split_at(outcomes.len().min(rest.len()));
            rest = later;
            for (place, mut outcome) in now.iter().zip(outcomes) {
                if !rest.is_empty()
                    && let (
                        Some(raw),
                        RecordOutcome::Done(_)
                        | RecordOutcome::Failed { .. }
                        | RecordOutcome::DeadLettered { .. },
                    ) = (message(place.record), &outcome)
                {
                    seen.entry(identity_of(place.record, raw)).or_insert(place.index);
                }
                if let (RecordOutcome::DeadLettered { reason }, Block::No) = (&outcome, &block) {
                    match Box::pin(self.block_group(place.record, reason)).await {
                        Ok(None) => {}
                        Ok(Some(reason)) => block = Block::Yes(reason),
                        // The dead letter was written but the group could not be blocked, so the
                        // record fails and is delivered again.
                        Err(failure) => {
                            outcome =
                                RecordOutcome::Failed { reason: error_chain(&failure), retry_after: None };
                        }
                    }
                }
                closed |= matches!(outcome, RecordOutcome::Unstarted);
                blocked |= lane.ordered && matches!(outcome, RecordOutcome::Failed { .. });
                self.progress.conclude(place.index, outcome);
            }
        }
    }

    /// Runs the records at the head of `places` that can be decided as one, or else the first
    /// alone. It concludes at least one record.
    async fn run_head<'b>(
        &self,
        places: &[Place<'b>],
        strict: bool,
        fresh: impl Fn(&'b Record, &'b Raw) -> bool,
    ) -> Vec<RecordOutcome> {
        let Some(first) = places.first() else { return Vec::new() };
        if let Some((entity, events)) = fold(places, LONGEST, fresh)
            && let Some(entity) = self.entities.get(entity)
        {
            places.iter().take(events.len()).for_each(|place| self.progress.begin(place.index));
            let access = Access::Together(self.group);
            let results = self.batches.engine().handle_folded(access, &events, entity, strict).await;
            let mut outcomes = Vec::with_capacity(results.len());
            for ((place, (raw, _)), result) in places.iter().zip(events).zip(results) {
                outcomes.push(self.batches.conclude(place.record, raw, result, Failed::default()).await);
            }
            if !outcomes.is_empty() {
                return outcomes;
            }
        }
        vec![self.run_record(first).await]
    }

    async fn run_record(&self, place: &Place<'_>) -> RecordOutcome {
        let record = place.record;
        match &record.content {
            Content::Ignored(why) => {
                tracing::info!(record = record.id, why, "acknowledged without a handler");
                RecordOutcome::Done(None)
            }
            Content::Malformed(malformed)
                if let Some(kind) = malformed.kind()
                    && self.batches.engine().service().ignores(kind) =>
            {
                ignored(record, kind)
            }
            Content::Malformed(malformed) => {
                let reason = Reason::of(malformed).between("malformed: ", "");
                Box::pin(self.batches.unreadable(record, Code::Malformed, reason)).await
            }
            Content::Message(raw) if place.suspect => Box::pin(self.run_suspect(place, raw)).await,
            Content::Message(raw) => {
                let (result, failed) = self.deliver(self.delivery(record, raw)).await;
                self.batches.conclude(record, raw, result, failed).await
            }
        }
    }

    fn delivery<'d>(&self, record: &'d Record, raw: &'d Raw) -> Delivery<'d> {
        let delivery = Delivery::of(raw).within(self.deadline).received(record.receives);
        Delivery { returned: record.returned.as_deref(), ..delivery }
    }

    /// Runs a reaction. A panic is one failed record, not a failed batch (S-6). No state of the run
    /// outlives it: the engine's own state is behind locks that recover, and staged writes are
    /// dropped.
    async fn deliver(&self, delivery: Delivery<'_>) -> (Result<Outcome, Failure>, Failed) {
        let access = Access::Together(self.group);
        let failed = FailedHandlers::default();
        let delivery = Delivery { failed: Some(&failed), ..delivery };
        let result = panic::catch_async(self.batches.engine().deliver_in(access, delivery))
            .await
            .unwrap_or_else(|caught| Err(Failure::Panic(caught)));
        (result, failed.into_failed())
    }

    /// Runs a record that was received before behind a marker. If the record kills the process, the
    /// marker stays (S-28).
    async fn run_suspect(&self, place: &Place<'_>, raw: &Raw) -> RecordOutcome {
        let record = place.record;
        let engine = self.batches.engine();
        let access = Access::Together(self.group);
        match engine.mark(access, Delivery::of(raw).within(self.deadline)).await {
            Ok(Marked::Run(marker)) => {
                // The marker was written after a read that found no receipt.
                let delivery = Delivery { is_new: true, ..self.delivery(record, raw) };
                let (result, failed) = self.deliver(delivery).await;
                let outcome = self.batches.conclude(record, raw, result, failed).await;
                // The outcome is stored before the removal, whose answer may never come.
                self.progress.conclude(place.index, outcome.clone());
                engine.unmark(access, marker).await;
                outcome
            }
            Ok(Marked::Poison(marker, runs)) => {
                let reason = format!(
                    "suspected of killing its process: {runs} runs of it have no known end, so it does, or takes longer than an \
                     invocation may, or its process was ended by something else; it was not run again"
                );
                let dead_letter = self.batches.dead_letter_of(record, Code::SuspectedPoison, reason);
                let outcome = self.batches.dead_letter(dead_letter).await;
                self.progress.conclude(place.index, outcome.clone());
                // A redrive of the dead letter gives the record another chance.
                engine.unmark(access, marker).await;
                outcome
            }
            Ok(Marked::Known(result)) => self.batches.conclude(record, raw, result, Failed::default()).await,
            Err(failure) => self.batches.conclude(record, raw, Err(failure), Failed::default()).await,
        }
    }

    fn blocks<'b>(&self, record: &'b Record) -> Option<&'b str> {
        match self.batches.policy().groups {
            GroupPolicy::Block => record.group.as_deref(),
            GroupPolicy::Skip => None,
        }
    }

    async fn block_of(&self, lane: &Lane<'_>) -> Block {
        let group = lane.places.first().and_then(|place| self.blocks(place.record));
        let Some(group) = group else { return Block::No };
        match Box::pin(self.batches.engine().block_reason(Access::Together(self.group), group)).await {
            Ok(None) => Block::No,
            Ok(Some(reason)) => Block::Yes(reason),
            Err(failure) => Block::Unknown(error_chain(&failure)),
        }
    }

    /// Blocks the group of a dead letter, where that is the policy. Returns the reason for the
    /// records behind it.
    async fn block_group(&self, record: &Record, reason: &str) -> Result<Option<String>, Failure> {
        let Some(group) = self.blocks(record) else { return Ok(None) };
        let reason = format!("record {} was dead-lettered: {reason}", record.id);
        self.batches.engine().block(Access::Together(self.group), group, &reason).await?;
        Ok(Some(reason))
    }

    /// Concludes a later record of a blocked group.
    async fn conclude_blocked(&self, record: &Record, reason: &str) -> RecordOutcome {
        let group = record.group.as_deref().unwrap_or_default();
        let reason = format!("its group {group} is held back until it is released, since {reason}");
        self.batches.dead_letter(self.batches.dead_letter_of(record, Code::GroupBlocked, reason)).await
    }
}

fn message(record: &Record) -> Option<&Raw> {
    match &record.content {
        Content::Message(raw) => Some(raw),
        Content::Ignored(_) | Content::Malformed(_) => None,
    }
}

/// The outcome of a second copy, from that of the first.
fn share(outcome: &RecordOutcome) -> Option<RecordOutcome> {
    match outcome {
        RecordOutcome::Done(Some(Outcome::Unwanted)) => Some(outcome.clone()),
        RecordOutcome::Done(_) => Some(RecordOutcome::Done(Some(Outcome::Duplicate))),
        RecordOutcome::DeadLettered { reason } => {
            Some(RecordOutcome::DeadLettered { reason: reason.clone() })
        }
        RecordOutcome::Failed { reason, retry_after } => {
            Some(RecordOutcome::Failed { reason: reason.clone(), retry_after: *retry_after })
        }
        RecordOutcome::Blocked | RecordOutcome::Unstarted => None,
    }
}

/// The identity that two copies of one message share: source, id, name, payload, their replay, and
/// the failures that they release.
type Identity<'a> = (&'a str, &'a str, &'a str, &'a str, Option<&'a str>, Option<&'a Returned>);

fn identity_of<'a>(record: &'a Record, raw: &'a Raw) -> Identity<'a> {
    (&raw.source, &raw.id, &raw.name, raw.data.get(), raw.replay(), record.returned.as_deref())
}
