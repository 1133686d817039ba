//! Given an instance of a process, when a message arrives or time passes, then a step and messages:
//! tests of processes without a table and a runtime.

use std::{fmt::Write as _, time::Duration};

use serde_json::Value;
use waxseal::{
    Emits as _, Envelope, Message, Process, StagedMessage, Timestamp,
    handler::{
        CallState, Decision, Phase,
        pure::{self, Arrival, InstanceOf, Takes},
    },
};

use crate::{
    expected::{self, Messages},
    shown::text,
};

/// The number of timers that may fire in one lapse of time. Timers that arm each other without an
/// end would fire for ever.
const MOST_TIMERS: u32 = 10_000;

/// Begins a test of a process with this instance, or with `None` before an instance begins.
///
/// ```
/// use std::{borrow::Cow, time::Duration};
/// use serde::{Deserialize, Serialize};
/// use waxseal::{Begin, Envelope, Flow, Process, Step};
/// use waxseal_testing::given_process;
///
/// #[derive(Serialize, Deserialize)] struct OrderPlaced { order: String }
/// waxseal::event!(OrderPlaced { name: "order.placed", version: 1, owner: "orders" });
/// #[derive(Serialize, Deserialize)] struct ReserveStock { order: String }
/// waxseal::command!(ReserveStock { name: "reserve-stock", version: 1, recipient: "inventory", undo: ReleaseStock });
/// #[derive(Serialize, Deserialize)] struct StockReserved { order: String }
/// waxseal::event!(StockReserved { name: "stock.reserved", version: 1, owner: "inventory" });
/// #[derive(Serialize, Deserialize)] struct ReleaseStock { order: String }
/// waxseal::command!(ReleaseStock { name: "release-stock", version: 1, recipient: "inventory" });
/// impl From<&ReserveStock> for ReleaseStock { fn from(it: &ReserveStock) -> Self { Self { order: it.order.clone() } } }
/// #[derive(Serialize, Deserialize)] struct StockReleased { order: String }
/// waxseal::event!(StockReleased { name: "stock.released", version: 1, owner: "inventory" });
///
/// #[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)] enum At { #[default] Reserving, Packing }
/// #[derive(Serialize, Deserialize, Clone, Debug, PartialEq)] enum Wait { Stock, Parcel }
/// struct Fulfilment;
/// impl Process for Fulfilment {
///     const NAME: &str = "fulfilment";
///     const KIND: &str = "fulfilment";
///     type Data = String;
///     type Step = At;
///     type Timer = Wait;
///     type Begins = (OrderPlaced,);
///     type Inputs = (StockReserved, StockReleased);
///     type Emits = (ReserveStock, ReleaseStock);
///     fn timeout(&self, flow: &mut Flow<Self>, _: Wait) { flow.compensate("too late") }
/// }
/// impl Begin<OrderPlaced> for Fulfilment {
///     fn key(placed: &OrderPlaced) -> Cow<'_, str> { placed.order.as_str().into() }
///     fn data(placed: &OrderPlaced) -> String { placed.order.clone() }
///     fn begin(&self, flow: &mut Flow<Self>, _: &Envelope<OrderPlaced>) {
///         flow.send(ReserveStock { order: flow.data().clone() });
///         flow.arm(Wait::Stock, Duration::from_secs(3600));
///     }
/// }
/// impl Step<StockReserved> for Fulfilment {
///     fn key(reserved: &StockReserved) -> Cow<'_, str> { reserved.order.as_str().into() }
///     fn step(&self, flow: &mut Flow<Self>, _: &Envelope<StockReserved>) {
///         flow.clear(&Wait::Stock);
///         flow.arm(Wait::Parcel, Duration::from_secs(86_400));
///         flow.go(At::Packing);
///     }
/// }
/// impl Step<StockReleased> for Fulfilment {
///     fn key(released: &StockReleased) -> Cow<'_, str> { released.order.as_str().into() }
///     fn step(&self, flow: &mut Flow<Self>, _: &Envelope<StockReleased>) { flow.unexpected() }
/// }
///
/// let order = || "o-1".to_owned();
/// given_process(Fulfilment, None)
///     .when(OrderPlaced { order: order() })
///     .then(At::Reserving, (ReserveStock { order: order() },))
///     .when(StockReserved { order: order() })
///     .then(At::Packing, ())
///     .after(Duration::from_secs(86_399))
///     .then(At::Packing, ())
///     .after(Duration::from_secs(1))
///     .then_compensating("too late", (ReleaseStock { order: order() },))
///     .undo_answered(StockReleased { order: order() })
///     .then_finished("compensated", ());
/// ```
#[must_use = "nothing happens before a message comes"]
pub fn given_process<P: Process>(process: P, instance: impl Into<Option<InstanceOf<P>>>) -> GivenProcess<P> {
    GivenProcess { process, instance: instance.into(), now: Timestamp::UNIX_EPOCH, inputs: 0 }
}

