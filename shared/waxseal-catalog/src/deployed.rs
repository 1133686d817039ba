//! A service and how it runs.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use serde_json::Value;
use waxseal::{
    BoxError, Declared, Engine, Service, Settings,
    batch::{GroupPolicy, Grouping, MalformedPolicy, Policy, TotalFailure},
    catalog::Entry,
    claim_check::ClaimCheck,
    observe::{Observer, Observers},
};

use crate::{
    fifo::FifoQueue,
    http::{HttpService, Router},
    infrastructure::parts::Infrastructure,
    program::{Parameter, Program},
    source::Source,
};

/// A service and how it runs, in every environment alike.
///
/// The defaults: the binary of its name, ten records to a batch, no window, five invocations of ten
/// handlers at once, five receives.
///
/// ```
/// use waxseal::Service;
/// use waxseal_catalog::{Deployed, Parameter};
///
/// let inventory = Deployed::new(Service::new("inventory"))
///     .handlers(1)
///     .invocations(2)
///     .timeout(60)
///     .parameter(Parameter::secret("WAREHOUSE_URL", "the URL of the warehouse, with its password"));
/// assert_eq!(inventory.name(), "inventory");
/// assert_eq!((inventory.batch, inventory.program.timeout), (10, 60));
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Deployed {
    origin: Origin,
    router: Option<Router>,
    policy: Policy,
    lease: Option<Duration>,
    observers: Observers,
    claims: ClaimCheck,
    /// Its function.
    pub program: Program,
    /// Whether its function answers HTTP, behind a function URL.
    pub answers_http: bool,
    /// The largest batch from a queue.
    pub batch: u32,
    /// Seconds to wait for a batch to fill.
    pub window: u32,
    /// Invocations at once from one queue: 2 to 1000.
    pub invocations: u32,
    /// Receives before a message is dead-lettered: 5 to 1000.
    pub max_receives: u32,
    /// Whether its function counts its records in CloudWatch.
    pub metrics: bool,
    /// The sources that others fill.
    pub sources: Vec<Source>,
    /// The FIFO queues that others fill.
    pub fifo: Vec<FifoQueue>,
    /// Variables of its own with fixed values.
    pub environment: BTreeMap<String, String>,
    /// Variables of its own whose values each stage brings.
    pub parameters: Vec<Parameter>,
    /// What its stack has beside what follows from its messages.
    pub infrastructure: Infrastructure,
    /// Patterns of rules, by their events, where they are not [the derived
    /// ones](crate::routes::Rule).
    pub(crate) patterns: BTreeMap<String, Value>,
}

/// Where a service's catalog comes from.
#[derive(Clone)]
enum Origin {
    Service(Box<Service>),
    Catalog { name: String, entries: Vec<Entry> },
}

impl From<Service> for Deployed {
    fn from(service: Service) -> Self {
        Self::new(service)
    }
}

impl Deployed {
    /// A service with its handlers.
    #[must_use]
    pub fn new(service: Service) -> Self {
        let program = Program::new(service.name());
        Self::from(Origin::Service(Box::new(service)), program)
    }

    /// A service of which only the catalog is known here, such as one that another repository
    /// builds. Templates and findings need no more; an environment that runs handlers refuses it.
    #[must_use]
    pub fn of_catalog(name: impl Into<String>, entries: Vec<Entry>) -> Self {
        let name = name.into();
        let program = Program::new(name.clone());
        Self::from(Origin::Catalog { name, entries }, program)
    }

    fn from(origin: Origin, program: Program) -> Self {
        Self {
            origin,
            router: None,
            policy: Policy::default(),
            lease: None,
            observers: Observers::default(),
            claims: ClaimCheck::default(),
            program,
            answers_http: false,
            batch: 10,
            window: 0,
            invocations: 5,
            max_receives: 5,
            metrics: true,
            sources: Vec::new(),
            fifo: Vec::new(),
            environment: BTreeMap::new(),
            parameters: Vec::new(),
            infrastructure: Infrastructure::default(),
            patterns: BTreeMap::new(),
        }
    }

