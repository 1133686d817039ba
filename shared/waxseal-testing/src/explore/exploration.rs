//! An exploration: a process, its sample inputs, and what the walk is to know about them.

use std::collections::BTreeSet;

use waxseal::{
    Begin, Command, Emits as _, Message, Process, Step,
    handler::pure::{self, Beginning, Stepping},
};

use crate::{
    explore::{
        checks::{self, Assumptions},
        explored::Explored,
        machine::Machine,
        sample::{Cause, Facts, Sample},
        walk::walk,
    },
    shown::text,
};

/// The bound on states, unless an exploration has another.
const MOST_STATES: usize = 10_000;

/// A process that is to be walked, with the samples of its inputs.
///
/// All samples are about one instance. Two samples of one type may differ: each is an input of its
/// own. See [the module](crate::explore) for an example.
pub struct Exploration<P: Process> {
    process: P,
    samples: Vec<Sample<P>>,
    assumed: Assumptions,
    most_states: usize,
}

impl<P: Process> Exploration<P> {
    /// An exploration of a process, without samples yet.
    #[must_use = "nothing is walked before `explore`"]
    pub fn of(process: P) -> Self {
        let assumed = Assumptions { process: P::NAME, ..Assumptions::default() };
        Self { process, samples: Vec::new(), assumed, most_states: MOST_STATES }
    }

    /// A message that begins an instance.
    #[must_use = "nothing is walked before `explore`"]
    pub fn begins<M: Message>(mut self, sample: M) -> Self
    where
        P: Begin<M>,
    {
        self.samples.push(Sample::new::<M, Beginning>(sample));
        self
    }

    /// A message that an instance waits for. What follows says what causes it:
    /// [`answers`](Self::answers), [`refuses`](Self::refuses), [`follows`](Self::follows) or
    /// [`at_any_time`](Self::at_any_time). It may have several causes.
    #[must_use = "nothing is walked before `explore`"]
    pub fn input<M: Message>(mut self, sample: M) -> Self
    where
        P: Step<M>,
    {
        self.samples.push(Sample::new::<M, Stepping>(sample));
        self
    }

    /// The newest input is the reply of `C`'s recipient, also where `C` is an undo. It comes once, as
    /// long as the command has no other reply.
    ///
    /// # Panics
    /// Where no [`input`](Self::input) stands before it. So do the methods below that speak of the
    /// newest input.
    #[must_use = "nothing is walked before `explore`"]
    #[track_caller]
    pub fn answers<C: Command>(self) -> Self {
        self.caused_by(Cause::Answers(C::NAME))
    }

    /// As [`answers`](Self::answers), for a reply that refuses the command.
    #[must_use = "nothing is walked before `explore`"]
    #[track_caller]
    pub fn refuses<C: Command>(self) -> Self {
        self.caused_by(Cause::Refuses(C::NAME))
    }

    /// The newest input comes at any time after the reply to `C`, and may come again.
    #[must_use = "nothing is walked before `explore`"]
    #[track_caller]
    pub fn follows<C: Command>(self) -> Self {
        self.caused_by(Cause::Follows(C::NAME))
    }

    /// The newest input has its cause outside of the process, such as a customer who cancels. It may
    /// come in every state, and may change nothing in some of them.
    #[must_use = "nothing is walked before `explore`"]
    #[track_caller]
    pub fn at_any_time(self) -> Self {
        self.caused_by(Cause::Outside)
    }

    /// The newest input may change nothing, although its command waits for it.
    #[must_use = "nothing is walked before `explore`"]
    #[track_caller]
    pub fn ignorable(mut self) -> Self {
        self.newest().is_ignorable = true;
        self
    }

    /// The command needs no undo: it changes nothing, or what it changes may stay.
    #[must_use = "nothing is walked before `explore`"]
    pub fn harmless<C: Command>(mut self) -> Self {
        self.assumed.harmless.insert(C::NAME);
        self
    }

    /// The flow is complete without the command, so an instance may end after its refusal.
    #[must_use = "nothing is walked before `explore`"]
    pub fn optional<C: Command>(mut self) -> Self {
        self.assumed.optional.insert(C::NAME);
        self
    }

    /// The timer stays armed over several steps, such as a deadline of the whole flow.
    #[must_use = "nothing is walked before `explore`"]
    pub fn spans(mut self, timer: P::Timer) -> Self {
        self.assumed.spans.insert(text(&timer));
        self
    }

    /// The timer asks again for ever, and means to: what it waits for cannot be undone.
    #[must_use = "nothing is walked before `explore`"]
    pub fn asks_again(mut self, timer: P::Timer) -> Self {
        self.assumed.asks_again.insert(text(&timer));
        self
    }

    /// The step may wait without a timer.
    #[must_use = "nothing is walked before `explore`"]
    pub fn may_wait(mut self, step: P::Step) -> Self {
        self.assumed.may_wait.insert(text(&step));
        self
    }

    /// The steps that some input is to lead to: as a rule, all of them.
    #[must_use = "nothing is walked before `explore`"]
    pub fn reaches(mut self, steps: impl IntoIterator<Item = P::Step>) -> Self {
        self.assumed.reaches.extend(steps.into_iter().map(|step| text(&step)));
        self
    }

    /// Sets the bound on states; the default is 10,000.
    #[must_use = "nothing is walked before `explore`"]
    pub fn most_states(mut self, most: usize) -> Self {
        self.most_states = most;
        self
    }

    /// Walks the process, and judges what was found.
    ///
    /// A step that panics is a finding, and its message is on the test's output as usual.
    pub fn explore(self) -> Explored {
        let Self { process, samples, mut assumed, most_states } = self;
        assumed.inputs = pure::inputs::<P>();
        assumed.emits = P::Emits::DECLARED.iter().map(|declared| declared.name).collect::<BTreeSet<_>>();
        let graph = walk(&process, &samples, most_states);
        let facts: Vec<Facts> = samples.into_iter().map(|sample| sample.facts).collect();
        let findings = checks::all(&graph, &facts, &assumed);
        Explored::new(findings, graph.nodes.len() - 1, graph.edges.len(), Machine::of(P::NAME, &graph))
    }

    #[track_caller]
    fn caused_by(mut self, cause: Cause) -> Self {
        self.newest().causes.push(cause);
        self
    }

    #[track_caller]
    fn newest(&mut self) -> &mut Facts {
        match self.samples.last_mut() {
            Some(sample) if !sample.facts.begins => &mut sample.facts,
            _ => panic!("this speaks of the newest `.input(..)`, and none stands before it"),
        }
    }
}
