//! One decision of an aggregate in the erased form.

use std::{marker::PhantomData, sync::Arc};

use crate::{
    fault::Fault,
    future::BoxFuture,
    handler::{
        aggregate::{Aggregate, Decide, Out},
        catalog::Mode,
        decoded::Decoded,
        effect::Attempt,
        erased::{Reaction, RunError},
        replay::Replay,
        sequencing::Sequencing,
        staged::Staged,
        unit::{Run, Unit},
    },
    row::{Loaded, state},
    table::Key,
};
use waxseal_message::{DecodeError, Envelope, Message, Raw};

/// The decision of an aggregate about one kind of message.
pub(crate) struct Decided<A, M> {
    aggregate: Arc<A>,
    message: PhantomData<fn() -> M>,
}

impl<A, M> Decided<A, M> {
    pub(crate) fn new(aggregate: Arc<A>) -> Self {
        Self { aggregate, message: PhantomData }
    }
}

impl<M: Message, A: Decide<M>> Reaction for Decided<A, M> {
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
        A::SEQUENCING
    }

    fn replay(&self) -> Replay {
        A::REPLAY
    }

    fn entity(&self, raw: &Raw) -> Option<(Key, Decoded)> {
        // A payload that cannot be decoded fails in `run`, with its reason.
        let message: Envelope<M> = raw.decode().ok()?;
        let key = state::key::<A::State>(&A::key(&message.data)).replayed(A::REPLAY.namespace(raw));
        Some((key, Box::new(message)))
    }

    fn run<'a>(&'a self, run: Run<'a>, _: &'a Attempt<'a>) -> BoxFuture<'a, Result<Staged, RunError>> {
        Box::pin(async move {
            let mut room = None;
            let message = run.message::<M>(&mut room).map_err(RunError::Decode)?;
            let id = A::key(&message.data);
            let mut unit = Unit::<A::Emits>::new(run);
            let loaded = unit.load::<A::State>(&id).await.map_err(RunError::Fault)?;
            let (mut state, row) = match loaded {
                Some(Loaded { value, key, version, sequence }) => {
                    let before = serde_json::to_string(&value).ok();
                    (Some(value), Loaded { value: before, key, version, sequence })
                }
                None => (None, unit.vacant::<A::State>(&id)),
            };
            let mut out = Out::default();
            let decided = self.aggregate.decide(&mut state, message, &mut out);
            decided.map_err(|refusal| RunError::Fault(refusal.into_fault()))?;
            stage::<A>(&mut unit, row, state, out);
            unit.run.staged.conclude(Ok(())).map_err(RunError::Fault)
        })
    }
}

/// Stages the outcome of a decision on `row`, which holds the JSON of the state before.
fn stage<A: Aggregate>(
    unit: &mut Unit<'_, A::Emits>,
    mut row: Loaded<Option<String>>,
    state: Option<A::State>,
    out: Out<A>,
) {
    let mut is_numbered = false;
    for staged in out.staged {
        is_numbered |= staged.in_sequence;
        match staged.in_sequence {
            true => unit.run.push_in_sequence(staged, &mut row),
            false => unit.run.push(staged, None),
        }
    }
    match (&row.value, state.map(|state| serde_json::to_string(&state))) {
        (None, None) if is_numbered => unit.run.fail(Fault::permanent(format!(
            "something was emitted in the sequence of {}, of which no state was left: the count is kept with it",
            row.key
        ))),
        (Some(_), None) => unit.delete_row(row),
        // Nothing is written, but the emissions depend on this version.
        (None, None) => unit.require_row(&row),
        (Some(before), Some(Ok(after))) if *before == after && !is_numbered => unit.require_row(&row),
        (_, Some(after)) => unit.save_as(row, after),
    }
}
