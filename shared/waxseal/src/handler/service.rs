//! A service: its handlers, registered explicitly, so that a function's `main` is its table of
//! contents.

use std::{borrow::Cow, collections::BTreeSet, sync::Arc};

use foldhash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _};

use crate::{
    adapt::{Adapted, Adapter, Foreign, adapt},
    dead_letter::Returned,
    handler::{
        aggregate::{Aggregate, Decide, Decides as _, EachMessage},
        catalog::{self, Entry},
        decided::Decided,
        effect::{Done, Effect},
        erased::{Effected, Handled, Reaction},
        names::Names,
        route::{self, Route},
        sequencing::Sequencing,
        service_name,
        transactional::{EmitsNothing, Handler},
        wanted::{self, Wants},
    },
};
use waxseal_message::{Channel, Declared, Emits, Malformed, Message, Raw};
use waxseal_pattern::Filter;

/// A filter as it is declared, and in the form that decides.
type Filtered = (Filter, Option<Arc<dyn Wants>>);

/// The handlers of one service.
///
/// The crate's front page has an example.
#[derive(Clone)]
#[must_use = "a service does nothing until an engine runs it"]
pub struct Service {
    pub(crate) name: String,
    pub(crate) routes: HashMap<&'static str, Vec<Route>>,
    catalog: Vec<Entry>,
    ignored: BTreeSet<Cow<'static, str>>,
    adapter: Option<Arc<Adapter>>,
}

