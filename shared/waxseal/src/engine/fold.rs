//! Several events about one entity: read once, decided in order, and committed as one write of the
//! state with a receipt for each.

use crate::{
    commit::CommitError,
    emission::Emission,
    engine::{
        attempts::Attempts,
        handle::Inner,
        outcome::Outcome,
        task::{Task, Try},
    },
    handler::{Failure, Staged},
    table::{Action, Condition, Key, Write, WriteError},
};

/// The largest number of events in one transaction: a receipt each, and the state.
pub(crate) const LONGEST: usize = crate::table::LARGEST_ACTIONS - 1;

type Results = Vec<Option<Result<Outcome, Failure>>>;

impl Inner {
    /// As [`Engine::handle_folded`](super::Engine::handle_folded).
    pub(super) async fn fold(
        &self,
        tasks: &[Task<'_>],
        entity: &Key,
        strict: bool,
    ) -> Vec<Result<Outcome, Failure>> {
        let Some(access) = tasks.first().map(|task| task.access) else { return Vec::new() };
        let mut results: Results = tasks.iter().map(|task| self.cached(task)).collect();
        let mut width = LONGEST;
        let mut attempts = Attempts::new(access, self.settings.reruns);
        loop {
            let end = failed(&results).filter(|_| strict).unwrap_or(tasks.len());
            let open: Vec<usize> = (0..end).filter(|index| results[*index].is_none()).take(width).collect();
            if open.is_empty() {
                break;
            }
            if let Err(failure) = attempts.begin() {
                settle(&mut results, &open, &failure);
                continue;
            }
            match self.fold_once(tasks, &open, entity, strict, attempts.refused(), &mut results).await {
                Ok(()) => {}
                Err(CommitError::Write(WriteError::TooLarge(_))) if open.len() > 1 => width = open.len() / 2,
                // A refused receipt is settled in `fold_once`, so none is known here.
                Err(error) => {
                    if let Err(failure) = attempts.next(error, |_| false).await {
                        settle(&mut results, &open, &failure);
                    }
                }
            }
        }
        let end = failed(&results).filter(|_| strict).map_or(tasks.len(), |index| index + 1);
        results.into_iter().take(end).flatten().collect()
    }

    /// Makes one read, one decision for each event, and one write. Settled events are in `results`;
    /// an error concerns the others.
    async fn fold_once(
        &self,
        tasks: &[Task<'_>],
        open: &[usize],
        entity: &Key,
        strict: bool,
        refused: u32,
        results: &mut Results,
    ) -> Result<(), CommitError> {
        let Some(access) = tasks.first().map(|task| task.access) else { return Ok(()) };
        let rows = rows(tasks, open, entity);
        let keys = rows.iter().chain(open.iter().flat_map(|index| tasks[*index].receipts()));
        let unavailable = |error| CommitError::Write(WriteError::Unavailable(error));
        let mut items = access.get_each(keys.cloned().collect()).await.map_err(unavailable)?.into_iter();
        let now = self.host.now();
        let mut ahead = Vec::with_capacity(rows.len());
        for row in rows {
            ahead.push((row, items.next().transpose().map_err(unavailable)?.flatten()));
        }
        let mut total = Staged::default();
        let mut members: Vec<(usize, Vec<Emission>)> = Vec::with_capacity(open.len());
        for index in open.iter().copied() {
            let task = &tasks[index];
            match task.first_receipt(&mut items, now) {
                Err(error) => results[index] = Some(Err(Failure::Table(error))),
                Ok(Some(receipt)) => results[index] = Some(self.found(task, &receipt)),
                Ok(None) => match self.run(task, &ahead, None, Try::first(now).after(refused), None).await {
                    Ok(staged) => {
                        total.fold(staged.changes);
                        members.push((index, staged.emitted));
                        if members.len() < open.len() {
                            for (row, item) in &mut ahead {
                                if let Some(seen) = total.seen(row) {
                                    *item = seen;
                                }
                            }
                        }
                    }
                    Err(failure) => results[index] = Some(Err(failure)),
                },
            }
            if strict && matches!(results[index], Some(Err(_))) {
                break;
            }
        }
        if members.is_empty() {
            return Ok(());
        }
        self.commit_fold(tasks, members, total, results).await
    }

    async fn commit_fold(
        &self,
        tasks: &[Task<'_>],
        members: Vec<(usize, Vec<Emission>)>,
        mut total: Staged,
        results: &mut Results,
    ) -> Result<(), CommitError> {
        let Some(access) = tasks.first().map(|task| task.access) else { return Ok(()) };
        let (now, token) = (self.host.now(), self.token(access));
        let mut writes = total.take_writes(now, token, members.len());
        let mut indexes = Vec::with_capacity(members.len());
        for (index, emitted) in members {
            let mut receipt = self.blank(&tasks[index], now);
            receipt.emitted = emitted;
            let action = Action::Put(receipt.into_item(token));
            writes.push(Write { action, condition: Condition::Absent { now } });
            writes.extend(self.copies(&tasks[index], now, token));
            indexes.push(index);
        }
        match self.write(access, writes, Vec::new(), token).await {
            Ok(()) => {
                for index in indexes {
                    let task = &tasks[index];
                    results[index] = Some(Ok(self.applied(task)));
                }
                Ok(())
            }
            Err(CommitError::Write(WriteError::Refused(refusals))) => {
                let mut is_known = false;
                for refusal in &refusals {
                    let index = indexes.iter().copied().find(|index| tasks[*index].has_receipt(&refusal.key));
                    if let (Some(index), Some(stored)) = (index, &refusal.stored) {
                        results[index] = Some(self.found(&tasks[index], stored));
                        is_known = true;
                    }
                }
                // Where a receipt refused, the rest is decided again without its event, which is no
                // lost race.
                if is_known { Ok(()) } else { Err(CommitError::Write(WriteError::Refused(refusals))) }
            }
            Err(error) => Err(error),
        }
    }
}

/// The rows on which the open events decide: the one entity, or those of a projection, each once.
fn rows(tasks: &[Task<'_>], open: &[usize], entity: &Key) -> Vec<Key> {
    let mut rows: Vec<Key> = Vec::new();
    for of_event in open.iter().filter_map(|index| tasks[*index].rows()) {
        rows.extend(of_event);
    }
    if rows.is_empty() {
        return vec![entity.clone()];
    }
    rows.sort_unstable();
    rows.dedup();
    rows
}

/// The first failed event.
fn failed(results: &Results) -> Option<usize> {
    results.iter().position(|result| matches!(result, Some(Err(_))))
}

/// Settles every open event with a failure of their common attempt.
fn settle(results: &mut Results, open: &[usize], failure: &Failure) {
    for index in open {
        results[*index].get_or_insert_with(|| Err(shared(failure)));
    }
}

/// The same failure for another event. A common attempt fails as a whole only in these ways.
fn shared(failure: &Failure) -> Failure {
    match failure {
        Failure::Contended { tries } => Failure::Contended { tries: *tries },
        Failure::NotLoaded { entity, exists } => {
            Failure::NotLoaded { entity: entity.clone(), exists: *exists }
        }
        Failure::TooLarge(limit) => Failure::TooLarge(limit.clone()),
        Failure::Table(error) => Failure::Table(error.shared()),
        other => Failure::Conflict { items: other.to_string() },
    }
}
