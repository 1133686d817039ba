//! Deployment: services wired by the routes of their declaration.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use waxseal::{Engine, batch::Batches};
use waxseal_catalog::{
    self as catalog, App, FIFO_DEAD_LETTERS_SUFFIX,
    routes::{self, Mapping, QueueKind, RELAY_FILTER, Routes},
};
use waxseal_lambda::{Function, Relay};
use waxseal_pattern::Pattern;

use crate::{
    bus::Input,
    error::LocalError,
    function::Deployed,
    handlings::Handlings,
    hold::Hold,
    local::{Deployment, Fifo, Local, Retained},
    mapping,
    outbound::{Channels, LocalDeadLetters, LocalVisibility},
    queue::{Queue, QueueSettings, Redrive},
    table::Table,
    topic::Subscription,
    world::World,
};

impl Local {
    /// Deploys a whole application as its templates do on AWS: each service with its table, its
    /// queues with a dead-letter queue, its function, its HTTP interface, and its relay with a
    /// dead-letter queue. Rules, subscriptions, filters, time-outs, batches and receives are [those
    /// of the application](routes).
    ///
    /// The findings of [`App::check`] are lines on standard error. They do not stop the deployment.
    ///
    /// # Errors
    /// Where a service breaks a rule, its handlers are not known here, or its name is taken. The
    /// services before it stay deployed.
    pub fn deploy(&self, app: &App) -> Result<(), LocalError> {
        for finding in app.check() {
            self.world.report.finding(&finding);
        }
        app.services.iter().try_for_each(|service| self.deploy_in(app, service))
    }

    /// Deploys one service alone, with the defaults or with its own numbers: for tests.
    ///
    /// # Errors
    /// As [`Local::deploy`].
    pub fn deploy_service(&self, service: impl Into<catalog::Deployed>) -> Result<(), LocalError> {
        let app = App::new("local").service(service);
        app.services.iter().try_for_each(|service| self.deploy_in(&app, service))
    }

    fn deploy_in(&self, app: &App, declared: &catalog::Deployed) -> Result<(), LocalError> {
        let name = declared.name();
        if self.deployments().contains_key(name) {
            return Err(LocalError::AlreadyDeployed(name.to_owned()));
        }
        let service = declared.service().cloned().ok_or_else(|| LocalError::NoHandlers(name.to_owned()))?;
        let routes = app.routes(declared);
        // What outlived a service of that name is taken back, as a stack takes back what was retained.
        let (mut queues, retained) =
            (Queues::new(&self.world, app, declared), self.retained.lock().remove(name));
        let table = match retained {
            Some(Retained { table, dead_letters, relay_dead_letters }) => {
                (queues.dead_letters, queues.relay_dead_letters) = (dead_letters, relay_dead_letters);
                table
            }
            None => self.create_table(name),
        };
        let mut settings = declared.settings(routes.horizon);
        let (world, duplicates) = (self.world.clone(), self.duplicates.clone());
        let handlings = Handlings { world, table: table.clone(), duplicates };
        settings.observers = settings.observers.and(Arc::new(handlings));
        let engine = Engine::new(service, table.clone(), self.host(), settings)?;
        let function = self.function(&engine, &queues, declared);
        let function = self.deployed(name, function, routes.timeout);
        let relay = Relay::new(
            name,
            self.channels.clone(),
            self.dead_letters_to(&queues.relay_dead_letters),
            self.host(),
        )
        .sweeping(table.clone(), Duration::from_hours(u64::from(routes.sweep) * 24));
        let relay = match routes.has_timers {
            true => relay.ticking(name, table.clone()),
            false => relay,
        };
        let relay = self.deployed(&format!("{name}-relay"), relay, routes.relay_timeout);
        self.subscribe(name, &routes, &queues.events)?;
        let invocations = Arc::new(AtomicU64::new(0));
        let hold = Hold::default();
        let shared = || mapping::queue::Shared {
            hold: hold.clone(),
            deliveries: self.deliveries.clone(),
            invocations: invocations.clone(),
        };
        if let Some(commands) = &queues.commands {
            self.channels.add_commands(name, commands.clone());
            self.poll(commands, &function, routes.mapping, shared());
        }
        self.poll(&queues.events, &function, routes.mapping, shared());
        for route in &routes.fifo {
            if let Some(fifo) = queues.fifo.get(&route.name) {
                self.poll(&fifo.queue, &function, route.mapping, shared());
            }
        }
        self.connect(&routes, &function, &queues.events, &invocations, &hold);
        let relay_invocations = self.poll_stream(name, &table, &relay)?;
        self.keep(name, &table)?;
        if routes.has_timers {
            let ticks = mapping::tick::run(table.wakes(), relay.clone(), relay_invocations.clone());
            self.pollers.start(name, ticks);
        }
        let Queues { events: queue, dead_letters, relay_dead_letters, fifo, .. } = queues;
        let deployment = Deployment {
            table,
            routes,
            hold,
            queue,
            dead_letters,
            relay_dead_letters,
            fifo,
            engine,
            function,
            invocations,
            relay,
            relay_invocations,
        };
        self.deployments().insert(name.to_owned(), deployment);
        Ok(())
    }

