//! The run of a batch: its lanes, and the delays of what failed.

use std::time::Duration;

use futures_util::future::Either;

use crate::{
    batch::{
        backoff::{Delay, random},
        batches::Batches,
        lanes::{Lanes, lanes},
        outcome::RecordOutcome,
        progress::Progress,
        record::Record,
        round::Round,
    },
    commit::{Access, Group},
    end::{End, Point},
};
use waxseal_message::Timestamp;

/// The least number of lanes in flight. A record that waits for its commit holds little memory, and
/// with more of them waiting, more share a request.
const IN_FLIGHT: usize = 100;

impl Batches {
    /// Runs a batch; the outcomes are in the order of `records`.
    ///
    /// Records of one group, about one entity or of one identity run one after another, all others
    /// at once up to the policy's bound. Reads and writes of the same time share requests.
    /// `deadline` is the invocation's; shortly before it no record starts any more (S-20).
    pub async fn run(&self, records: &[Record], deadline: Option<Timestamp>) -> Vec<RecordOutcome> {
        self.run_until(records, deadline, End::never()).await
    }

    /// As [`Batches::run`], and never beyond `end`: the end of the invocation's time (S-20), or the
    /// shutdown of the process (S-22). At the stop, running handlers are dropped and their leases
    /// released. At the cutoff, calls without an answer are dropped. Every record that is not done
    /// by then is reported as failed. If its dropped commit was applied, the next delivery finds
    /// it.
    pub async fn run_until(
        &self,
        records: &[Record],
        deadline: Option<Timestamp>,
        mut end: End<'_>,
    ) -> Vec<RecordOutcome> {
        let progress = Progress::of(records.len());
        let closes = deadline.map(|deadline| closes(self.engine.now(), deadline, self.policy.margin));
        let group = Group::new(self.policy.concurrency, self.policy.grouping, closes, self.engine.token());
        let width = self.policy.concurrency.max(IN_FLIGHT);
        let Lanes { entities, lanes } =
            lanes(records, self.policy.isolation, width, |raw| self.engine.target(raw));
        let round =
            Round { batches: self, group: &group, entities: &entities, deadline, progress: &progress };
        let (suspects, lanes): (Vec<_>, Vec<_>) = lanes.into_iter().partition(|lane| lane.suspect);
        // A lane becomes a future only when it starts, which bounds the memory (S-21).
        for (lanes, width, settles) in [(lanes, width, true), (suspects, 1, false), (Vec::new(), 1, true)] {
            // Markers that stayed are removed beside the records of the first lanes, and at the end
            // (S-28).
            let settle = settles.then(|| self.engine.settle(Access::Together(&group))).flatten();
            if lanes.is_empty() && settle.is_none() {
                continue;
            }
            // A lane is large, and the set of running futures holds an empty place of its size.
            let settle = settle.map(Either::Left);
            let work = lanes.into_iter().map(|lane| Either::Right(Box::pin(round.run_lane(lane))));
            let work = settle.into_iter().chain(work);
            group.drive(self.engine.table(), work, width, &mut end).await;
        }
        let outcomes = progress.into_outcomes(records);
        let unstarted = outcomes.iter().filter(|outcome| matches!(outcome, RecordOutcome::Unstarted)).count();
        if unstarted > 0 {
            tracing::warn!(
                records = unstarted,
                ?deadline,
                "not started, come again: too little time was left"
            );
        }
        if end.within(Point::Answer, self.delay(records, &outcomes)).await.is_none() {
            tracing::warn!(
                "some records come again by their queue's own visibility: no time was left to tell it"
            );
        }
        let (observers, service) = (self.engine.observers(), self.engine.service().name());
        if !observers.is_empty() {
            for (record, outcome) in records.iter().zip(&outcomes) {
                let handled = record.handled(service, outcome);
                observers.each(|observer| observer.handled(&handled));
            }
        }
        outcomes
    }

    async fn delay(&self, records: &[Record], outcomes: &[RecordOutcome]) {
        let Some(visibility) = &self.visibility else { return };
        let delay = |(record, outcome): (&Record, &RecordOutcome)| {
            let receipt_handle = record.receipt_handle.clone()?;
            let after = self.policy.backoff.delay(record, outcome, random(self.engine.token()))?;
            Some(Delay { record: record.id.clone(), receipt_handle, after })
        };
        let (mut delays, unstarted): (Vec<Delay>, Vec<Delay>) =
            records.iter().zip(outcomes).filter_map(delay).partition(|delay| delay.after > Duration::ZERO);
        // The time may not suffice for all. A record that is shown too early costs a receive; one
        // that is shown late costs only time.
        delays.extend(unstarted);
        if !delays.is_empty() {
            visibility.delay(delays).await;
        }
    }
}

/// The time from which nothing starts any more: `margin` before `deadline`, and never within the
/// first three quarters of the time.
fn closes(now: Timestamp, deadline: Timestamp, margin: Duration) -> Timestamp {
    let left = deadline.saturating_duration_since(now);
    deadline.checked_sub(margin.min(left / 4)).unwrap_or(deadline)
}
