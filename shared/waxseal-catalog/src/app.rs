//! What is deployed: the input of everything else. Whatever the catalog knows is not asked for again.

use std::collections::{BTreeMap, BTreeSet};

use waxseal::{Channel, Declared, Service, catalog::Entry};

/// An application: its services and what they share.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct App {
    /// The first part of every name: `shop` makes `shop-<stage>-orders`.
    pub name: String,
    /// The command that writes the templates, for their first line.
    pub command: String,
    /// Its services.
    pub services: Vec<Deployed>,
    /// The relay that publishes what a service's receipts emitted: one binary, one function for each service that emits.
    pub relay: Program,
    /// How long things are kept.
    pub retention: Retention,
    /// The binaries that exist, where the caller knows them: a function of any other is a finding.
    pub binaries: Option<BTreeSet<String>>,
}

/// How long things are kept, in days.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Retention {
    /// A message in a queue, 1 to 13.
    pub queue: u32,
    /// A message in a dead-letter queue: SQS's longest.
    pub dead_letters: u32,
    /// An event in the bus's archive: how far back a replay can reach.
    pub archive: u32,
    /// How far back a relay's sweep may begin. Every consumer keeps its receipts for that much longer.
    pub sweep: u32,
    /// Log lines.
    pub logs: u32,
}

/// A function's program.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Program {
    /// The Cargo binary.
    pub binary: String,
    /// Its package, from the folder of the templates: what `aws cloudformation package` uploads.
    pub code: String,
    /// Memory in MB; Lambda gives CPU in proportion.
    pub memory: u32,
    /// Longest run in seconds.
    pub timeout: u32,
}

/// A service and how it runs.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Deployed {
    /// Its name.
    pub name: String,
    /// What it handles and emits.
    pub catalog: Vec<Entry>,
    /// Its function.
    pub program: Program,
    /// Whether its function answers HTTP, behind a function URL.
    pub http: bool,
    /// The largest batch from a queue.
    pub batch: u32,
    /// Seconds to wait for a batch to fill.
    pub window: u32,
    /// Invocations at once from one queue: 2 to 1000.
    pub invocations: u32,
    /// Handlers at once in one invocation.
    pub handlers: u32,
    /// Receives before a message is dead-lettered: 5 to 1000.
    pub max_receives: u32,
    /// Variables with fixed values.
    pub environment: BTreeMap<String, String>,
    /// Variables whose values each stage brings.
    pub outside: Vec<Outside>,
}

/// A variable whose value each stage brings: a parameter of the stack.
#[derive(Debug, Clone)]
pub struct Outside {
    /// The environment variable, `PAYMENT_GATEWAY_URL`; the parameter is `PaymentGatewayUrl`.
    pub variable: String,
    /// What it is, for whoever deploys.
    pub about: String,
    /// Whether it is kept out of consoles and logs of the deployment.
    pub secret: bool,
}

impl App {
    /// An application without services. Its relay is the binary `relay`.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            command: "make infra".to_owned(),
            services: Vec::new(),
            relay: Program::new("relay"),
            retention: Retention { queue: 4, dead_letters: 14, archive: 14, sweep: 7, logs: 30 },
            binaries: None,
        }
    }

    /// Adds a service.
    #[must_use]
    pub fn service(mut self, service: Deployed) -> Self {
        self.services.push(service);
        self
    }

    /// `shop-${Stage}-orders-dlq`, for `Fn::Sub`.
    #[must_use]
    pub fn named(&self, rest: &str) -> String {
        format!("{}-${{Stage}}-{rest}", self.name)
    }

    /// Every topic that somebody publishes to or reads.
    #[must_use]
    pub fn topics(&self) -> BTreeSet<&'static str> {
        let messages = self.services.iter().flat_map(Deployed::messages);
        messages.filter_map(|declared| topic(&declared)).collect()
    }

    /// The receipts' horizon of a service in days: the longest time between two arrivals of one event. An event is
    /// delivered late, waits in the queue, waits in the dead-letter queue; before all that it is swept, and what is swept to the bus is
    /// archived once more and may then be replayed.
    #[must_use]
    pub fn horizon(&self, service: &Deployed) -> u32 {
        let paths = service.catalog.iter().map(|entry| self.arrivals(entry.consumes.channel));
        paths.max().unwrap_or(self.retention.queue + self.retention.dead_letters)
    }

    /// The same of one channel.
    #[must_use]
    pub fn arrivals(&self, channel: Channel) -> u32 {
        let waits = self.retention.queue + self.retention.dead_letters;
        let before = match channel {
            Channel::Bus => RULE_RETRY_DAYS + self.retention.archive,
            Channel::Topic(_) => TOPIC_RETRY_DAYS,
            Channel::Queue(_) => 0,
        };
        waits + before + self.retention.sweep
    }
}