impl Service {
    /// A service without handlers. Its name is the owner of its emissions, and part of its
    /// receipts' keys.
    ///
    /// # Panics
    /// Where no service can have the name ([`is_service_name`](crate::is_service_name)).
    #[track_caller]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: service_name::checked(name.into()),
            routes: HashMap::new(),
            catalog: Vec::new(),
            ignored: BTreeSet::new(),
            adapter: None,
        }
    }

    /// Adds a [`Handler`].
    pub fn handler<H: Handler>(self, handler: H) -> Self {
        self.add_handler(Handled::new(handler))
    }

    /// Adds a [`Handler`] for which running twice is the same as running once, so that no receipt is
    /// needed. No request is made for one. It can emit nothing, since a receipt is the outbox.
    ///
    /// ```
    /// # use serde::{Deserialize, Serialize};
    /// # use waxseal::{Envelope, Fault, Handler, Service, Unit};
    /// # #[derive(Serialize, Deserialize)] struct PageViewed { path: String }
    /// # waxseal::event!(PageViewed { name: "page.viewed", version: 1, owner: "shop" });
    /// struct WarmCache;
    /// impl Handler for WarmCache {
    ///     const NAME: &str = "warm-cache";
    ///     type Event = PageViewed;
    ///     type Emits = ();
    ///     async fn handle(&self, view: &Envelope<PageViewed>, _: &mut Unit<'_, ()>) -> Result<(), Fault> {
    ///         // Putting the same page into a cache twice is putting it there once.
    /// #       let _ = view;
    ///         Ok(())
    ///     }
    /// }
    /// let service = Service::new("pages").naturally_idempotent(WarmCache);
    /// ```
    pub fn naturally_idempotent<H: EmitsNothing>(self, handler: H) -> Self {
        self.add_handler(Handled::without_receipt(handler))
    }

    fn add_handler<H: Handler>(self, handler: Handled<H>) -> Self {
        const { wanted::check::<H::Event>(H::FILTER, H::SEQUENCING) }
        let wanted = if const { H::FILTER.is_all() } { None } else { wanted::compiled(H::FILTER) };
        let filter = (H::FILTER, wanted);
        self.with::<H::Event, H::Emits>(H::NAME, H::FORMER_NAMES, filter, Arc::new(handler))
    }

    /// Adds an [`Aggregate`] with every message that it decides.
    pub fn aggregate<A: Aggregate>(self, aggregate: A) -> Self {
        let mut decisions = Decisions { service: self, aggregate: Arc::new(aggregate) };
        A::Decides::each(&mut decisions);
        decisions.service
    }

    /// Adds an [`Effect`].
    pub fn effect<E: Effect>(self, effect: E) -> Self {
        self.add_effect(Effected::new(effect))
    }

    /// Adds an [`Effect`] that defines the emissions of a success, so that an unknown outcome can
    /// be [released](crate::Engine::release) as done.
    pub fn effect_with_done<E: Done>(self, effect: E) -> Self {
        self.add_effect(Effected::with_done(effect))
    }

    fn add_effect<E: Effect>(self, effect: Effected<E>) -> Self {
        const { wanted::check::<E::Event>(E::FILTER, Sequencing::Arrival) }
        let wanted = if const { E::FILTER.is_all() } { None } else { wanted::compiled(E::FILTER) };
        self.with::<E::Event, E::Emits>(E::NAME, E::FORMER_NAMES, (E::FILTER, wanted), Arc::new(effect))
    }

    fn with<M: Message, S: Emits>(
        mut self,
        name: &'static str,
        former: &[&'static str],
        filter: Filtered,
        reaction: Arc<dyn Reaction>,
    ) -> Self {
        let names = Names::of_handler(&self.name, name, former);
        self.add::<M, S>(name, None, names, filter, reaction);
        self
    }

    fn add<M: Message, S: Emits>(
        &mut self,
        handler: &'static str,
        decides: Option<&'static str>,
        names: Names,
        (declared, filter): Filtered,
        reaction: Arc<dyn Reaction>,
    ) {
        let consumes = Declared::of::<M>();
        self.catalog.push(Entry {
            service: self.name.clone(),
            handler,
            decides,
            mode: reaction.mode(),
            consumes,
            emits: S::DECLARED,
            filter: declared,
        });
        let route = Route { names, handler, consumes, reaction, filter };
        self.routes.entry(consumes.name).or_default().push(route);
    }

    /// Acknowledges messages of this name without a handler. Otherwise they are dead letters
    /// (S-41). `aws:s3` stands for all notifications of S3, and `aws:dynamodb` for all changes of
    /// tables that are not Waxseal's.
    ///
    /// ```
    /// let service = waxseal::Service::new("audit").ignore("order.viewed").ignore("aws:s3");
    /// assert!(service.ignores("order.viewed") && !service.ignores("order.placed"));
    /// ```
    pub fn ignore(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.ignored.insert(name.into());
        self
    }

    /// Names the records whose body is JSON of another form: no envelope, no CloudEvents event, no
    /// event that Waxseal knows. Otherwise they are dead letters (S-41). A second function replaces the
    /// first.
    ///
    /// The function is pure: it has no I/O, and the same record gives the same answer. Its refusal is
    /// the reason of a dead letter, and a panic is one malformed record. [`Adapted`] says where an
    /// event's identity comes from where the function gives none, and what that is worth.
    ///
    /// ```
    /// use waxseal::{Adapted, Foreign, Service, Transport};
    /// let service = Service::new("ledger").adapt(|record| {
    ///     Ok(Adapted::named(record.text_at("/type")?)
    ///         .source("billing")
    ///         .id(record.text_at("/id")?)
    ///         .time(record.time_at("/created")?)
    ///         .payload(record.at("/data")?))
    /// });
    ///
    /// let json = r#"{"type":"invoice_paid","id":"in_1","created":1795253401,"data":{"amount":1250}}"#;
    /// let record = Foreign::new(json, Transport::Queue("arn:aws:sqs:eu-west-1:123456789012:q"), "m1");
    /// let event = service.adapted(&record, None).unwrap().unwrap();
    /// assert_eq!((&*event.name, &*event.source, &*event.id), ("invoice_paid", "billing", "in_1"));
    /// assert_eq!((event.data.get(), event.version), (r#"{"amount":1250}"#, 1));
    /// ```
    pub fn adapt<F>(mut self, adapter: F) -> Self
    where
        F: Fn(&Foreign<'_>) -> Result<Adapted, Malformed> + Send + Sync + 'static,
    {
        self.adapter = Some(Arc::new(adapter));
        self
    }

    /// The event in a record, by the function of [`Service::adapt`]; `None` without one. A redriven
    /// dead letter, `returned`, has the identity that it had.
    #[must_use]
    pub fn adapted(
        &self,
        record: &Foreign<'_>,
        returned: Option<&Returned>,
    ) -> Option<Result<Raw, Malformed>> {
        self.adapter.as_deref().map(|adapter| adapt(adapter, record, returned))
    }

    /// The handlers of messages of this name and source; `None` where there is none.
    pub(crate) fn routes_of<'a>(
        &'a self,
        name: &str,
        source: &'a str,
    ) -> Option<impl Iterator<Item = &'a Route> + Clone + use<'a>> {
        route::from(self.routes.get(name)?, source)
    }

    /// Whether messages of this name and source have a handler.
    #[must_use]
    pub fn handles(&self, name: &str, source: &str) -> bool {
        self.routes_of(name, source).is_some()
    }

    /// Whether messages of this name are acknowledged without a handler.
    #[must_use]
    pub fn ignores(&self, name: &str) -> bool {
        self.ignored.contains(name)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The messages that it handles and emits, in the order of registration.
    #[must_use]
    pub fn catalog(&self) -> &[Entry] {
        &self.catalog
    }

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
        for route in self.routes.values().flatten() {
            if !route.names.consumers().all(|consumer| seen.insert(consumer)) {
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
            if catalog[..index].iter().any(|earlier| earlier.consumer() == entry.consumer()) {
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
        let decided = Decided::<A, M>::new(Arc::clone(&self.aggregate));
        let aggregate = (A::NAME, <A as Aggregate>::FORMER_NAMES);
        let handlers = <A as Decide<M>>::FORMER_NAMES;
        let message = catalog::decision(&Declared::of::<M>());
        let names = Names::of_decision(&self.service.name, aggregate, &message, handlers);
        let filter = (filter, wanted);
        self.service.add::<M, A::Emits>(A::NAME, Some(M::NAME), names, filter, Arc::new(decided));
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
