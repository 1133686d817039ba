//! A service: its handlers, registered explicitly, so that a function's `main` is its table of
//! contents.

use std::{borrow::Cow, collections::BTreeSet, sync::Arc};

use foldhash::{HashMap, HashMapExt as _};

use crate::{
    adapt::{Adapted, Adapter, Foreign, adapt},
    dead_letter::Returned,
    handler::{
        answers::{AnswerTo, Answers, Asked},
        catalog::{Entry, Input},
        effect::{Done, Effect},
        erased::{Effected, Handled, Reaction},
        names::Names,
        process::MADE_DECLARED,
        route::{self, Route},
        scheduled::{self, Scheduled},
        sequencing::Sequencing,
        service_name,
        sourced::EventSourced,
        transactional::{EmitsNothing, Handler},
        wanted::{self, Wants},
    },
    hint::WAKE,
};
use waxseal_message::{Declared, DeclaredQuery, Emits, Malformed, Message, Query, Raw};
use waxseal_pattern::Filter;

/// A filter as it is declared, and in the form that decides.
pub(super) type Filtered = (Filter, Option<Arc<dyn Wants>>);

/// The handlers of one service.
///
/// The crate's front page has an example.
#[derive(Clone)]
#[must_use = "a service does nothing until an engine runs it"]
pub struct Service {
    pub(crate) name: String,
    pub(crate) routes: HashMap<&'static str, Vec<Route>>,
    pub(super) catalog: Vec<Entry>,
    ignored: BTreeSet<Cow<'static, str>>,
    adapter: Option<Arc<Adapter>>,
    /// The routes of the messages that the engine makes of rows, by the kind of the row.
    pub(crate) timed: HashMap<&'static str, Route>,
    /// The route of the messages that are sent later.
    pub(crate) scheduled: Option<Arc<Route>>,
    /// The kinds of the states whose histories it keeps.
    pub(crate) histories: Vec<&'static str>,
    /// Whether it has projections, whose rows are read by query.
    pub(crate) has_projections: bool,
    /// The queries that it answers.
    pub(crate) queries: Vec<Arc<dyn Asked>>,
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
            timed: HashMap::new(),
            scheduled: None,
            histories: Vec::new(),
            has_projections: false,
            queries: Vec::new(),
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

    /// Lets its handlers send commands later than in 900 s, by
    /// [`Unit::send_after`](crate::Unit::send_after) (S-71). The service's table then has the index
    /// of timers, and a rule ticks once a minute.
    pub fn schedules_messages(mut self) -> Self {
        let names = Names::of_handler(&self.name, scheduled::NAME, &[]);
        let (consumes, reaction) = (MADE_DECLARED, Arc::new(Scheduled));
        let route =
            Route { names, handler: scheduled::NAME, consumes, reaction, filter: None, of_process: false };
        self.scheduled = Some(Arc::new(route));
        self
    }

    /// Whether its table has rows that are woken: those of a [process](Service::process), or messages that are sent
    /// later.
    #[must_use]
    pub fn has_timers(&self) -> bool {
        self.scheduled.is_some()
    }

    /// Lets its handlers read and continue the history of an event-sourced state, by
    /// [`Unit::history`](crate::Unit::history). Its functions then have the permission to query the
    /// table. A [decider](Service::decider) needs no such line.
    pub fn keeps_history<S: EventSourced>(mut self) -> Self {
        if !self.histories.contains(&S::KIND) {
            self.histories.push(S::KIND);
        }
        self
    }

    /// Whether its table holds histories of event-sourced states.
    #[must_use]
    pub fn has_histories(&self) -> bool {
        !self.histories.is_empty()
    }

    /// Adds the answer to a [`Query`]. Over HTTP it is the resource of the query's path.
    pub fn answers<Q: Query>(mut self, answers: impl Answers<Q>) -> Self {
        self.queries.push(Arc::new(AnswerTo::new(answers)));
        self
    }

    /// The queries that it answers, in the order of their registration.
    #[must_use]
    pub fn queries(&self) -> Vec<DeclaredQuery> {
        self.queries.iter().map(|asked| asked.declared()).collect()
    }

    /// Whether its function queries its table: for histories, or for the rows of projections.
    #[must_use]
    pub fn queries_its_table(&self) -> bool {
        self.has_histories() || self.has_projections
    }

    /// The kinds of the states whose histories it keeps, in the order of their registration.
    #[must_use]
    pub fn history_kinds(&self) -> &[&'static str] {
        &self.histories
    }

    /// The kinds of the rows of its processes, in order.
    #[must_use]
    pub fn process_kinds(&self) -> Vec<&'static str> {
        let mut kinds: Vec<_> = self.timed.keys().copied().collect();
        kinds.sort_unstable();
        kinds
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
        self.add::<M, S>(name, None, None, names, filter, reaction);
        self
    }

    pub(super) fn add<M: Message, S: Emits>(
        &mut self,
        handler: &'static str,
        decides: Option<&'static str>,
        input: Option<Input>,
        names: Names,
        (declared, filter): Filtered,
        reaction: Arc<dyn Reaction>,
    ) {
        let consumes = Declared::of::<M>();
        self.catalog.push(Entry {
            service: self.name.clone(),
            handler,
            decides,
            input,
            history: None,
            projection: None,
            mode: reaction.mode(),
            consumes,
            emits: S::DECLARED,
            filter: declared,
        });
        let route = Route { names, handler, consumes, reaction, filter, of_process: input.is_some() };
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
        self.routes_of(name, source).is_some() || name == WAKE && self.has_timers()
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
}