    /// Its function answers HTTP too, with the service that `router` makes: an `axum::Router`, or
    /// any tower service.
    #[must_use]
    pub fn http<S, B>(mut self, router: impl Fn(Engine) -> S + Send + Sync + 'static) -> Self
    where
        S: tower_service::Service<Request<Full<Bytes>>, Response = Response<B>>
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
        S::Error: Into<BoxError> + Send,
        B: http_body::Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<BoxError>,
    {
        self.router = Some(Router::new(move |engine| HttpService::new(router(engine))));
        self.answers_http = true;
        self
    }

    /// The largest batch from a queue.
    #[must_use]
    pub fn batch(mut self, records: u32) -> Self {
        self.batch = records;
        self
    }

    /// Seconds to wait for a batch to fill.
    #[must_use]
    pub fn window(mut self, seconds: u32) -> Self {
        self.window = seconds;
        self
    }

    /// Invocations at once from one queue: 2 to 1000.
    #[must_use]
    pub fn invocations(mut self, count: u32) -> Self {
        self.invocations = count;
        self
    }

    /// Handlers at once in one invocation, from 1 on. 10 unless set.
    #[must_use]
    pub fn handlers(mut self, count: usize) -> Self {
        self.policy.concurrency = count;
        self
    }

    /// One more source that others fill: `.stream(Source::kinesis("clicks"))`.
    #[must_use]
    pub fn stream(mut self, source: Source) -> Self {
        self.sources.push(source);
        self
    }

    /// Receives before a message is dead-lettered: 5 to 1000.
    #[must_use]
    pub fn max_receives(mut self, count: u32) -> Self {
        self.max_receives = count;
        self
    }

    /// One more source: a FIFO queue that others fill.
    #[must_use]
    pub fn fifo(mut self, queue: FifoQueue) -> Self {
        self.fifo.push(queue);
        self
    }

    /// The longest run in seconds.
    #[must_use]
    pub fn timeout(mut self, seconds: u32) -> Self {
        self.program.timeout = seconds;
        self
    }

    /// Memory in MB.
    #[must_use]
    pub fn memory(mut self, megabytes: u32) -> Self {
        self.program.memory = megabytes;
        self
    }

    /// The least lease of an effect that names none, in whole seconds. 60 s unless set.
    #[must_use]
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = Some(lease);
        self
    }

    /// The most that the first retry of a record waits, in whole seconds. 30 s unless set.
    #[must_use]
    pub fn backoff(mut self, base: Duration) -> Self {
        self.policy.backoff.base = base;
        self
    }

    /// The fate of records that cannot be read.
    #[must_use]
    pub fn malformed(mut self, policy: MalformedPolicy) -> Self {
        self.policy.malformed = policy;
        self
    }

    /// How commits share requests.
    #[must_use]
    pub fn grouping(mut self, grouping: Grouping) -> Self {
        self.policy.grouping = grouping;
        self
    }

    /// The fate of a FIFO group after a dead letter.
    #[must_use]
    pub fn fifo_groups(mut self, policy: GroupPolicy) -> Self {
        self.policy.groups = policy;
        self
    }

    /// The answer where every record of a batch failed.
    #[must_use]
    pub fn total_failure(mut self, answer: TotalFailure) -> Self {
        self.policy.total_failure = answer;
        self
    }

    /// Runs records that were received before alone and behind a marker.
    #[must_use]
    pub fn isolated(mut self) -> Self {
        self.policy.isolation = true;
        self
    }

    /// An observer of its engine, in an environment that runs its handlers here. On AWS the function's
    /// `main` sets it.
    #[must_use]
    pub fn observed_by(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observers = self.observers.and(observer);
        self
    }

    /// The store of its checked-in payloads, in an environment that runs its handlers here. On AWS the
    /// function's `main` sets it; the templates have the bucket.
    #[must_use]
    pub fn claim_check(mut self, claims: ClaimCheck) -> Self {
        self.claims = claims;
        self
    }