    fn function(&self, engine: &Engine, queues: &Queues, declared: &catalog::Deployed) -> Function {
        let fifo = || queues.fifo.values();
        let polled = queues.commands.iter().chain([&queues.events]).chain(fifo().map(|fifo| &fifo.queue));
        let visibility = LocalVisibility(polled.cloned().collect());
        let fifo = fifo().map(|fifo| fifo.dead_letters.clone()).collect();
        let dead_letters = LocalDeadLetters { fifo, ..self.dead_letters_to(&queues.dead_letters) };
        let batches = Batches::new(engine.clone(), dead_letters, declared.policy()).delayed(visibility);
        let function = Function::new(batches);
        match declared.router(engine.clone()) {
            Some(router) => function.http(router),
            None => function,
        }
    }

    pub(crate) fn deployed<F>(&self, name: &str, function: F, timeout: u32) -> Deployed<F> {
        let timeout = Duration::from_secs(timeout.into());
        Deployed { name: name.to_owned(), function, timeout, world: self.world.clone() }
    }

    fn dead_letters_to(&self, queue: &Queue) -> LocalDeadLetters {
        LocalDeadLetters { queue: queue.clone(), fifo: Vec::new(), world: self.world.clone() }
    }

    fn subscribe(&self, service: &str, routes: &Routes, queue: &Queue) -> Result<(), LocalError> {
        for rule in &routes.rules {
            let bus = self.channels.bus_of(rule.bus);
            bus.rule(&rule_name(service, rule), Pattern::new(&rule.pattern)?, queue, Input::Whole);
        }
        for routes::Subscription { topic, filter, .. } in &routes.subscriptions {
            let filter = Some(Pattern::new(filter)?);
            let subscription = Subscription { queue: queue.clone(), filter, raw: true };
            self.channels.topic(topic).subscribe(service, subscription)?;
        }
        Ok(())
    }

    fn poll(
        &self,
        queue: &Queue,
        function: &Deployed<Function>,
        mapping: Mapping,
        shared: mapping::queue::Shared,
    ) {
        let poller = mapping::queue::run(queue.clone(), function.clone(), mapping, shared);
        self.pollers.start(&function.name, poller);
    }

    /// Maps a table's stream to its relay. The result counts the relay's invocations.
    fn poll_stream(
        &self,
        service: &str,
        table: &Table,
        relay: &Deployed<Relay<Channels, LocalDeadLetters>>,
    ) -> Result<Arc<AtomicU64>, LocalError> {
        let relay_invocations = Arc::new(AtomicU64::new(0));
        let filter = Pattern::new(&serde_json::from_str(RELAY_FILTER)?)?;
        let poller = mapping::stream::run(table.stream(filter), relay.clone(), relay_invocations.clone());
        self.pollers.start(service, poller);
        Ok(relay_invocations)
    }
}

/// The name of a service's rule.
pub(crate) fn rule_name(service: &str, rule: &routes::Rule) -> String {
    match rule.event.is_foreign() {
        // Two owners may have one name for their events.
        true => format!("{service}-{}-{}", rule.event.owner, rule.event.name),
        false => format!("{service}-{}", rule.event.name),
    }
}

/// The queues of one service.
struct Queues {
    events: Queue,
    /// Where the service takes commands.
    commands: Option<Queue>,
    dead_letters: Queue,
    relay_dead_letters: Queue,
    fifo: BTreeMap<String, Fifo>,
}

impl Queues {
    /// The queues of a service. It has one for events even where it takes none: tests send to it.
    fn new(world: &World, app: &App, declared: &catalog::Deployed) -> Self {
        let service = declared.name();
        // Dead letters are not duplicated: their count is the report's.
        let dead_letters = |name: String| Queue::new(&name, QueueSettings::default(), world.without_faults());
        let (dead_letters, relay_dead_letters) =
            (dead_letters(format!("{service}-dlq")), dead_letters(format!("{service}-relay-dlq")));
        let settings = |visibility: u32, to: &Queue, max_receives: u32, fifo: bool| QueueSettings {
            visibility: Duration::from_secs(visibility.into()),
            redrive: Some(Redrive { to: to.clone(), max_receives }),
            fifo,
            ..QueueSettings::default()
        };
        let queue = |name: &str, route: &routes::Queue| {
            let settings = settings(route.visibility, &dead_letters, route.max_receives, false);
            Queue::new(name, settings, world.clone())
        };
        let fifo = |route: &routes::Fifo| {
            let of_fifo = QueueSettings { fifo: true, ..QueueSettings::default() };
            let name = format!("{service}-{}{FIFO_DEAD_LETTERS_SUFFIX}.fifo", route.name);
            let dead_letters = Queue::new(&name, of_fifo, world.without_faults());
            let settings = QueueSettings {
                content_based_deduplication: route.content_based_deduplication,
                ..settings(route.visibility, &dead_letters, route.max_receives, true)
            };
            let queue = Queue::new(&format!("{service}-{}.fifo", route.name), settings, world.clone());
            (route.name.clone(), Fifo { queue, dead_letters })
        };
        let routes = app.routes(declared);
        let fifo = routes.fifo.iter().map(fifo).collect();
        let commands = routes.queue(QueueKind::Commands);
        let commands = commands.map(|route| queue(&format!("{service}-commands"), route));
        let events = queue(service, &routes::Queue::new(app, declared, QueueKind::Events));
        Self { events, commands, dead_letters, relay_dead_letters, fifo }
    }
}
