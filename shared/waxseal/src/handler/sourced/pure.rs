//! Decisions as plain functions, as the engine makes them: for test kits.

use crate::{
    fault::Fault,
    handler::{
        refusal::Refusal,
        sourced::{
            decider::{Record, Recorder, Step, Translation},
            definition::{EventSourced, Recorded},
            fold::{Fold, Folded},
            history::{History, history_key, staged},
        },
        staged::To,
        staged_message::StagedMessage,
    },
    row::{RecordedBy, Stored, Times, state},
    table::Item,
};
use waxseal_message::{Envelope, Message, Timestamp};

/// A decision: what it recorded and what others learn of it.
#[derive(Debug)]
#[non_exhaustive]
pub struct HistoryDecision<S: EventSourced> {
    /// The events, with their places.
    pub recorded: Vec<Recorded<S::Event>>,
    /// The messages, in order: translations, and those that the decision emitted itself.
    pub messages: Vec<StagedMessage>,
    /// The state after the events.
    pub folded: Folded<S>,
}

/// The decision of a decider about a message, on the state that a history has folded to.
///
/// # Errors
/// The decider's refusal. Nothing is recorded then.
pub fn decide_history<D: Record<M>, M: Message>(
    decider: &D,
    past: Folded<D::State>,
    message: &Envelope<M>,
) -> Result<HistoryDecision<D::State>, Refusal<D::Refusal>> {
    let Folded { state, version, at } = past;
    let fold = Fold { state, version, at, ..Fold::empty() };
    let by = RecordedBy {
        name: M::NAME.to_owned(),
        source: message.source.clone(),
        id: message.id.clone(),
        correlation_id: message.correlation_id.clone(),
        consumer: D::NAME.to_owned(),
    };
    let key = history_key::<D::State>(&D::key(&message.data));
    let mut history = History::new(key, fold, message.timestamp, by);
    decide_on(decider, &mut history, message).map(|(recorded, messages)| HistoryDecision {
        recorded,
        messages,
        folded: history.fold.into_folded(),
    })
}

/// The items of a history with these events, as one commit would have stored them at `at`.
///
/// # Errors
/// Where an event or the state has no JSON form.
pub fn stored_history<S: EventSourced>(
    id: &str,
    events: impl IntoIterator<Item = S::Event>,
    at: Timestamp,
) -> Result<Vec<Item>, Fault> {
    let key = history_key::<S>(id);
    let by = RecordedBy::default();
    let mut history = History::<S>::new(key.clone(), Fold::empty(), at, by);
    let recorded = events.into_iter().map(|event| history.record(event)).count();
    if recorded == 0 {
        return Ok(Vec::new());
    }
    let staged = staged(&key, history).map_err(Fault::permanent)?;
    let mut items = vec![staged.events];
    if let To::Head { data, sequence, is_kept: true, .. } = staged.head {
        items.push(state::item(key, Stored { data, version: 1, sequence }, Times::default()));
    }
    Ok(items)
}

/// What a decision recorded on a history, and its messages, in order.
type Outcome<S> = (Vec<Recorded<<S as EventSourced>::Event>>, Vec<StagedMessage>);

/// Decides on a history: the events are recorded on it.
pub(super) fn decide_on<D: Record<M>, M: Message>(
    decider: &D,
    history: &mut History<D::State>,
    message: &Envelope<M>,
) -> Result<Outcome<D::State>, Refusal<D::Refusal>> {
    let mut out = Recorder::<D>::default();
    decider.decide(history.state(), message, &mut out)?;
    let (mut events, mut messages) = (Vec::new(), Vec::new());
    for step in out.steps {
        match step {
            Step::Message(message) => messages.push(*message),
            Step::Event(event) => {
                let recorded = history.record(event);
                let mut translation = Translation::<D>::default();
                D::translate(&recorded, history.state(), &mut translation);
                messages.append(&mut translation.staged);
                events.push(recorded);
            }
        }
    }
    Ok((events, messages))
}
