//! A sample input, and what causes it.

use std::cell::RefCell;

use waxseal::{
    Envelope, Message, Process,
    handler::pure::{Arrival, InstanceOf, Taken, Takes},
};

use crate::explore::identity::NOW;

/// What causes an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// A command, or an undo, that the input answers.
    Answers(&'static str),
    /// A command that the input refuses.
    Refuses(&'static str),
    /// A command after whose reply the input comes.
    Follows(&'static str),
    /// Something outside of the process.
    Outside,
}

impl Cause {
    /// The command of the process that is the cause.
    pub(super) fn command(self) -> Option<&'static str> {
        match self {
            Self::Answers(command) | Self::Refuses(command) | Self::Follows(command) => Some(command),
            Self::Outside => None,
        }
    }
}

/// The facts of a sample.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) name: &'static str,
    pub(super) begins: bool,
    /// The id of the instance that it addresses.
    pub(super) key: String,
    pub(super) causes: Vec<Cause>,
    pub(super) is_ignorable: bool,
}

type Take<P> = Box<dyn Fn(&P, Option<InstanceOf<P>>, String, Option<String>) -> Taken<P>>;

/// A sample input of a process.
pub(super) struct Sample<P: Process> {
    pub(super) facts: Facts,
    /// Gives the sample to an instance, under this id and with this cause.
    pub(super) take: Take<P>,
}

impl<P: Process> Sample<P> {
    pub(super) fn new<M: Message, How>(message: M) -> Self
    where
        P: Takes<M, How>,
    {
        let facts = Facts {
            name: M::NAME,
            begins: P::BEGINS,
            key: P::key(&message).into_owned(),
            causes: Vec::new(),
            is_ignorable: false,
        };
        // Messages need not be `Clone`: one envelope serves all states, under an id for each.
        let envelope = RefCell::new(Envelope::starting("", M::OWNER, NOW, message));
        let take = move |process: &P, instance: Option<InstanceOf<P>>, id: String, cause: Option<String>| {
            let mut envelope = envelope.borrow_mut();
            envelope.correlation_id = match &instance {
                Some(instance) => instance.correlation_id.clone(),
                None => id.clone(),
            };
            envelope.id = id;
            envelope.causation_id = cause;
            let arrival = Arrival::of::<P, M>(P::NAME, &envelope, NOW);
            process.take(instance, &envelope, arrival)
        };
        Self { facts, take: Box::new(take) }
    }
}
