//! The inputs of a process in the erased form.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{
    fault::Fault,
    future::BoxFuture,
    handler::{
        catalog::Mode,
        decoded::Decoded,
        effect::Attempt,
        erased::{Reaction, RunError},
        process::{
            cause::Cause,
            definition::{Begin, InstanceOf, Process, Step},
            instance::Timer,
            row::{self, Read, instance_key},
            steps::{self, Decision, Stepped},
        },
        staged::{Staged, To},
        staged_message::StagedMessage,
        unit::Run,
    },
    table::{Item, Key},
};
use waxseal_message::{Channel, Declared, DecodeError, Envelope, Message, Raw, Timestamp, timeout_id};

/// The name of the message that an engine makes of a timer, or of a person's decision.
pub(crate) const MADE: &str = "waxseal.made";

/// The declaration of [`MADE`]. No queue carries it.
pub(crate) const MADE_DECLARED: Declared = Declared::new(MADE, "", Channel::Queue(""));

/// The payload of [`MADE`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Made {
    /// A timer is due.
    Timeout {
        /// The id of the instance.
        id: String,
        /// The number of the timer's arming.
        arming: u64,
    },
    /// A person decides about a compensation that has failed.
    Decision {
        /// The id of the instance.
        id: String,
        /// The decision.
        decision: Decision,
    },
}

impl Made {
    fn id(&self) -> &str {
        match self {
            Self::Timeout { id, .. } | Self::Decision { id, .. } => id,
        }
    }
}

type Act<P, M> = fn(&P, Option<InstanceOf<P>>, &Envelope<M>, Cause) -> Stepped<P>;

/// An input of a process.
pub(crate) struct Input<P: Process, M> {
    process: Arc<P>,
    key: fn(&M) -> Cow<'_, str>,
    act: Act<P, M>,
}

impl<P: Begin<M>, M: Message> Input<P, M> {
    pub(crate) fn beginning(process: Arc<P>) -> Self {
        Self { process, key: <P as Begin<M>>::key, act: steps::begin }
    }
}

impl<P: Process, M: Message> Input<P, M> {
    pub(crate) fn stepping(process: Arc<P>) -> Self
    where
        P: Step<M>,
    {
        Self { process, key: <P as Step<M>>::key, act: steps::step }
    }
}

impl<P: Process, M: Message> Reaction for Input<P, M> {
    fn is_pure(&self) -> bool {
        true
    }

    fn mode(&self) -> Mode {
        Mode::Transactional
    }

    fn check(&self, raw: &Raw) -> Result<(), DecodeError> {
        M::decode(raw.version, &raw.data).map(drop)
    }

    fn entity(&self, raw: &Raw) -> Option<(Key, Decoded)> {
        // A payload that cannot be decoded fails in `run`, with its reason.
        let message: Envelope<M> = raw.decode().ok()?;
        let key = instance_key(P::KIND, &(self.key)(&message.data));
        Some((key, Box::new(message)))
    }

    fn run<'a>(&'a self, run: Run<'a>, _: &'a Attempt<'a>) -> BoxFuture<'a, Result<Staged, RunError>> {
        Box::pin(async move {
            let mut room = None;
            let message = run.message::<M>(&mut room).map_err(RunError::Decode)?;
            let key = instance_key(P::KIND, &(self.key)(&message.data));
            let act = |instance, cause| Some((self.act)(&self.process, instance, message, cause));
            take_step::<P>(run, key, act).await.map_err(RunError::Fault)
        })
    }
}

/// The made messages of a process.
pub(crate) struct MadeInput<P> {
    process: Arc<P>,
}

impl<P> MadeInput<P> {
    pub(crate) fn new(process: Arc<P>) -> Self {
        Self { process }
    }
}

impl<P: Process> Reaction for MadeInput<P> {
    fn is_pure(&self) -> bool {
        true
    }

    fn mode(&self) -> Mode {
        Mode::Transactional
    }

    fn check(&self, _: &Raw) -> Result<(), DecodeError> {
        Ok(())
    }

    fn entity(&self, raw: &Raw) -> Option<(Key, Decoded)> {
        let made: Made = serde_json::from_str(raw.data.get()).ok()?;
        let key = instance_key(P::KIND, made.id());
        Some((key, Box::new(made)))
    }

