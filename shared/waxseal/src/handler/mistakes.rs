//! The mistakes in the registrations of a service, found before it runs.

use foldhash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _};

use crate::handler::{catalog::Entry, sequencing::Sequencing, service::Service};
use waxseal_message::Channel;

impl Service {
    /// Checks the rules that types cannot express: names are unique, events are emitted by their
    /// owner, commands are handled by their recipient.
    ///
    /// # Errors
    /// The first broken rule.
    pub fn check(&self) -> Result<(), ServiceError> {
        match Self::mistakes(&self.name, &self.catalog).into_iter().next() {
            Some(first) => Err(first),
            None => self.check_names().and_then(|()| self.check_sequencing()),
        }
    }

    /// No name is that of two handlers, former names included: they would share their receipts.
    fn check_names(&self) -> Result<(), ServiceError> {
        let mut seen = HashSet::new();
        let shared: HashSet<_> = self.timed.values().flat_map(|route| route.names.consumers()).collect();
        for route in self.routes.values().flatten() {
            // The inputs of a process share one consumer.
            let shares = |consumer| route.of_process && shared.contains(consumer);
            if !route.names.consumers().all(|consumer| seen.insert(consumer) || shares(consumer)) {
                return Err(ServiceError::Twice { service: self.name.clone(), handler: route.handler });
            }
        }
        Ok(())
    }

    /// The mistakes in the catalog of a service: two handlers of one name, an event of another
    /// owner that it emits, a command for another recipient that it handles. [`Service::check`]
    /// reports the first.
    #[must_use]
    pub fn mistakes(service: &str, catalog: &[Entry]) -> Vec<ServiceError> {
        let name = || service.to_owned();
        let mut mistakes = Vec::new();
        for (index, entry) in catalog.iter().enumerate() {
            let handler = entry.handler;
            let is_twice = |earlier: &Entry| {
                let are_inputs = earlier.input.is_some() && entry.input.is_some();
                earlier.consumer() == entry.consumer() && !(are_inputs && earlier.consumes != entry.consumes)
            };
            if catalog[..index].iter().any(is_twice) {
                mistakes.push(ServiceError::Twice { service: name(), handler });
            }
            let events = entry.emits.iter().filter(|declared| !matches!(declared.channel, Channel::Queue(_)));
            for foreign in events.filter(|declared| declared.owner != service) {
                let (event, owner) = (foreign.name, foreign.owner);
                let mistake = ServiceError::Foreign { service: name(), handler, event, owner };
                // An aggregate's decisions share one set of emissions.
                if !mistakes.contains(&mistake) {
                    mistakes.push(mistake);
                }
            }
            let consumes = entry.consumes;
            if matches!(consumes.channel, Channel::Queue(recipient) if recipient != service) {
                let (command, recipient) = (consumes.name, consumes.owner);
                mistakes.push(ServiceError::Misdirected { service: name(), handler, command, recipient });
            }
        }
        mistakes
    }

    /// Checks that handlers with a common cursor use it in the same way, and that an event passes
    /// it once.
    fn check_sequencing(&self) -> Result<(), ServiceError> {
        let mut meanings: HashMap<&str, Sequencing> = HashMap::new();
        for (event, routes) in &self.routes {
            let mut seen = HashSet::new();
            for sequencing in routes.iter().map(|route| route.reaction.sequencing()) {
                let Some(cursor) = sequencing.cursor() else { continue };
                let known = *meanings.entry(cursor).or_insert(sequencing);
                if known != sequencing || !seen.insert(cursor) {
                    return Err(ServiceError::Cursor { service: self.name.clone(), cursor, event });
                }
            }
        }
        Ok(())
    }
}

/// A mistake in the registrations of a service, found before it runs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// Two handlers would share their receipts.
    #[error(
        "service {service} registers two handlers named {handler}: each needs receipts of its own, so rename one"
    )]
    Twice {
        /// The service.
        service: String,
        /// The name.
        handler: &'static str,
    },
    /// An event is emitted by a service that does not own it.
    #[error(
        "handler {handler} of service {service} emits {event}, which {owner} owns: only the owner publishes an event"
    )]
    Foreign {
        /// The service.
        service: String,
        /// The handler.
        handler: &'static str,
        /// The event.
        event: &'static str,
        /// Its owner.
        owner: &'static str,
    },
    /// Two handlers do not agree on a cursor.
    #[error(
        "service {service}: the cursor {cursor} is followed by two handlers of {event}, or once as `Newest` and once as \
         `Gapless`: give each its own name"
    )]
    Cursor {
        /// The service.
        service: String,
        /// The cursor.
        cursor: &'static str,
        /// An event on which two handlers differ.
        event: &'static str,
    },
    /// A service handles a command of another recipient.
    #[error(
        "handler {handler} of service {service} takes the command {command}, whose recipient is {recipient}"
    )]
    Misdirected {
        /// The service.
        service: String,
        /// The handler.
        handler: &'static str,
        /// The command.
        command: &'static str,
        /// Its recipient.
        recipient: &'static str,
    },
}
