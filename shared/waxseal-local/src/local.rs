//! The environment as a whole: services deployed and wired from their catalogs.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};
use waxseal::{
    Channel, Emission, Engine, Entity, Host, Outcome, Raw, Release, ReleaseError, Released, Service,
    ServiceError, Settings, Timestamp, Token,
    batch::{Batches, Policy, RecordOutcome},
    relay::SWEEP_REACH,
};
use waxseal_lambda::{Function, Relay};

use crate::{
    Builder, Bus, ClaimStore, Clock, Entry, Executor, Faults, HttpError, Input, MappingSettings, Pattern,
    PatternError, Queue, QueueSettings, Random, Redrive, Refused, Subscription, Table, Topic,
    function::Deployed,
    gateway, mapping,
    outbound::{Channels, LocalDeadLetters, LocalVisibility},
    report::Report,
};

/// What everything shares.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) clock: Arc<Clock>,
    pub(crate) random: Arc<Random>,
    pub(crate) executor: Executor,
    pub(crate) faults: Faults,
    pub(crate) report: Report,
}

impl World {
    /// A queue of this world, with faults of its own.
    fn queue(&self, name: &str, settings: QueueSettings, faults: Faults) -> Queue {
        Queue::new(name, settings, self.clock.clone(), self.random.clone(), faults, self.report)
    }
}

impl Host for World {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }
    fn token(&self) -> Token {
        self.random.token()
    }
}

/// An embedded environment. Clones are the same one.
#[derive(Clone)]
pub struct Local {
    world: World,
    channels: Channels,
    deployments: Arc<Mutex<BTreeMap<String, Deployment>>>,
    deliveries: Arc<AtomicU64>,
    duplicates: Arc<AtomicU64>,
}

struct Deployment {
    table: Table,
    queue: Queue,
    dead_letters: Queue,
    relay_dead_letters: Queue,
    engine: Engine,
    function: Deployed<Function>,
    relay: Deployed<Relay<Channels, LocalDeadLetters>>,
    relayed: Arc<AtomicU64>,
}

/// How one service is deployed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Deploy {
    /// The engine's numbers.
    pub settings: Settings,
    /// How batches are run.
    pub policy: Policy,
    /// How its queue is polled.
    pub mapping: MappingSettings,
    /// The function's time-out; its queue's visibility is six times that, as AWS advises.
    pub timeout: Duration,
    /// Receives before a message is dead-lettered.
    pub max_receives: u32,
}

impl Default for Deploy {
    /// 30 s of time-out, 180 s of visibility, five receives.
    fn default() -> Self {
        Self {
            settings: Settings::default(),
            policy: Policy::default(),
            mapping: MappingSettings::default(),
            timeout: Duration::from_secs(30),
            max_receives: 5,
        }
    }
}

