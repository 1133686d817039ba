//! The registration of the parts that take several messages: aggregates and processes.

use std::sync::Arc;

use crate::handler::{
    aggregate::{Aggregate, Decide, Decides as _, EachMessage},
    catalog::{self, Input},
    decided::Decided,
    erased::Reaction,
    names::Names,
    process::{
        Begin, Begins as _, EachInput, Input as ProcessInput, Inputs as _, MADE_DECLARED, MadeInput, Process,
        Step,
    },
    projection::{self, EachProjected, Project, Projected, Projection, Projects as _},
    route::Route,
    service::{Filtered, Service},
    sourced::{Decider, EachRecord, EventSourced as _, Record, Recording, Records as _},
    wanted,
};
use waxseal_message::{Declared, Emits, Message};
use waxseal_pattern::Filter;

impl Service {
    /// Adds an [`Aggregate`] with every message that it decides.
    pub fn aggregate<A: Aggregate>(self, aggregate: A) -> Self {
        let mut decisions = Decisions { service: self, aggregate: Arc::new(aggregate) };
        A::Decides::each(&mut decisions);
        decisions.service
    }

    /// Adds a [`Decider`] with every message that it decides.
    pub fn decider<D: Decider>(self, decider: D) -> Self {
        let mut recordings =
            Recordings { service: self.keeps_history::<D::State>(), decider: Arc::new(decider) };
        D::Decides::each(&mut recordings);
        recordings.service
    }

    /// Adds a [`Projection`] with every event that it folds. Its rows are read by
    /// [`Engine::row`](crate::Engine::row) and [`Engine::rows`](crate::Engine::rows).
    pub fn projection<P: Projection>(self, projection: P) -> Self {
        let mut folds = Folds { service: self, projection: Arc::new(projection) };
        folds.service.has_projections = true;
        P::Reads::each(&mut folds);
        folds.service
    }

    /// Adds a [`Process`] with every input that it takes. Its service [schedules
    /// messages](Service::schedules_messages), too.
    pub fn process<P: Process>(self, process: P) -> Self {
        let process = Arc::new(process);
        let names = Names::of_handler(&self.name, P::NAME, P::FORMER_NAMES);
        let mut inputs = ProcessInputs { service: self.schedules_messages(), process, names };
        P::Begins::each(&mut inputs);
        P::Inputs::each(&mut inputs);
        let ProcessInputs { mut service, process, names } = inputs;
        let reaction = Arc::new(MadeInput::new(process));
        let made = Route {
            names,
            handler: P::NAME,
            consumes: MADE_DECLARED,
            reaction,
            filter: None,
            of_process: true,
        };
        service.timed.insert(P::KIND, made);
        service
    }
}

/// The name of an aggregate with its former names, and those of the handlers before it.
type DecisionNames = ((&'static str, &'static [&'static str]), &'static [&'static str]);

impl Service {
    fn add_decision<M: Message, S: Emits>(
        &mut self,
        (aggregate, handlers): DecisionNames,
        filter: Filtered,
        reaction: Arc<dyn Reaction>,
    ) {
        let message = catalog::decision(&Declared::of::<M>());
        let names = Names::of_decision(&self.name, aggregate, &message, handlers);
        self.add::<M, S>(aggregate.0, Some(M::NAME), None, names, filter, reaction);
    }
}

/// Registers each input of a process, all under one consumer.
struct ProcessInputs<P> {
    service: Service,
    process: Arc<P>,
    names: Names,
}

impl<P: Process> EachInput<P> for ProcessInputs<P> {
    fn begins<M: Message>(&mut self)
    where
        P: Begin<M>,
    {
        let reaction = Arc::new(ProcessInput::<P, M>::beginning(Arc::clone(&self.process)));
        let (names, filter) = (self.names.clone(), (Filter::ALL, None));
        self.service.add::<M, P::Emits>(P::NAME, None, Some(Input::Begins), names, filter, reaction);
    }

    fn steps<M: Message>(&mut self)
    where
        P: Step<M>,
    {
        let reaction = Arc::new(ProcessInput::<P, M>::stepping(Arc::clone(&self.process)));
        let (names, filter) = (self.names.clone(), (Filter::ALL, None));
        self.service.add::<M, P::Emits>(P::NAME, None, Some(Input::Steps), names, filter, reaction);
    }
}

/// Registers a projection at each of its events.
struct Folds<P> {
    service: Service,
    projection: Arc<P>,
}

impl<P: Projection> EachProjected<P> for Folds<P> {
    fn event<M: Message>(&mut self)
    where
        P: Project<M>,
    {
        const { projection::check::<P, M>() }
        const { wanted::check::<M>(P::FILTER, P::SEQUENCING) }
        let wanted = if const { P::FILTER.is_all() } { None } else { wanted::compiled(P::FILTER) };
        let message = catalog::decision(&Declared::of::<M>());
        let names = Names::of_projection(&self.service.name, P::NAME, P::VERSION, &message);
        let projected = Arc::new(Projected::<P, M>::new(Arc::clone(&self.projection)));
        let (decides, filter) = (Some(M::NAME), (P::FILTER, wanted));
        self.service.add::<M, P::Emits>(P::NAME, decides, None, names, filter, projected);
        if let Some(entry) = self.service.catalog.last_mut() {
            entry.projection = Some(P::VERSION);
        }
    }
}

/// Registers each decision of a decider, as those of an aggregate.
struct Recordings<D> {
    service: Service,
    decider: Arc<D>,
}

impl<D: Decider> EachRecord<D> for Recordings<D> {
    fn message<M: Message>(&mut self)
    where
        D: Record<M>,
    {
        const { wanted::check::<M>(<D as Record<M>>::FILTER, <D as Record<M>>::SEQUENCING) }
        let filter = <D as Record<M>>::FILTER;
        let is_all = const { <D as Record<M>>::FILTER.is_all() };
        let wanted = if is_all { None } else { wanted::compiled(filter) };
        let names = ((D::NAME, <D as Decider>::FORMER_NAMES), <D as Record<M>>::FORMER_NAMES);
        let recording = Arc::new(Recording::<D, M>::new(Arc::clone(&self.decider)));
        self.service.add_decision::<M, D::Emits>(names, (filter, wanted), recording);
        if let Some(entry) = self.service.catalog.last_mut() {
            entry.history = Some(D::State::KIND);
        }
    }
}

/// Registers each decision of an aggregate. Each has receipts of its own, so the ids of different
/// messages are independent.
struct Decisions<A> {
    service: Service,
    aggregate: Arc<A>,
}

impl<A> EachMessage<A> for Decisions<A> {
    fn message<M: Message>(&mut self)
    where
        A: Decide<M>,
    {
        const { wanted::check::<M>(<A as Decide<M>>::FILTER, <A as Decide<M>>::SEQUENCING) }
        let filter = <A as Decide<M>>::FILTER;
        let is_all = const { <A as Decide<M>>::FILTER.is_all() };
        let wanted = if is_all { None } else { wanted::compiled(filter) };
        let names = ((A::NAME, <A as Aggregate>::FORMER_NAMES), <A as Decide<M>>::FORMER_NAMES);
        let decided = Arc::new(Decided::<A, M>::new(Arc::clone(&self.aggregate)));
        self.service.add_decision::<M, A::Emits>(names, (filter, wanted), decided);
    }
}