/// A process and one instance of it, before an input arrives.
pub struct GivenProcess<P: Process> {
    process: P,
    instance: Option<InstanceOf<P>>,
    now: Timestamp,
    inputs: u32,
}

impl<P: Process> GivenProcess<P> {
    /// Sets the time of the next inputs; the default is 1970.
    pub fn at(mut self, now: Timestamp) -> Self {
        self.now = now;
        self
    }

    /// The instance, for properties that no other method compares; `None` before its first input.
    #[must_use]
    pub fn instance(&self) -> Option<&InstanceOf<P>> {
        self.instance.as_ref()
    }

    /// Gives a message to the instance. Its id is `message-1`, `message-2` and so on.
    ///
    /// The message counts as caused by the newest command that waits for a reply and whose recipient
    /// owns the message. [`GivenProcess::when_envelope`] takes another cause.
    pub fn when<M: Message, How>(self, message: M) -> StepTaken<P>
    where
        P: Takes<M, How>,
    {
        let cause = self.calls().iter().rev().find(|call| {
            let waits =
                matches!(call.state, CallState::Sent | CallState::Undoing { acknowledged: false, .. });
            waits && owner::<P>(&call.command) == Some(M::OWNER)
        });
        let cause = cause.map(|call| call.id.clone());
        self.caused_by(cause, message)
    }

    /// Gives the answer to the undo that is under way.
    ///
    /// # Panics
    /// Where no undo is under way.
    #[track_caller]
    pub fn undo_answered<M: Message, How>(self, message: M) -> StepTaken<P>
    where
        P: Takes<M, How>,
    {
        let cause = self.calls().iter().find_map(|call| match &call.state {
            CallState::Undoing { ids, .. } => ids.last().cloned(),
            _ => None,
        });
        assert!(cause.is_some(), "no undo is under way:\n{}", standing(self.instance.as_ref()));
        self.caused_by(cause, message)
    }

    fn caused_by<M: Message, How>(self, cause: Option<String>, message: M) -> StepTaken<P>
    where
        P: Takes<M, How>,
    {
        let id = format!("message-{}", self.inputs + 1);
        let mut envelope = Envelope::starting(id, M::OWNER, self.now, message);
        envelope.causation_id = cause;
        if let Some(instance) = &self.instance {
            envelope.correlation_id.clone_from(&instance.correlation_id);
        }
        self.when_envelope(&envelope)
    }

    /// As [`GivenProcess::when`], with an envelope of the test's own.
    pub fn when_envelope<M: Message, How>(mut self, envelope: &Envelope<M>) -> StepTaken<P>
    where
        P: Takes<M, How>,
    {
        let arrival = Arrival::of::<P, M>(P::NAME, envelope, self.now);
        let (instance, staged) = self.process.take(self.instance.take(), envelope, arrival);
        self.taken(instance, &staged)
    }

    /// Lets time pass. The timers that come due fire in their order, each at its own time.
    ///
    /// # Panics
    /// Where more than 10,000 timers fire, since timers arm each other.
    #[track_caller]
    pub fn after(mut self, duration: Duration) -> StepTaken<P> {
        let (end, mut emitted, mut fired) = (self.now.saturating_add(duration), Vec::new(), 0);
        while let Some((at, arming)) = self.first_due(end) {
            fired += 1;
            assert!(fired <= MOST_TIMERS, "the timers of {} arm each other without an end", P::NAME);
            self.now = self.now.max(at);
            let arrival = Arrival::made::<P>(P::NAME, format!("timeout-{arming}"), self.now);
            let Some(instance) = self.instance.take() else { break };
            let taken = pure::timeout(&self.process, instance, arming, arrival);
            let (instance, staged) = taken.expect("the timer is armed, and due");
            self.instance = Some(instance);
            emitted.extend(staged.iter().map(expected::staged));
        }
        self.now = end;
        StepTaken { given: self, emitted }
    }

    /// A person resumes the compensation that has failed.
    pub fn resume(self) -> StepTaken<P> {
        self.decide(Decision::Resume)
    }

    /// A person leaves the command that was not undone as it is.
    pub fn skip(self) -> StepTaken<P> {
        self.decide(Decision::Skip)
    }

    fn decide(mut self, decision: Decision) -> StepTaken<P> {
        let Some(instance) = self.instance.take() else {
            return StepTaken { given: self, emitted: Vec::new() };
        };
        let id = format!("decision-{}", self.inputs + 1);
        let arrival = Arrival::made::<P>(P::NAME, id, self.now);
        let (instance, staged) = pure::decide(&self.process, instance, decision, arrival);
        self.taken(instance, &staged)
    }

