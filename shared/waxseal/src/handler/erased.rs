//! The three forms of a reaction, erased to one: the engine is compiled once for all handlers.

use std::time::Duration;

use crate::{
    fault::Fault,
    future::BoxFuture,
    handler::{
        catalog::Mode,
        decoded::Decoded,
        effect::{Attempt, Done, Effect},
        replay::Replay,
        sequencing::Sequencing,
        staged::Staged,
        transactional::Handler,
        unit::{Run, Unit},
    },
    table::{Item, Key},
};
use waxseal_message::{DecodeError, Emits, Envelope, Message as _, Raw, Timestamp};

/// The reason why a run staged nothing.
#[derive(Debug)]
pub(crate) enum RunError {
    Decode(DecodeError),
    Fault(Fault),
}

/// The knowledge of an effect's success without a run.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Success {
    /// A success emits nothing.
    EmitsNothing,
    /// [`Reaction::done`] stages the emissions of a success.
    IsTold,
    /// The emissions of a success are not defined.
    IsNotTold,
}

pub(crate) trait Reaction: Send + Sync {
    fn mode(&self) -> Mode;
    /// Whether it waits for nothing beyond the items that the engine has read.
    fn is_pure(&self) -> bool {
        false
    }
    /// Its treatment of events out of order.
    fn sequencing(&self) -> Sequencing {
        Sequencing::Arrival
    }
    /// Its treatment of replayed events.
    fn replay(&self) -> Replay {
        Replay::Suppressed
    }
    /// The one entity that it reads and writes, where the event alone names it, with the decoded
    /// event.
    fn entity(&self, raw: &Raw) -> Option<(Key, Decoded)>;
    /// The rows that it reads and writes, where the event alone names several; `None` where they are
    /// the one [`entity`](Self::entity).
    fn rows(&self, _raw: &Raw, _decoded: Option<&Decoded>) -> Option<Vec<Key>> {
        None
    }
    /// Whether `raw` fits the reaction's type.
    fn check(&self, raw: &Raw) -> Result<(), DecodeError>;
    fn run<'a>(&'a self, run: Run<'a>, attempt: &'a Attempt<'a>) -> BoxFuture<'a, Result<Staged, RunError>>;
    /// The message that is made of a row whose timer is due at `now`; `None` where none is.
    fn due(&self, _item: &Item, _service: &str, _now: Timestamp) -> Result<Option<Raw>, Fault> {
        Ok(None)
    }
    /// Whether this build can read a row whose timers are its.
    fn reads(&self, _item: &Item) -> Result<(), Fault> {
        Ok(())
    }
    /// The knowledge of a success without a run.
    fn success(&self) -> Success {
        Success::IsNotTold
    }
    /// Stages the emissions of a success, without acting.
    fn done<'a>(&'a self, run: Run<'a>) -> BoxFuture<'a, Result<Staged, RunError>> {
        Box::pin(std::future::ready(Ok(run.staged)))
    }
}

pub(crate) struct Handled<H> {
    handler: H,
    mode: Mode,
}

impl<H: Handler> Handled<H> {
    pub(crate) fn new(handler: H) -> Self {
        Self { handler, mode: Mode::Transactional }
    }

    pub(crate) fn without_receipt(handler: H) -> Self {
        const {
            assert!(
                matches!(H::SEQUENCING, Sequencing::Arrival),
                "a naturally idempotent handler has no receipt, so its events have no order: `SEQUENCING = Sequencing::Arrival`"
            );
        }
        Self { handler, mode: Mode::NaturallyIdempotent }
    }
}

pub(crate) struct Effected<E> {
    effect: E,
    /// Stages the emissions of a success, where the effect has [`Done`].
    done: Option<StageDone<E>>,
}

type StageDone<E> = for<'a> fn(&'a E, Run<'a>) -> BoxFuture<'a, Result<Staged, RunError>>;

impl<H: Handler> Reaction for Handled<H> {
    fn mode(&self) -> Mode {
        self.mode
    }