/// Why a service was not deployed, or a message not sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LocalError {
    /// The service itself is wrong.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// A service of that name is deployed already.
    #[error("service {0} is deployed already")]
    Twice(String),
    /// No service of that name.
    #[error("no service {0} is deployed")]
    NoService(String),
    /// A rule's pattern is wrong.
    #[error(transparent)]
    Pattern(#[from] PatternError),
    /// An envelope that no channel takes.
    #[error("not published: {0}")]
    Publish(#[from] waxseal::relay::PublishError),
    /// A replayed event that the bus refuses.
    #[error("not replayed: {0}")]
    Refused(#[from] Refused),
    /// An envelope that has no JSON form.
    #[error("not published: {0}")]
    Json(#[from] serde_json::Error),
    /// A sweep that its relay refused or could not finish: what the invocation's error says.
    #[error("not swept: {0}")]
    Sweep(String),
    /// A release that changed nothing.
    #[error("not released: {0}")]
    Release(#[from] ReleaseError),
}

impl Local {
    /// Starts setting one up.
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) fn new(builder: Builder, clock: Clock) -> Self {
        let (clock, random) = (Arc::new(clock), Arc::new(Random::new(builder.seed)));
        let executor = Executor::new(clock.clone(), random.clone());
        let world = World { clock, random, executor, faults: builder.faults, report: builder.report };
        let channels = Channels::new(world.clone());
        Self {
            world,
            channels,
            deployments: Arc::default(),
            deliveries: Arc::default(),
            duplicates: Arc::default(),
        }
    }

    fn deployments(&self) -> MutexGuard<'_, BTreeMap<String, Deployment>> {
        self.deployments.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, service: &str, look: impl FnOnce(&Deployment) -> T) -> Result<T, LocalError> {
        self.deployments().get(service).map(look).ok_or_else(|| LocalError::NoService(service.to_owned()))
    }

    /// Deploys a service as [`Local::deploy_with`] does, with the defaults and without HTTP.
    ///
    /// # Errors
    /// As [`Local::deploy_with`].
    pub fn deploy(&self, service: Service) -> Result<(), LocalError> {
        self.deploy_with(service, Deploy::default(), |function| function)
    }

    /// Deploys a service: its table, its queue with a dead-letter queue, its function, its relay with a dead-letter queue, and from its catalog the
    /// rules, subscriptions and command queue that feed it. `finish` may add HTTP to the function.
    ///
    /// # Errors
    /// Where the service breaks a rule, or its name is taken.
    pub fn deploy_with(
        &self,
        service: Service,
        deploy: Deploy,
        finish: impl FnOnce(Function) -> Function,
    ) -> Result<(), LocalError> {
        let name = service.name().to_owned();
        if self.deployments().contains_key(&name) {
            return Err(LocalError::Twice(name));
        }
        let World { executor, faults, .. } = &self.world;
        let table = self.create_table(&name);
        let queue = |name: &str, settings, faults| self.world.queue(name, settings, faults);
        // Letters are not duplicated: their count is the report's.
        let dead_letters = queue(&format!("{name}-dlq"), QueueSettings::default(), Faults::none());
        let relay_dead_letters =
            queue(&format!("{name}-relay-dlq"), QueueSettings::default(), Faults::none());
        let settings = QueueSettings {
            visibility: deploy.timeout * 6,
            redrive: Some(Redrive { to: dead_letters.clone(), max_receives: deploy.max_receives }),
            fifo: false,
        };
        let events = queue(&name, settings.clone(), faults.clone());
        let catalog: Vec<_> = service.catalog().to_vec();
        let engine = Engine::new(service, table.clone(), Arc::new(self.world.clone()), deploy.settings)?;
        let mut policy = deploy.policy;
        policy.max_receives.get_or_insert(deploy.max_receives);
        let letters = LocalDeadLetters { queue: dead_letters.clone(), report: self.world.report };
        let commands = catalog
            .iter()
            .any(|entry| matches!(entry.consumes.channel, Channel::Queue(_)))
            .then(|| queue(&format!("{name}-commands"), settings, faults.clone()));
        let visibility = LocalVisibility(commands.iter().chain([&events]).cloned().collect());
        let function = Deployed {
            name: name.clone(),
            function: finish(Function::new(
                self.counted(Batches::new(engine.clone(), letters.clone(), policy).delayed(visibility)),
            )),
            timeout: deploy.timeout,
            world: self.world.clone(),
        };
        let relay = Deployed {
            name: format!("{name}-relay"),
            function: Relay::new(
                name.clone(),
                self.channels.clone(),
                LocalDeadLetters { queue: relay_dead_letters.clone(), report: self.world.report },
                self.host(),
            )
            .sweeping(table.clone(), SWEEP_REACH),
            timeout: deploy.timeout,
            world: self.world.clone(),
        };

        // One rule or subscription per kind of message, however many handlers want it.
        let mut wired = BTreeSet::new();
        for consumed in
            catalog.iter().map(|entry| entry.consumes).filter(|consumed| wired.insert(consumed.name))
        {
            match consumed.channel {
                Channel::Bus => {
                    let pattern = json!({"source": [consumed.owner], "detail-type": [consumed.name]});
                    let rule = format!("{name}-{}", consumed.name);
                    self.channels.bus.rule(&rule, Pattern::new(&pattern)?, &events, Input::Whole);
                }
                Channel::Topic(topic) => {
                    let filter = Some(Pattern::new(&json!({"eventType": [consumed.name]}))?);
                    let subscription = Subscription { queue: events.clone(), filter, raw: true };
                    self.channels
                        .topic(topic)
                        .subscribe(&format!("{name}-{}", consumed.name), subscription)?;
                }
                Channel::Queue(_) => {}
            }
        }
        if let Some(commands) = commands {
            self.channels.take_commands(&name, commands.clone());
            self.poll(commands, function.clone(), deploy.mapping.clone());
        }
        self.poll(events.clone(), function.clone(), deploy.mapping);
        let relayed = Arc::new(AtomicU64::new(0));
        // Only new receipts that emitted something wake the relay (O-5).
        let filter = Pattern::new(&json!({
            "eventName": ["INSERT", "MODIFY"],
            "dynamodb": {"NewImage": {"emitted": {"S": [{"exists": true}]}}},
        }))?;
        drop(
            executor.spawn_task(
                mapping::stream::run(table.clone(), relay.clone(), filter, relayed.clone()),
                true,
            ),
        );
        self.deployments().insert(
            name,
            Deployment {
                table,
                queue: events,
                dead_letters,
                relay_dead_letters,
                engine,
                function,
                relay,
                relayed,
            },
        );
        Ok(())
    }

    fn counted(&self, batches: Batches) -> Batches {
        let duplicates = self.duplicates.clone();
        batches.observed(move |_, verdict| {
            if matches!(verdict, RecordOutcome::Done(Some(Outcome::Duplicate))) {
                duplicates.fetch_add(1, Ordering::Relaxed);
            }
        })
    }

    fn poll(&self, queue: Queue, function: Deployed<Function>, settings: MappingSettings) {
        let deliveries = self.deliveries.clone();
        drop(
            self.world.executor.spawn_task(mapping::queue::run(queue, function, settings, deliveries), true),
        );
    }

    /// The environment's time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.world.clock.now()
    }

    /// Its clock.
    #[must_use]
    pub fn clock(&self) -> &Arc<Clock> {
        &self.world.clock
    }

    /// Its source of chance.
    #[must_use]
    pub fn random(&self) -> &Arc<Random> {
        &self.world.random
    }

    /// Its scheduler.
    #[must_use]
    pub fn executor(&self) -> &Executor {
        &self.world.executor
    }

    /// Its time and tokens, as engines need them.
    #[must_use]
    pub fn host(&self) -> Arc<dyn Host> {
        Arc::new(self.world.clone())
    }

    /// Its bus.
    #[must_use]
    pub fn bus(&self) -> &Bus {
        &self.channels.bus
    }

    /// The topic of that name; made at its first use.
    #[must_use]
    pub fn topic(&self, name: &str) -> Topic {
        self.channels.topic(name)
    }

    /// Puts an event on the bus as a producer outside of the environment would.
    ///
    /// # Errors
    /// Where the envelope has no JSON form.
    pub fn put(&self, event: &Raw) -> Result<(), LocalError> {
        self.publish("bus".to_owned(), event)
    }

    /// Replays an event from an archive, under the name that EventBridge would give with each of them (S-40): 1 to 64
    /// letters, digits, `.`, `-` and `_`.
    ///
    /// # Errors
    /// Where the envelope has no JSON form.
    pub fn replay(&self, name: &str, event: &Raw) -> Result<(), LocalError> {
        let detail = serde_json::value::to_raw_value(event)?;
        let entry = Entry { source: event.source.clone(), detail_type: event.name.clone(), detail };
        self.bus().replay(name, &entry)?;
        Ok(())
    }

    /// Sends a command to its recipient's queue, without a tenant: a producer that has one sends to [`Local::commands`].
    ///
    /// # Errors
    /// Where that service takes no commands.
    pub fn send(&self, recipient: &str, command: &Raw) -> Result<(), LocalError> {
        self.publish(format!("queue:{recipient}"), command)
    }

    fn publish(&self, channel: String, message: &Raw) -> Result<(), LocalError> {
        let envelope = serde_json::value::to_raw_value(message)?;
        Ok(self.channels.publish_one(&Emission { channel, envelope, tenant: None })?)
    }

    /// A service's table.
    ///
    /// # Errors
    /// Where no such service is deployed; likewise below.
    pub fn table(&self, service: &str) -> Result<Table, LocalError> {
        self.with(service, |deployment| deployment.table.clone())
    }

    /// A service's queue of commands; what its relay and [`Local::send`] send to.
    ///
    /// # Errors
    /// Where that service takes no commands.
    pub fn commands(&self, service: &str) -> Result<Queue, LocalError> {
        Ok(self.channels.commands(service)?)
    }

    /// A service's queue.
    ///
    /// # Errors
    /// Where no such service is deployed.
    pub fn queue(&self, service: &str) -> Result<Queue, LocalError> {
        self.with(service, |deployment| deployment.queue.clone())
    }

    /// A service's dead-letter queue.
    ///
    /// # Errors
    /// Where no such service is deployed.
    pub fn dead_letters(&self, service: &str) -> Result<Queue, LocalError> {
        self.with(service, |deployment| deployment.dead_letters.clone())
    }

    /// The dead-letter queue of a service's relay: what could not be published. A letter's body is the envelope. The way back
    /// is [`Local::sweep`] or to publish the envelope; in the service's own queue it would reach the service that emitted it.
    ///
    /// # Errors
    /// Where no such service is deployed.
    pub fn relay_dead_letters(&self, service: &str) -> Result<Queue, LocalError> {
        self.with(service, |deployment| deployment.relay_dead_letters.clone())
    }

    /// A service's engine.
    ///
    /// # Errors
    /// Where no such service is deployed.
    pub fn engine(&self, service: &str) -> Result<Engine, LocalError> {
        self.with(service, |deployment| deployment.engine.clone())
    }

    /// The names of the deployed services.
    #[must_use]
    pub fn services(&self) -> Vec<String> {
        self.deployments().keys().cloned().collect()
    }

    /// An entity of a service as its table holds it now; `None` where there is none.
    #[must_use]
    pub fn read<T: Entity>(&self, service: &str, id: &str) -> Option<T> {
        let engine = self.engine(service).ok()?;
        let id = id.to_owned();
        self.world.executor.block_on(async move { engine.read::<T>(&id).await.ok().flatten() })
    }

    /// How many records have been handed to functions, repeats included.
    #[must_use]
    pub fn deliveries(&self) -> u64 {
        self.deliveries.load(Ordering::Relaxed)
    }

    /// How many of them had taken effect before, and changed nothing.
    #[must_use]
    pub fn duplicates(&self) -> u64 {
        self.duplicates.load(Ordering::Relaxed)
    }

    /// How often a service's relay was invoked.
    ///
    /// # Errors
    /// Where no such service is deployed.
    pub fn relay_invocations(&self, service: &str) -> Result<u64, LocalError> {
        self.with(service, |deployment| deployment.relayed.load(Ordering::Relaxed))
    }

    /// Has a service's relay publish again, from the receipts, what they emitted from `from` until before `to` (O-1), as often as it
    /// takes; the result is how many receipts that were. `from` may lie 7 days back.
    ///
    /// # Errors
    /// Where no such service is deployed, or the relay says why it cannot.
    pub async fn sweep(&self, service: &str, from: Timestamp, to: Timestamp) -> Result<u64, LocalError> {
        let relay = self.with(service, |deployment| deployment.relay.clone())?;
        let mut payload = json!({"sweep": {"from": from.to_string(), "to": to.to_string()}});
        let mut published = 0;
        while !payload.is_null() {
            let answer = relay.invoke(payload.to_string().into_bytes(), false).await;
            let mut answer: Value = serde_json::from_slice(&answer.map_err(LocalError::Sweep)?)?;
            published += answer["published"].as_u64().unwrap_or_default();
            payload = answer["next"].take();
        }
        Ok(published)
    }

    /// Says what became of an effect that failed for good, or whose outcome is unknown (S-19): what a person finds out before he redrives
    /// its dead letter.
    ///
    /// # Errors
    /// Where no such service is deployed, or the release changed nothing, with the reason.
    pub async fn release(&self, service: &str, release: &Release) -> Result<Released, LocalError> {
        let engine = self.with(service, |deployment| deployment.engine.clone())?;
        Ok(engine.release(release).await?)
    }

    /// Moves a service's dead letters back to its queue, as `StartMessageMoveTask` does; the result is how many they were.
    ///
    /// # Errors
    /// Where no such service is deployed.
    pub fn redrive(&self, service: &str) -> Result<usize, LocalError> {
        self.with(service, |deployment| deployment.dead_letters.move_to(&deployment.queue))
    }

    /// A queue that gets everything that is published from now on, on the bus and on these topics; nobody polls it.
    ///
    /// # Errors
    /// Never, in fact: the pattern is fixed.
    pub fn watch(&self, topics: &[&str]) -> Result<Queue, LocalError> {
        let queue = self.world.queue("watch", QueueSettings::default(), Faults::none());
        let everything = Pattern::new(&json!({"source": [{"exists": true}]}))?;
        self.channels.bus.rule("watch", everything, &queue, Input::Detail);
        for topic in topics {
            let subscription = Subscription { queue: queue.clone(), filter: None, raw: true };
            self.channels.topic(topic).subscribe("watch", subscription)?;
        }
        Ok(queue)
    }

    /// A table of its own, that no service uses.
    #[must_use]
    pub fn create_table(&self, name: &str) -> Table {
        let World { clock, random, executor, faults, .. } = &self.world;
        Table::new(name, clock.clone(), random.clone(), executor.clone(), faults.clone())
    }

    /// A bucket for checked-in payloads: whoever shares it gives a clone to each engine.
    #[must_use]
    pub fn create_claims(&self, bucket: &str) -> ClaimStore {
        ClaimStore::new(bucket, self.world.clone())
    }

    /// A queue of its own, that nobody polls: for rules and subscriptions of one's own.
    #[must_use]
    pub fn create_queue(&self, name: &str, settings: QueueSettings) -> Queue {
        self.world.queue(name, settings, self.world.faults.clone())
    }

    /// Sends an HTTP request to a service's function.
    ///
    /// # Errors
    /// Where the function fails, or its answer is no HTTP response.
    pub async fn request(
        &self,
        service: &str,
        request: Request<Bytes>,
    ) -> Result<Response<Bytes>, HttpError> {
        let function = self
            .with(service, |deployment| deployment.function.clone())
            .map_err(|error| HttpError::Invocation(error.to_string()))?;
        let event = match gateway::event(&request, &self.world.random.uuid(), self.now()) {
            Ok(event) => event,
            Err(header) => return Ok(gateway::refused(&header)),
        };
        let answer = function.invoke(event, false).await.map_err(HttpError::Invocation)?;
        gateway::response(&answer)
    }

    /// Runs until nothing can happen any more.
    pub fn run_until_idle(&self) {
        self.world.executor.run_until_idle();
    }
}

impl fmt::Debug for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Local").field("services", &self.services()).finish_non_exhaustive()
    }
}