/// How long EventBridge tries to deliver, at the most that it can be told. Source: EventBridge user guide, retry policy.
pub const RULE_RETRY_DAYS: u32 = 1;
/// How long SNS tries to deliver to SQS: 100,015 times over 23 days. Source: SNS developer guide, message delivery retries.
pub const TOPIC_RETRY_DAYS: u32 = 23;

impl Program {
    /// The binary of that name, packaged where `cargo lambda build --output-format zip` leaves it, from `infra/stacks`: 256 MB,
    /// 30 s.
    #[must_use]
    pub fn new(binary: impl Into<String>) -> Self {
        let binary = binary.into();
        let code = format!("../../target/lambda/{binary}/bootstrap.zip");
        Self { binary, code, memory: 256, timeout: 30 }
    }
}

impl Deployed {
    /// A service, deployed as the embedded environment deploys it: the binary of its name, ten records to a batch, no window, five
    /// invocations of ten handlers at once, five receives.
    #[must_use]
    pub fn new(service: &Service) -> Self {
        Self {
            name: service.name().to_owned(),
            catalog: service.catalog().to_vec(),
            program: Program::new(service.name()),
            http: false,
            batch: 10,
            window: 0,
            invocations: 5,
            handlers: 10,
            max_receives: 5,
            environment: BTreeMap::new(),
            outside: Vec::new(),
        }
    }

    /// Its function answers HTTP too.
    #[must_use]
    pub fn http(mut self) -> Self {
        self.http = true;
        self
    }

    /// One more variable that each stage brings.
    #[must_use]
    pub fn outside(mut self, variable: &str, about: &str, secret: bool) -> Self {
        self.outside.push(Outside { variable: variable.to_owned(), about: about.to_owned(), secret });
        self
    }

    /// What it consumes, each once, in the order of registration.
    #[must_use]
    pub fn consumes(&self) -> Vec<Declared> {
        distinct(self.catalog.iter().map(|entry| entry.consumes))
    }

    /// What it emits and sends, each once.
    #[must_use]
    pub fn emits(&self) -> Vec<Declared> {
        distinct(self.catalog.iter().flat_map(|entry| entry.emits.iter().copied()))
    }

    /// What it consumes and emits.
    pub fn messages(&self) -> impl Iterator<Item = Declared> {
        self.consumes().into_iter().chain(self.emits())
    }

    /// Its queues: `events` and `commands`, as far as it takes any.
    #[must_use]
    pub fn queues(&self) -> Vec<&'static str> {
        let consumes = self.consumes();
        let is_command = |declared: &Declared| matches!(declared.channel, Channel::Queue(_));
        let mut queues = Vec::new();
        if consumes.iter().any(|declared| !is_command(declared)) {
            queues.push("events");
        }
        if consumes.iter().any(is_command) {
            queues.push("commands");
        }
        queues
    }

    /// The types that it reads from each topic.
    #[must_use]
    pub fn subscriptions(&self) -> BTreeMap<&'static str, Vec<&'static str>> {
        let mut topics: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for declared in self.consumes() {
            if let Some(topic) = topic(&declared) {
                topics.entry(topic).or_default().push(declared.name);
            }
        }
        topics
    }

    /// The events that it reads from the bus.
    #[must_use]
    pub fn bus_events(&self) -> Vec<Declared> {
        self.consumes().into_iter().filter(|declared| declared.channel == Channel::Bus).collect()
    }
}

/// The topic that a message travels on.
#[must_use]
pub fn topic(declared: &Declared) -> Option<&'static str> {
    match declared.channel {
        Channel::Topic(topic) => Some(topic),
        Channel::Bus | Channel::Queue(_) => None,
    }
}

fn distinct(all: impl Iterator<Item = Declared>) -> Vec<Declared> {
    let mut seen = BTreeSet::new();
    all.filter(|declared| seen.insert(declared.name)).collect()
}