    fn check(&self, raw: &Raw) -> Result<(), DecodeError> {
        H::Event::decode(raw.version, &raw.data).map(drop)
    }

    fn sequencing(&self) -> Sequencing {
        H::SEQUENCING
    }

    fn replay(&self) -> Replay {
        H::REPLAY
    }

    fn entity(&self, _: &Raw) -> Option<(Key, Decoded)> {
        None
    }

    fn run<'a>(&'a self, run: Run<'a>, _: &'a Attempt<'a>) -> BoxFuture<'a, Result<Staged, RunError>> {
        Box::pin(async move {
            let event: Envelope<H::Event> = run.cause.decode().map_err(RunError::Decode)?;
            let mut unit = Unit::new(run);
            let result = self.handler.handle(&event, &mut unit).await;
            unit.run.staged.conclude(result).map_err(RunError::Fault)
        })
    }
}

impl<E: Effect> Effected<E> {
    pub(crate) fn new(effect: E) -> Self {
        Self { effect, done: None }
    }
}

impl<E: Done> Effected<E> {
    pub(crate) fn with_done(effect: E) -> Self {
        Self { effect, done: Some(done) }
    }
}

impl<E: Effect> Reaction for Effected<E> {
    fn mode(&self) -> Mode {
        Mode::Leased { lease: E::LEASE, key_ttl: E::KEY_TTL }
    }

    fn check(&self, raw: &Raw) -> Result<(), DecodeError> {
        E::Event::decode(raw.version, &raw.data).map(drop)
    }

    fn entity(&self, _: &Raw) -> Option<(Key, Decoded)> {
        None
    }

    fn run<'a>(&'a self, run: Run<'a>, attempt: &'a Attempt<'a>) -> BoxFuture<'a, Result<Staged, RunError>> {
        act(&self.effect, run, attempt)
    }

    fn success(&self) -> Success {
        if self.done.is_some() {
            Success::IsTold
        } else if <E::Emits as Emits>::DECLARED.is_empty() {
            Success::EmitsNothing
        } else {
            Success::IsNotTold
        }
    }

    fn done<'a>(&'a self, run: Run<'a>) -> BoxFuture<'a, Result<Staged, RunError>> {
        match self.done {
            Some(done) => done(&self.effect, run),
            // Another build released it, so this one waits for a deploy, as for a newer version
            // (S-43).
            None => Box::pin(std::future::ready(Err(RunError::Fault(Fault::retry(format!(
                "a person released {} as done, and this build cannot tell what a success emits: deploy one with `Done` for it",
                E::NAME
            )))))),
        }
    }
}

fn done<'a, E: Done>(effect: &'a E, run: Run<'a>) -> BoxFuture<'a, Result<Staged, RunError>> {
    Box::pin(async move {
        let event: Envelope<E::Event> = run.cause.decode().map_err(RunError::Decode)?;
        let mut unit = Unit::new(run);
        let result = effect.done(&event, &mut unit).await;
        unit.run.staged.conclude(result).map_err(RunError::Fault)
    })
}

fn act<'a, E: Effect>(
    effect: &'a E,
    run: Run<'a>,
    attempt: &'a Attempt<'a>,
) -> BoxFuture<'a, Result<Staged, RunError>> {
    Box::pin(async move {
        let event: Envelope<E::Event> = run.cause.decode().map_err(RunError::Decode)?;
        let mut unit = Unit::new(run);
        let result = effect.act(&event, attempt, &mut unit).await;
        let has_refused = result.is_err() && !attempt.keys.are_several();
        unit.run.staged.conclude(result).map_err(|fault| {
            // A fault of its staging comes after the act.
            RunError::Fault(if has_refused { fault } else { fault.may_have_acted() })
        })
    })
}

/// The default of [`Effect::LEASE`]. It is here so that the mode carries everything that the engine
/// needs.
pub(crate) const DEFAULT_LEASE: Duration = Duration::from_secs(60);
