//! A step's view of its instance: what it may read, change, send and arm.

use std::time::Duration;

use crate::handler::{
    process::{
        cause::Cause,
        definition::{Flow, InstanceOf, Process},
        instance::{Armed, Call, CallState, Entry, Phase, State, Timer, Undo, text},
    },
    staged_message::StagedMessage,
};
use waxseal_message::{Command, Contains, Event, derived_id};

impl<P: Process> Flow<P> {
    pub(super) fn new(state: State<P::Data, P::Step>, rest: InstanceOf<P>, cause: Cause) -> Self {
        Self { state, rest, cause, staged: Vec::new(), notes: Vec::new(), has_moved: false }
    }

    /// The instance after the input, and its emissions in order.
    pub(super) fn close(self) -> (InstanceOf<P>, Vec<StagedMessage>) {
        let Self { state, mut rest, cause, staged, notes, has_moved } = self;
        let step = has_moved.then(|| text(&state.step));
        rest.state = Some(state);
        rest.log(Entry { at: cause.now, input: cause.name, id: cause.id, step, notes });
        (rest, staged)
    }

    /// What the instance remembers.
    #[must_use]
    pub fn data(&self) -> &P::Data {
        &self.state.data
    }

    /// As [`Flow::data`], to change it.
    pub fn data_mut(&mut self) -> &mut P::Data {
        &mut self.state.data
    }

    /// Where the instance is.
    #[must_use]
    pub fn step(&self) -> &P::Step {
        &self.state.step
    }

    /// Whether the instance runs, compensates, or has ended.
    #[must_use]
    pub fn phase(&self) -> &Phase {
        &self.rest.phase
    }

    /// The [version](Process::VERSION) with which the instance began. A step that goes by it pins an
    /// instance to the rules of its beginning.
    #[must_use]
    pub fn began_version(&self) -> u16 {
        self.rest.began_version
    }

    /// Goes to another step.
    pub fn go(&mut self, step: P::Step) {
        if self.state.step != step {
            self.state.step = step;
            self.state.since = self.cause.now;
            self.has_moved = true;
        }
    }

    /// Sends a command that `Emits` declares to its recipient. The instance remembers it until its
    /// end, with the undo that the command names.
    pub fn send<C: Command, At>(&mut self, command: C)
    where
        P::Emits: Contains<C, At>,
    {
        self.call(&command, StagedMessage::new(&command));
    }

    /// As [`Flow::send`], with a delay, as [`Unit::send_after`](crate::Unit::send_after) has one.
    pub fn send_after<C: Command, At>(&mut self, command: C, after: Duration)
    where
        P::Emits: Contains<C, At>,
    {
        self.call(&command, StagedMessage { after: Some(after), ..StagedMessage::new(&command) });
    }

    fn call<C: Command>(&mut self, command: &C, staged: StagedMessage) {
        let undo = match (C::UNDO, command.undo()) {
            (Some(name), Some(Ok(payload))) => {
                Some(Undo { command: name.to_owned(), payload: String::from(Box::<str>::from(payload)) })
            }
            // A payload that has no JSON form fails the run, as the command's own does.
            (Some(_), Some(Err(error))) => {
                self.staged.push(StagedMessage { data: Err(error), ..StagedMessage::new(command) });
                None
            }
            (None, _) | (_, None) => None,
        };
        let id = self.next_id();
        let (command, sent, by) = (C::NAME.to_owned(), self.cause.now, self.cause.id.clone());
        self.rest.calls.push(Call { command, id, sent, by, undo, state: CallState::Sent });
        self.staged.push(staged);
    }

    /// The id of the next emission (S-45).
    pub(super) fn next_id(&self) -> String {
        let index = u32::try_from(self.staged.len()).unwrap_or(u32::MAX);
        derived_id(&self.cause.source, &self.cause.id, &self.cause.consumer, index)
    }

    /// Emits an event that `Emits` declares.
    pub fn emit<E: Event, At>(&mut self, event: E)
    where
        P::Emits: Contains<E, At>,
    {
        self.staged.push(StagedMessage::new(&event));
    }

    /// Arms a timer for `after` from the time of the input. A timer that is armed already is armed
    /// anew.
    pub fn arm(&mut self, timer: P::Timer, after: Duration) {
        self.arm_any(Timer::Step(timer), after);
    }

    pub(super) fn arm_any(&mut self, timer: Timer<P::Timer>, after: Duration) {
        let rest = &mut self.rest;
        rest.timers.retain(|armed| armed.timer != timer);
        rest.armed += 1;
        let (at, arming, by) = (self.cause.now.saturating_add(after), rest.armed, self.cause.id.clone());
        rest.timers.push(Armed { timer, at, arming, by });
    }

    /// Clears a timer. One that is not armed is left alone.
    pub fn clear(&mut self, timer: &P::Timer) {
        self.rest.timers.retain(|armed| !matches!(&armed.timer, Timer::Step(armed) if armed == timer));
    }

    /// Says that the recipient has handled the command of this type that the input answers, or else the
    /// newest one. A reply that a command caused directly is matched without it.
    pub fn acknowledge<C: Command>(&mut self) {
        let (by, at) = (self.cause.id.clone(), self.cause.now);
        self.settle::<C>(CallState::Acknowledged { by, at });
    }

    /// Says that the recipient has refused the command of this type that the input answers, or else
    /// the newest one, so that compensation does not undo it.
    pub fn refused<C: Command>(&mut self) {
        let (by, at) = (self.cause.id.clone(), self.cause.now);
        self.settle::<C>(CallState::Refused { by, at });
    }

    fn settle<C: Command>(&mut self, state: CallState) {
        let is_open = |call: &Call| {
            call.command == C::NAME && matches!(call.state, CallState::Sent | CallState::Acknowledged { .. })
        };
        // The command that this input answers comes before the newest one.
        let is_answered =
            |call: &Call| matches!(&call.state, CallState::Acknowledged { by, .. } if *by == self.cause.id);
        let answered = self.rest.calls.iter().position(|call| call.command == C::NAME && is_answered(call));
        let newest = || self.rest.calls.iter().rposition(is_open);
        if let Some(call) = answered.or_else(newest).and_then(|index| self.rest.calls.get_mut(index)) {
            call.state = state;
        }
    }

    /// Adds a note to the instance's log.
    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Says that the step expects no such input. It is recorded, and changes nothing.
    pub fn unexpected(&mut self) {
        self.note("unexpected in this step");
    }

    /// Ends the instance. Its timers are cleared, and its row is kept for [`Process::KEEP`].
    pub fn finish(&mut self, outcome: impl Into<String>) {
        self.rest.timers.clear();
        self.rest.phase = Phase::Finished { outcome: outcome.into(), at: self.cause.now };
    }

    /// Undoes the commands that were sent and name an undo, the last first. The timers of the steps
    /// are cleared. [`Process::compensated`] follows once the last one is undone.
    pub fn compensate(&mut self, reason: impl Into<String>) {
        if matches!(self.rest.phase, Phase::Running) {
            self.rest.timers.clear();
            self.rest.phase = Phase::Compensating { reason: reason.into() };
        }
    }

    /// The emissions so far, for tests.
    #[must_use]
    pub fn staged(&self) -> &[StagedMessage] {
        &self.staged
    }
}
