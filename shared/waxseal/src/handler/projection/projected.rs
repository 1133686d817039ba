//! A projection at one kind of event in the erased form.

use std::{marker::PhantomData, sync::Arc};

use crate::{
    fault::Fault,
    future::BoxFuture,
    handler::{
        catalog::Mode,
        decoded::Decoded,
        effect::Attempt,
        erased::{Reaction, RunError},
        projection::{
            definition::{Project, REPLAY, Raised},
            key::{RowKey, Rows},
            rows::{read_row, row_key, row_kind},
        },
        replay::Replay,
        sequencing::Sequencing,
        staged::{Staged, To},
        unit::Run,
    },
    row::{Times, sort},
    table::{Item, Key},
};
use waxseal_message::{DecodeError, Envelope, Message, Raw};

/// A projection at one kind of event.
pub(crate) struct Projected<P, M> {
    projection: Arc<P>,
    event: PhantomData<fn() -> M>,
}

impl<P, M> Projected<P, M> {
    pub(crate) fn new(projection: Arc<P>) -> Self {
        Self { projection, event: PhantomData }
    }
}

/// The rows of an event, each once, in the order of their keys.
fn keys<P: Project<M>, M: Message>(event: &Envelope<M>) -> Vec<RowKey> {
    let mut keys = P::rows(event);
    keys.sort_unstable();
    keys.dedup();
    keys
}

impl<M: Message, P: Project<M>> Reaction for Projected<P, M> {
    fn is_pure(&self) -> bool {
        true
    }

    fn mode(&self) -> Mode {
        Mode::Transactional
    }

    fn check(&self, raw: &Raw) -> Result<(), DecodeError> {
        M::decode(raw.version, &raw.data).map(drop)
    }

    fn sequencing(&self) -> Sequencing {
        P::SEQUENCING
    }

    fn replay(&self) -> Replay {
        REPLAY
    }

    /// All events of a projection fold together, whichever rows they concern.
    fn entity(&self, raw: &Raw) -> Option<(Key, Decoded)> {
        // A payload that cannot be decoded fails in `run`, with its reason.
        let event: Envelope<M> = raw.decode().ok()?;
        Some((Key::of(&row_kind::<P>(), &[], sort::ROW), Box::new(event)))
    }

    fn rows(&self, raw: &Raw, decoded: Option<&Decoded>) -> Option<Vec<Key>> {
        let room;
        let event = match decoded.and_then(|event| event.downcast_ref::<Envelope<M>>()) {
            Some(event) => event,
            None => {
                room = raw.decode::<M>().ok()?;
                &room
            }
        };
        Some(keys::<P, M>(event).iter().map(row_key::<P>).collect())
    }

    fn run<'a>(&'a self, mut run: Run<'a>, _: &'a Attempt<'a>) -> BoxFuture<'a, Result<Staged, RunError>> {
        Box::pin(async move {
            let mut room = None;
            let event = run.message::<M>(&mut room).map_err(RunError::Decode)?;
            let named = keys::<P, M>(event);
            let keys: Vec<Key> = named.iter().map(row_key::<P>).collect();
            let items = run.items(&keys).await.map_err(RunError::Fault)?;
            let (mut rows, mut versions) = (Vec::with_capacity(keys.len()), Vec::with_capacity(keys.len()));
            for (key, item) in named.into_iter().zip(&items) {
                let before = item.as_ref().map(read_row::<P::Row>).transpose().map_err(RunError::Fault)?;
                let (row, version) = before.map_or((None, 0), |(row, version)| (Some(row), version));
                rows.push((key, row));
                versions.push(version);
            }
            let (mut rows, mut raised) = (Rows { rows }, Raised::default());
            self.projection.fold(&mut rows, event, &mut raised).map_err(RunError::Fault)?;
            let mut unchanged = Vec::new();
            for (((_, row), version), (key, item)) in
                rows.rows.iter().zip(versions).zip(keys.into_iter().zip(&items))
            {
                match change(row.as_ref(), item.as_ref()).map_err(RunError::Fault)? {
                    Some(to) => run.stage(key, version, to),
                    None => unchanged.push((key, version)),
                }
            }
            // What is raised was decided on the rows as they are.
            if !raised.staged.is_empty() {
                unchanged.into_iter().for_each(|(key, version)| run.stage(key, version, To::Unchanged));
            }
            raised.staged.into_iter().for_each(|message| run.push(message, None));
            run.staged.conclude(Ok(())).map_err(RunError::Fault)
        })
    }
}

/// The change of a row; `None` where it is as it was.
fn change<R: serde::Serialize>(row: Option<&R>, before: Option<&Item>) -> Result<Option<To>, Fault> {
    let Some(row) = row else { return Ok(before.map(|_| To::Delete)) };
    let data = serde_json::to_string(row)
        .map_err(|error| Fault::permanent(format!("a row cannot be written as JSON: {error}")))?;
    let is_same = before.is_some_and(|item| item.get_text("data") == Some(&data));
    Ok((!is_same).then(|| To::Put { data, sequence: 0, times: Times::default() }))
}
