//! The steps of a process, as plain functions: an instance and an input give the instance after it,
//! and the emissions.

use serde::{Deserialize, Serialize};

use crate::handler::{
    process::{
        cause::Cause,
        definition::{Begin, Flow, InstanceOf, Process, Step},
        instance::{Entry, Phase, State, Timer, text},
    },
    staged_message::StagedMessage,
};
use waxseal_message::{Envelope, Message};

/// An instance after an input, and its emissions.
pub type Stepped<P> = (InstanceOf<P>, Vec<StagedMessage>);

/// The decision of a person about a compensation that has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// The undo is sent again, with all its tries.
    Resume,
    /// The command stays as it is, and the compensation goes on with the one before it.
    Skip,
}

/// The step at a message that begins an instance.
pub(crate) fn begin<P: Begin<M>, M: Message>(
    process: &P,
    instance: Option<InstanceOf<P>>,
    message: &Envelope<M>,
    cause: Cause,
) -> Stepped<P> {
    let mut instance =
        instance.unwrap_or_else(|| InstanceOf::<P>::unknown(P::VERSION, cause.correlation.clone()));
    if instance.state.is_some() {
        return open(process, instance, cause, |_, flow| flow.note("the instance has begun before"));
    }
    instance.phase = Phase::Running;
    instance.correlation_id.clone_from(&cause.correlation);
    instance.state = Some(State { data: P::data(&message.data), step: P::Step::default(), since: cause.now });
    open(process, instance, cause, |process, flow| process.begin(flow, message))
}

/// The step at a message that an instance waits for.
pub(crate) fn step<P: Step<M>, M: Message>(
    process: &P,
    instance: Option<InstanceOf<P>>,
    message: &Envelope<M>,
    cause: Cause,
) -> Stepped<P> {
    let instance =
        instance.unwrap_or_else(|| InstanceOf::<P>::unknown(P::VERSION, cause.correlation.clone()));
    open(process, instance, cause, |process, flow| match flow.phase() {
        Phase::Running => process.step(flow, message),
        Phase::Finished { .. } => flow.note("the instance had ended"),
        Phase::Unknown | Phase::Compensating { .. } | Phase::CompensationFailed { .. } => {}
    })
}

/// The step at the end of the timer with this arming; `None` where it is no longer armed.
pub(crate) fn timeout<P: Process>(
    process: &P,
    mut instance: InstanceOf<P>,
    arming: u64,
    cause: Cause,
) -> Option<Stepped<P>> {
    let index = instance.timers.iter().position(|armed| armed.arming == arming && armed.at <= cause.now)?;
    let armed = instance.timers.remove(index);
    let name = match &armed.timer {
        Timer::Step(timer) => format!("timeout {}", text(timer)),
        Timer::Undo(id) => {
            let call = instance.calls.iter().find(|call| call.id == *id);
            format!("timeout undo {}", call.map_or(&**id, |call| &call.command))
        }
    };
    let cause = Cause { name, ..cause };
    Some(open(process, instance, cause, |process, flow| match armed.timer {
        Timer::Step(timer) if matches!(flow.phase(), Phase::Running) => process.timeout(flow, timer),
        Timer::Step(_) => {}
        Timer::Undo(call) => flow.undo_late(process, &call),
    }))
}

/// The step at a person's decision.
pub(crate) fn decision<P: Process>(
    process: &P,
    instance: InstanceOf<P>,
    decision: Decision,
    cause: Cause,
) -> Stepped<P> {
    let cause = Cause { name: format!("decision {}", text(&decision)), ..cause };
    open(process, instance, cause, |_, flow| match decision {
        Decision::Resume => flow.resume(),
        Decision::Skip => flow.skip(),
    })
}

/// Matches the input with its command, runs `act`, and takes a compensation further.
fn open<P: Process>(
    process: &P,
    mut instance: InstanceOf<P>,
    cause: Cause,
    act: impl FnOnce(&P, &mut Flow<P>),
) -> Stepped<P> {
    let Some(state) = instance.state.take() else {
        let notes = vec!["no instance waits for it".to_owned()];
        instance.log(Entry { at: cause.now, input: cause.name, id: cause.id, step: None, notes });
        return (instance, Vec::new());
    };
    let mut flow = Flow::new(state, instance, cause);
    flow.acknowledge_cause();
    act(process, &mut flow);
    flow.walk(process);
    flow.close()
}
