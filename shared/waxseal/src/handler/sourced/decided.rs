//! One decision of a decider in the erased form.

use std::{marker::PhantomData, sync::Arc};

use crate::{
    future::BoxFuture,
    handler::{
        catalog::Mode,
        decoded::Decoded,
        effect::Attempt,
        erased::{Reaction, RunError},
        replay::Replay,
        sequencing::Sequencing,
        sourced::{
            decider::Record,
            definition::EventSourced,
            history::{History, history_key},
            pure,
        },
        staged::Staged,
        staged_message::StagedMessage,
        unit::{Run, Unit},
    },
    row::Loaded,
    table::Key,
};
use waxseal_message::{DecodeError, Envelope, Message, Raw};

/// The decision of a decider about one kind of message.
pub(crate) struct Recording<D, M> {
    decider: Arc<D>,
    message: PhantomData<fn() -> M>,
}

impl<D, M> Recording<D, M> {
    pub(crate) fn new(decider: Arc<D>) -> Self {
        Self { decider, message: PhantomData }
    }
}

impl<M: Message, D: Record<M>> Reaction for Recording<D, M> {
    /// A read of events after the snapshot is bounded by its own pages, and holds no payload.
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
        D::SEQUENCING
    }

    fn replay(&self) -> Replay {
        D::REPLAY
    }

    fn entity(&self, raw: &Raw) -> Option<(Key, Decoded)> {
        // A payload that cannot be decoded fails in `run`, with its reason.
        let message: Envelope<M> = raw.decode().ok()?;
        let key = history_key::<D::State>(&D::key(&message.data)).replayed(D::REPLAY.namespace(raw));
        Some((key, Box::new(message)))
    }

    fn run<'a>(&'a self, run: Run<'a>, _: &'a Attempt<'a>) -> BoxFuture<'a, Result<Staged, RunError>> {
        Box::pin(async move {
            let mut room = None;
            let message = run.message::<M>(&mut room).map_err(RunError::Decode)?;
            let id = D::key(&message.data);
            let mut unit = Unit::<D::Emits>::new(run);
            let mut history = unit.history::<D::State>(&id).await.map_err(RunError::Fault)?;
            let decided = pure::decide_on(&*self.decider, &mut history, message);
            let (_, messages) = decided.map_err(|refusal| RunError::Fault(refusal.into_fault()))?;
            for message in messages {
                push(&mut unit.run, &mut history, message);
            }
            unit.append(history);
            unit.run.staged.conclude(Ok(())).map_err(RunError::Fault)
        })
    }
}

fn push<S: EventSourced>(run: &mut Run<'_>, history: &mut History<S>, message: StagedMessage) {
    if !message.in_sequence {
        return run.push(message, None);
    }
    let (key, version, sequence) = (history.key.clone(), history.fold.base, history.fold.sequence);
    let mut row = Loaded { value: (), key, version, sequence };
    run.push_in_sequence(message, &mut row);
    history.fold.sequence = row.sequence;
}
