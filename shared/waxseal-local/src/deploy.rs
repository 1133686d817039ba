//! Deployment: a service wired from its catalog.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::json;
use waxseal::{
    Channel, Declared, Engine, Service, Settings,
    batch::{Batches, Policy},
    observe::{Handled, HandledAs, Observer},
    relay::SWEEP_REACH,
};
use waxseal_lambda::{Function, Relay};
use waxseal_pattern::Pattern;

use crate::{
    bus::Input,
    error::LocalError,
    function::Deployed,
    local::{Deployment, Local},
    mapping::{self, queue::MappingSettings},
    outbound::{Channels, LocalDeadLetters, LocalVisibility},
    queue::{Queue, QueueSettings, Redrive},
    table::Table,
    topic::Subscription,
    world::World,
};

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

impl Local {
    /// Deploys a service as [`Local::deploy_with`] does, with the defaults and without HTTP.
    ///
    /// # Errors
    /// As [`Local::deploy_with`].
    pub fn deploy(&self, service: Service) -> Result<(), LocalError> {
        self.deploy_with(service, Deploy::default(), |function| function)
    }

    /// Deploys a service: its table, its queue with a dead-letter queue, its function, its relay with a
    /// dead-letter queue, and from its catalog the rules, subscriptions and command queue that feed it.
    /// `finish` may add HTTP to the function.
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
        let table = self.create_table(&name);
        let consumed: Vec<Declared> = service.catalog().iter().map(|entry| entry.consumes).collect();
        let queues = Queues::new(&self.world, &name, &deploy, &consumed);
        let mut settings = deploy.settings.clone();
        settings.observers = settings.observers.and(Arc::new(Duplicates(self.duplicates.clone())));
        let engine = Engine::new(service, table.clone(), self.host(), settings)?;
        let function = finish(self.function(&engine, &queues, &deploy));
        let function = self.deployed(&name, function, deploy.timeout);
        let relay = Relay::new(
            name.clone(),
            self.channels.clone(),
            self.dead_letters_to(&queues.relay_dead_letters),
            self.host(),
        )
        .sweeping(table.clone(), SWEEP_REACH);
        let relay = self.deployed(&format!("{name}-relay"), relay, deploy.timeout);
        self.subscribe(&name, &consumed, &queues.events)?;
        if let Some(commands) = &queues.commands {
            self.channels.take_commands(&name, commands.clone());
            self.poll(commands, &function, &deploy.mapping);
        }
        self.poll(&queues.events, &function, &deploy.mapping);
        let relayed = self.poll_stream(&table, &relay)?;
        let Queues { events: queue, dead_letters, relay_dead_letters, .. } = queues;
        let deployment =
            Deployment { table, queue, dead_letters, relay_dead_letters, engine, function, relay, relayed };
        self.deployments().insert(name, deployment);
        Ok(())
    }

    fn function(&self, engine: &Engine, queues: &Queues, deploy: &Deploy) -> Function {
        let mut policy = deploy.policy.clone();
        policy.max_receives.get_or_insert(deploy.max_receives);
        let visibility = LocalVisibility(queues.commands.iter().chain([&queues.events]).cloned().collect());
        let batches = Batches::new(engine.clone(), self.dead_letters_to(&queues.dead_letters), policy)
            .delayed(visibility);
        Function::new(batches)
    }

    fn deployed<F>(&self, name: &str, function: F, timeout: Duration) -> Deployed<F> {
        Deployed { name: name.to_owned(), function, timeout, world: self.world.clone() }
    }

    fn dead_letters_to(&self, queue: &Queue) -> LocalDeadLetters {
        LocalDeadLetters { queue: queue.clone(), report: self.world.report }
    }

    /// Adds one rule or subscription for each kind of message, however many handlers want it.
    fn subscribe(&self, service: &str, consumed: &[Declared], queue: &Queue) -> Result<(), LocalError> {
        let mut seen = BTreeSet::new();
        for message in consumed.iter().filter(|message| seen.insert(message.name)) {
            let name = format!("{service}-{}", message.name);
            match message.channel {
                Channel::Bus => {
                    let pattern = json!({"source": [message.owner], "detail-type": [message.name]});
                    self.channels.bus.rule(&name, Pattern::new(&pattern)?, queue, Input::Whole);
                }
                Channel::Topic(topic) => {
                    let filter = Some(Pattern::new(&json!({"eventType": [message.name]}))?);
                    let subscription = Subscription { queue: queue.clone(), filter, raw: true };
                    self.channels.topic(topic).subscribe(&name, subscription)?;
                }
                Channel::Queue(_) => {}
            }
        }
        Ok(())
    }

    fn poll(&self, queue: &Queue, function: &Deployed<Function>, settings: &MappingSettings) {
        let deliveries = self.deliveries.clone();
        let poller = mapping::queue::run(queue.clone(), function.clone(), settings.clone(), deliveries);
        drop(self.world.executor.spawn_task(poller, true));
    }

    /// Maps a table's stream to its relay. The result counts the relay's invocations.
    fn poll_stream(
        &self,
        table: &Table,
        relay: &Deployed<Relay<Channels, LocalDeadLetters>>,
    ) -> Result<Arc<AtomicU64>, LocalError> {
        let relayed = Arc::new(AtomicU64::new(0));
        // Only new receipts that emitted something wake the relay (O-5).
        let filter = Pattern::new(&json!({
            "eventName": ["INSERT", "MODIFY"],
            "dynamodb": {"NewImage": {"emitted": {"S": [{"exists": true}]}}},
        }))?;
        let poller = mapping::stream::run(table.clone(), relay.clone(), filter, relayed.clone());
        drop(self.world.executor.spawn_task(poller, true));
        Ok(relayed)
    }
}

/// The queues of one service.
struct Queues {
    events: Queue,
    /// Where the service takes commands.
    commands: Option<Queue>,
    dead_letters: Queue,
    relay_dead_letters: Queue,
}

impl Queues {
    fn new(world: &World, service: &str, deploy: &Deploy, consumed: &[Declared]) -> Self {
        // Dead letters are not duplicated: their count is the report's.
        let dead_letters = |name: String| Queue::new(&name, QueueSettings::default(), world.without_faults());
        let (dead_letters, relay_dead_letters) =
            (dead_letters(format!("{service}-dlq")), dead_letters(format!("{service}-relay-dlq")));
        let settings = QueueSettings {
            visibility: deploy.timeout * 6,
            redrive: Some(Redrive { to: dead_letters.clone(), max_receives: deploy.max_receives }),
            fifo: false,
        };
        let commands = consumed
            .iter()
            .any(|message| matches!(message.channel, Channel::Queue(_)))
            .then(|| Queue::new(&format!("{service}-commands"), settings.clone(), world.clone()));
        let events = Queue::new(service, settings, world.clone());
        Self { events, commands, dead_letters, relay_dead_letters }
    }
}

/// Counts the records that had taken effect before.
struct Duplicates(Arc<AtomicU64>);

impl Observer for Duplicates {
    fn handled(&self, record: &Handled<'_>) {
        if record.outcome == HandledAs::Duplicate {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}