    /// One more variable of its own with a fixed value. Waxseal's own variables follow from the
    /// other methods.
    #[must_use]
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.environment.insert(name.into(), value.into());
        self
    }

    /// One more variable that each stage brings.
    #[must_use]
    pub fn parameter(mut self, parameter: Parameter) -> Self {
        self.parameters.push(parameter);
        self
    }

    /// The pattern of the rule for an event of the bus, in the place of
    /// `{"source": [owner], "detail-type": [name]}`: for readers of only some of the events. A
    /// [foreign event](waxseal::foreign!) is named by its owner's name for it.
    #[must_use]
    pub fn pattern(mut self, event: impl Into<String>, pattern: Value) -> Self {
        self.patterns.insert(event.into(), pattern);
        self
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        match &self.origin {
            Origin::Service(service) => service.name(),
            Origin::Catalog { name, .. } => name,
        }
    }

    /// Its handlers, with what each consumes and emits.
    #[must_use]
    pub fn catalog(&self) -> &[Entry] {
        match &self.origin {
            Origin::Service(service) => service.catalog(),
            Origin::Catalog { entries, .. } => entries,
        }
    }

    /// The service, where its handlers are known here.
    #[must_use]
    pub fn service(&self) -> Option<&Service> {
        match &self.origin {
            Origin::Service(service) => Some(&**service),
            Origin::Catalog { .. } => None,
        }
    }

    /// Its HTTP interface on an engine, where it has one.
    #[must_use]
    pub fn router(&self, engine: Engine) -> Option<HttpService> {
        self.router.as_ref().map(|router| router.on(engine))
    }

    /// How batches are run.
    #[must_use]
    pub fn policy(&self) -> Policy {
        let mut policy = self.policy.clone();
        policy.max_receives = Some(self.max_receives);
        let mapped = || self.sources.iter().filter(|source| source.has_mapping());
        // One function has one limit: that of the source that gives up first.
        policy.max_age = mapped().map(|source| Duration::from_secs(source.max_age.into())).min();
        let mut topics = mapped().filter(|source| source.is_kafka()).peekable();
        policy.kafka_offsets = topics.peek().is_some() && topics.all(Source::has_partial_responses);
        policy
    }

    /// The numbers of its engine, with receipts that are kept for `horizon` days.
    #[must_use]
    pub fn settings(&self, horizon: u32) -> Settings {
        let mut settings = Settings::default();
        settings.horizon = Duration::from_hours(u64::from(horizon) * 24);
        settings.lease = self.lease.unwrap_or(settings.lease);
        settings.observers = self.observers.clone();
        settings.claims = self.claims.clone();
        settings
    }

    /// The messages that it consumes, each once, in the order of registration.
    #[must_use]
    pub fn consumes(&self) -> Vec<Declared> {
        distinct(self.catalog().iter().map(|entry| entry.consumes))
    }

    /// The messages that it emits and sends, each once.
    #[must_use]
    pub fn emits(&self) -> Vec<Declared> {
        distinct(self.catalog().iter().flat_map(|entry| entry.emits.iter().copied()))
    }

    /// The messages that it consumes and those that it emits.
    pub fn messages(&self) -> impl Iterator<Item = Declared> {
        self.consumes().into_iter().chain(self.emits())
    }
}

fn distinct(all: impl Iterator<Item = Declared>) -> Vec<Declared> {
    let mut seen = std::collections::BTreeSet::new();
    // Two foreign events of one name are two events, and one may come from two buses.
    let whose =
        |declared: &Declared| declared.is_foreign().then(|| (declared.owner, declared.channel.to_string()));
    all.filter(|declared| seen.insert((declared.name, whose(declared)))).collect()
}

impl fmt::Debug for Deployed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deployed")
            .field("name", &self.name())
            .field("program", &self.program)
            .field("answers_http", &self.answers_http)
            .finish_non_exhaustive()
    }
}