    fn taken(self, instance: InstanceOf<P>, staged: &[StagedMessage]) -> StepTaken<P> {
        let emitted = staged.iter().map(expected::staged).collect();
        StepTaken { given: Self { instance: Some(instance), inputs: self.inputs + 1, ..self }, emitted }
    }

    fn calls(&self) -> &[waxseal::handler::Call] {
        self.instance.as_ref().map_or(&[], |instance| &instance.calls)
    }

    fn first_due(&self, end: Timestamp) -> Option<(Timestamp, u64)> {
        let timers = self.instance.as_ref()?.timers.iter();
        timers.filter(|armed| armed.at <= end).map(|armed| (armed.at, armed.arming)).min()
    }
}

/// An instance after an input, and what it emitted.
#[must_use = "a step that is not compared proves nothing"]
pub struct StepTaken<P: Process> {
    given: GivenProcess<P>,
    emitted: Vec<Value>,
}

impl<P: Process> StepTaken<P> {
    /// Compares the step and the emitted messages with the expected ones. The instance runs.
    ///
    /// # Panics
    /// Where they differ, with both in full. So do the methods below.
    #[track_caller]
    pub fn then(self, step: P::Step, emitted: impl Messages) -> GivenProcess<P> {
        self.compare(&running(&text(&step)), &emitted)
    }

    /// As [`StepTaken::then`], for an instance that undoes its commands for this reason.
    #[track_caller]
    pub fn then_compensating(self, reason: &str, emitted: impl Messages) -> GivenProcess<P> {
        self.compare(&compensating(reason), &emitted)
    }

    /// As [`StepTaken::then`], for an instance whose command of this name was not undone.
    #[track_caller]
    pub fn then_compensation_failed(self, command: &str, emitted: impl Messages) -> GivenProcess<P> {
        self.compare(&failed(command), &emitted)
    }

    /// As [`StepTaken::then`], for an instance that has ended with this outcome.
    #[track_caller]
    pub fn then_finished(self, outcome: &str, emitted: impl Messages) -> GivenProcess<P> {
        self.compare(&finished(outcome), &emitted)
    }

    /// As [`StepTaken::then`], for an input that met no instance. It was recorded, and that is all.
    #[track_caller]
    pub fn then_not_begun(self) -> GivenProcess<P> {
        self.compare(NOT_BEGUN, &())
    }

    #[track_caller]
    fn compare(self, expected: &str, emitted: &impl Messages) -> GivenProcess<P> {
        let expected = with_emitted(expected, &emitted.shown());
        let found = with_emitted(&standing(self.given.instance.as_ref()), &self.emitted);
        assert!(expected == found, "expected\n{expected}\nfound\n{found}\n{}", last(&self.given));
        self.given
    }
}

const NOT_BEGUN: &str = "  not begun";

fn running(step: &str) -> String {
    format!("  running in {step}")
}

fn compensating(reason: &str) -> String {
    format!("  compensating: {reason}")
}

fn failed(command: &str) -> String {
    format!("  compensation failed at {command}")
}

fn finished(outcome: &str) -> String {
    format!("  finished: {outcome}")
}

fn owner<P: Process>(command: &str) -> Option<&'static str> {
    P::Emits::DECLARED.iter().find(|declared| declared.name == command).map(|declared| declared.owner)
}

/// Where the instance is, in the words of a comparison.
fn standing<D, S: serde::Serialize, T>(instance: Option<&waxseal::handler::Instance<D, S, T>>) -> String {
    let Some(instance) = instance else { return NOT_BEGUN.to_owned() };
    match (&instance.phase, &instance.state) {
        (Phase::Running, Some(state)) => running(&text(&state.step)),
        (Phase::Compensating { reason }, _) => compensating(reason),
        (Phase::CompensationFailed { call, .. }, _) => {
            let command = instance.calls.iter().find(|open| open.id == *call);
            failed(command.map_or("", |call| &call.command))
        }
        (Phase::Finished { outcome, .. }, _) => finished(outcome),
        _ => NOT_BEGUN.to_owned(),
    }
}

fn with_emitted(standing: &str, emitted: &[Value]) -> String {
    let mut text = standing.to_owned();
    for (n, message) in emitted.iter().enumerate() {
        // A write to a text cannot fail.
        let _ = write!(text, "\n  emitted {}: {message:#}", n + 1);
    }
    if emitted.is_empty() {
        text.push_str("\n  emitted nothing");
    }
    text
}

/// The last entry of the instance's log, which may say why.
fn last<P: Process>(given: &GivenProcess<P>) -> String {
    let entry = given.instance.as_ref().and_then(|instance| instance.log.last());
    entry.map_or_else(String::new, |entry| format!("  after {} {:?}", entry.input, entry.notes))
}
