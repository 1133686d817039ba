//! The steps of a process as plain functions, for test kits.
//!
//! The rules of a process can then be tested and walked, state by state, without a row, a table or
//! an engine. `waxseal-testing` stands on this door. The engine takes the same steps by another
//! way, from records and rows.

use std::borrow::Cow;

use crate::handler::process::{
    cause::Cause,
    definition::{Begin, Begins as _, EachInput, Inputs as _, Process, Step},
    reaction::MADE,
    steps::{self, Decision},
};
use waxseal_message::{Envelope, Message, Timestamp};

pub use crate::handler::process::{definition::InstanceOf, steps::Stepped as Taken};

/// A way in which a process takes a message: the message begins an instance.
#[derive(Debug, Clone, Copy)]
pub struct Beginning;

/// A way in which a process takes a message: an instance waits for it.
#[derive(Debug, Clone, Copy)]
pub struct Stepping;

/// An input as it reaches an instance: its identity, its cause and its time.
#[derive(Debug, Clone)]
pub struct Arrival {
    cause: Cause,
}

impl Arrival {
    /// The arrival of a message at `now`, in the service of this name.
    #[must_use]
    pub fn of<P: Process, M: Message>(service: &str, envelope: &Envelope<M>, now: Timestamp) -> Self {
        Self { cause: Cause::of(envelope, format!("{service}/{}", P::NAME), now) }
    }

    /// The arrival of a message that the engine makes: a timeout, or the decision of a person.
    #[must_use]
    pub fn made<P: Process>(service: &str, id: impl Into<String>, now: Timestamp) -> Self {
        let id = id.into();
        Self {
            cause: Cause {
                now,
                name: MADE.to_owned(),
                correlation: id.clone(),
                id,
                source: service.to_owned(),
                causation: None,
                consumer: format!("{service}/{}", P::NAME),
            },
        }
    }
}

/// Proof that the process takes `M`; `How` is inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` takes no `{M}`",
    label = "`{M}` is no input of the process",
    note = "write `impl Begin<{M}> for {Self}` where it begins an instance, else `impl Step<{M}> for {Self}`"
)]
pub trait Takes<M: Message, How>: Process {
    /// Whether the message begins an instance.
    const BEGINS: bool;

    /// The id of the instance that the message addresses.
    fn key(message: &M) -> Cow<'_, str>;

    /// The instance after the message. `None` is an instance of which nothing is known yet.
    fn take(
        &self,
        instance: Option<InstanceOf<Self>>,
        message: &Envelope<M>,
        arrival: Arrival,
    ) -> Taken<Self>;
}

impl<P: Begin<M>, M: Message> Takes<M, Beginning> for P {
    const BEGINS: bool = true;

    fn key(message: &M) -> Cow<'_, str> {
        <P as Begin<M>>::key(message)
    }

    fn take(&self, instance: Option<InstanceOf<P>>, message: &Envelope<M>, arrival: Arrival) -> Taken<P> {
        steps::begin(self, instance, message, arrival.cause)
    }
}

impl<P: Step<M>, M: Message> Takes<M, Stepping> for P {
    const BEGINS: bool = false;

    fn key(message: &M) -> Cow<'_, str> {
        <P as Step<M>>::key(message)
    }

    fn take(&self, instance: Option<InstanceOf<P>>, message: &Envelope<M>, arrival: Arrival) -> Taken<P> {
        steps::step(self, instance, message, arrival.cause)
    }
}

/// The instance after the end of the timer with this arming; `None` where the timer is not armed,
/// or not due at the time of the arrival.
#[must_use]
pub fn timeout<P: Process>(
    process: &P,
    instance: InstanceOf<P>,
    arming: u64,
    arrival: Arrival,
) -> Option<Taken<P>> {
    steps::timeout(process, instance, arming, arrival.cause)
}

/// The instance after a person's decision about a compensation that has failed.
#[must_use]
pub fn decide<P: Process>(
    process: &P,
    instance: InstanceOf<P>,
    decision: Decision,
    arrival: Arrival,
) -> Taken<P> {
    steps::decision(process, instance, decision, arrival.cause)
}

/// The names of the inputs of a process in the order of their declaration, those that begin an
/// instance first.
#[must_use]
pub fn inputs<P: Process>() -> Vec<&'static str> {
    struct Names(Vec<&'static str>);
    impl<P> EachInput<P> for Names {
        fn begins<M: Message>(&mut self)
        where
            P: Begin<M>,
        {
            self.0.push(M::NAME);
        }

        fn steps<M: Message>(&mut self)
        where
            P: Step<M>,
        {
            self.0.push(M::NAME);
        }
    }
    let mut names = Names(Vec::new());
    P::Begins::each(&mut names);
    P::Inputs::each(&mut names);
    names.0
}