    fn run<'a>(&'a self, run: Run<'a>, _: &'a Attempt<'a>) -> BoxFuture<'a, Result<Staged, RunError>> {
        Box::pin(async move {
            let made: Made = serde_json::from_str(run.cause.data.get())
                .map_err(|error| RunError::Fault(Fault::permanent(waxseal_message::misfit(&error))))?;
            let key = instance_key(P::KIND, made.id());
            let act = |instance: Option<InstanceOf<P>>, cause| match &made {
                Made::Timeout { arming, .. } => steps::timeout(&*self.process, instance?, *arming, cause),
                Made::Decision { decision, .. } => {
                    Some(steps::decision(&*self.process, instance?, *decision, cause))
                }
            };
            take_step::<P>(run, key, act).await.map_err(RunError::Fault)
        })
    }

    fn reads(&self, item: &Item) -> Result<(), Fault> {
        // At that time no row has expired.
        row::read::<P>(Some(item), Timestamp::MIN).map(drop)
    }

    fn due(&self, item: &Item, service: &str, now: Timestamp) -> Result<Option<Raw>, Fault> {
        let Read { instance, .. } = row::read::<P>(Some(item), now)?;
        let Some((instance, armed)) = instance.as_ref().and_then(|it| Some((it, it.due(now)?))) else {
            return Ok(None);
        };
        let id = crate::row::state::id(&item.key).unwrap_or_default();
        let timer = match &armed.timer {
            Timer::Step(timer) => serde_json::to_string(timer).unwrap_or_default(),
            Timer::Undo(call) => format!("undo {call}"),
        };
        let (due, arming) = (armed.at.to_string(), armed.arming.to_string());
        let timeout = timeout_id(P::NAME, &id, &timer, &due, &arming);
        let made = Made::Timeout { id, arming: armed.arming };
        let cause = Some(armed.by.clone());
        Ok(Some(make(timeout, service, armed.at, instance.correlation_id.clone(), cause, &made)))
    }
}

/// A message that the engine makes.
pub(crate) fn make(
    id: String,
    service: &str,
    timestamp: Timestamp,
    correlation_id: String,
    causation_id: Option<String>,
    made: &Made,
) -> Raw {
    Envelope {
        id,
        name: MADE.to_owned(),
        version: 1,
        timestamp,
        source: service.to_owned(),
        correlation_id,
        causation_id,
        data: serde_json::value::to_raw_value(made)
            .unwrap_or_else(|_| serde_json::value::RawValue::NULL.to_owned()),
        metadata: BTreeMap::new(),
    }
}

/// Reads the instance, takes the step, and stages the row, the emissions and the hint for the next
/// timer.
async fn take_step<P: Process>(
    mut run: Run<'_>,
    key: Key,
    act: impl FnOnce(Option<InstanceOf<P>>, Cause) -> Option<Stepped<P>>,
) -> Result<Staged, Fault> {
    crate::row::state::check_key(&key).map_err(Fault::permanent)?;
    let item = match run.item(&key).await {
        Ok(item) => item,
        // The receipt was found, and the run ends there.
        Err(fault) => return run.staged.conclude(Err(fault)),
    };
    let Read { instance, base, times } = row::read::<P>(item.as_deref(), run.now)?;
    let cause = Cause::of(run.cause, run.consumer.to_owned(), run.now);
    let had_failed = instance.as_ref().is_some_and(|instance| instance.failed_call().is_some());
    let Some((instance, staged)) = act(instance, cause) else {
        run.staged.is_void = true;
        return Ok(run.staged);
    };
    if !had_failed && let Some(call) = instance.failed_call() {
        run.staged.failed_compensation = Some((key.clone(), call.command.clone()));
    }
    staged.into_iter().for_each(|message: StagedMessage| run.push(message, None));
    let after = row::times::<P>(&instance, run.now);
    if let Some(wake) = after.wake.filter(|wake| !times.wakes_at(*wake)) {
        run.hint(&key, wake);
    }
    match serde_json::to_string(&instance) {
        Ok(data) => run.stage(key, base, To::Put { data, sequence: 0, times: after }),
        Err(error) => run.fail(Fault::permanent(format!("{key} cannot be written as JSON: {error}"))),
    }
    run.staged.conclude(Ok(()))
}
