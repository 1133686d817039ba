//! The application: its services and everything that they share.

use std::collections::BTreeSet;

use waxseal::{Channel, Declared, PublishingProgram};

use crate::{
    deployed::Deployed,
    infrastructure::{entrance::Entrance, parts::Hook},
    program::Program,
    publisher::Publisher,
};

/// An application: its services and everything that they share. The crate's front page has an
/// example.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct App {
    /// The first part of every name: `shop` makes `shop-<stage>-orders`.
    pub name: String,
    /// The command that writes the templates, for their first line.
    pub command: String,
    /// The folder of the written templates, from the workspace's root; `infra/stacks` unless set.
    pub templates: String,
    /// Its services.
    pub services: Vec<Deployed>,
    /// The programs that publish and are no functions.
    pub publishers: Vec<Publisher>,
    /// The relay, which publishes the emissions of a service's receipts. One binary, one function
    /// for each service that emits.
    pub relay: Program,
    /// How long things are kept.
    pub retention: Retention,
    /// The binaries that exist, where the caller knows them: a function of any other is a finding
    /// of the templates.
    pub binaries: Option<BTreeSet<String>>,
    /// The HTTP API in front of the services with routes, where there is one.
    pub entrance: Option<Entrance>,
    /// Changes of the finished template of the bus's stack, in order.
    pub bus_hooks: Vec<Hook>,
    /// The stages that are thrown away: names, or beginnings of names that end in `*`.
    pub(crate) thrown_away: BTreeSet<String>,
    /// The events that another system emits.
    pub(crate) emitted_elsewhere: BTreeSet<String>,
    /// The messages that another system handles.
    pub(crate) handled_elsewhere: BTreeSet<String>,
    /// The inputs of processes that something besides the process causes.
    pub(crate) caused_elsewhere: BTreeSet<String>,
}

/// How long things are kept, in days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retention {
    /// A message in a queue, 1 to 13. 4 unless set.
    pub queue: u32,
    /// A message in a dead-letter queue. 14 unless set, which is SQS's longest.
    pub dead_letters: u32,
    /// An event in the bus's archive: how far back a replay can reach. 14 unless set.
    pub archive: u32,
    /// How far back a relay's sweep may begin. Every consumer keeps its receipts for that much
    /// longer. 7 unless set.
    pub sweep: u32,
    /// Log lines. 30 unless set.
    pub logs: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self { queue: 4, dead_letters: 14, archive: 14, sweep: 7, logs: 30 }
    }
}

impl App {
    /// An application without services. Its relay is the binary `relay`.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            command: "make infra".to_owned(),
            templates: "infra/stacks".to_owned(),
            services: Vec::new(),
            publishers: Vec::new(),
            relay: Program::new("relay"),
            retention: Retention::default(),
            binaries: None,
            entrance: None,
            bus_hooks: Vec::new(),
            thrown_away: BTreeSet::new(),
            emitted_elsewhere: BTreeSet::new(),
            handled_elsewhere: BTreeSet::new(),
            caused_elsewhere: BTreeSet::new(),
        }
    }

    /// Adds a service.
    #[must_use]
    pub fn service(mut self, service: impl Into<Deployed>) -> Self {
        self.services.push(service.into());
        self
    }

    /// Adds a program that publishes and is no function: a service on ECS, a script.
    ///
    /// ```
    /// # use serde::{Deserialize, Serialize};
    /// use waxseal::PublishingProgram;
    /// use waxseal_catalog::App;
    /// # #[derive(Serialize, Deserialize)] struct InvoicePaid {}
    /// # waxseal::event!(InvoicePaid { name: "invoice.paid", version: 1, owner: "billing-import" });
    /// struct BillingImport;
    /// impl PublishingProgram for BillingImport {
    ///     const NAME: &str = "billing-import";
    ///     type Emits = (InvoicePaid,);
    /// }
    /// let app = App::new("shop").publisher::<BillingImport>().handled_elsewhere("invoice.paid");
    /// assert_eq!(app.check(), []);
    /// assert_eq!(app.publishes(&app.publishers[0]).events, ["invoice.paid"]);
    /// ```
    #[must_use]
    pub fn publisher<P: PublishingProgram>(mut self) -> Self {
        self.publishers.push(Publisher::of::<P>());
        self
    }

    /// Says that another system emits this event. A [foreign event](waxseal::foreign!) says so by itself. [`App::check`] then expects no service of this
    /// application to emit it, nor to own it.
    #[must_use]
    pub fn emitted_elsewhere(mut self, name: impl Into<String>) -> Self {
        self.emitted_elsewhere.insert(name.into());
        self
    }

    /// Says that another system handles this message. [`App::check`] then expects no handler for it
    /// in this application.
    #[must_use]
    pub fn handled_elsewhere(mut self, name: impl Into<String>) -> Self {
        self.handled_elsewhere.insert(name.into());
        self
    }

    /// Says that an input of a process comes of something that the process has not sent, such as the
    /// withdrawal of an order by a customer. [`App::check`] then does not ask what causes it.
    #[must_use]
    pub fn caused_elsewhere(mut self, name: impl Into<String>) -> Self {
        self.caused_elsewhere.insert(name.into());
        self
    }

    /// Puts one HTTP API in front of the services with routes. [`Entrance`] has an example.
    #[must_use]
    pub fn entrance(mut self, entrance: Entrance) -> Self {
        self.entrance = Some(entrance);
        self
    }

    /// One more change of the finished template of the bus's stack. The checks run after it.
    /// [`Deployed::template`] is the same for a service.
    #[must_use]
    pub fn bus_template(mut self, change: Hook) -> Self {
        self.bus_hooks.push(change);
        self
    }

    /// Says in which folder the templates are written, from the workspace's root. It lies two folders
    /// deep, since the packages' paths count from it. An application that is declared in two forms has a
    /// folder for each.
    ///
    /// ```
    /// use waxseal_catalog::App;
    /// assert_eq!(App::new("shop").templates, "infra/stacks");
    /// assert_eq!(App::new("shop").templates_in("infra/europe").templates, "infra/europe");
    /// ```
    #[must_use]
    pub fn templates_in(mut self, folder: impl Into<String>) -> Self {
        self.templates = folder.into();
        self
    }

    /// Says that a stage is thrown away: nothing of it outlives its stacks, neither tables nor dead
    /// letters nor the bus. A name that ends in `*` is for every stage that begins so.
    ///
    /// ```
    /// use waxseal_catalog::App;
    /// let app = App::new("shop").throws_away("test").throws_away("pr-*");
    /// assert!(app.is_thrown_away("test") && app.is_thrown_away("pr-17"));
    /// assert!(!app.is_thrown_away("prod") && !app.is_thrown_away("test-2"));
    /// ```
    #[must_use]
    pub fn throws_away(mut self, stage: impl Into<String>) -> Self {
        self.thrown_away.insert(stage.into());
        self
    }

    /// Whether a stage is thrown away.
    #[must_use]
    pub fn is_thrown_away(&self, stage: &str) -> bool {
        self.thrown_away.iter().any(|name| match name.strip_suffix('*') {
            Some(start) => stage.starts_with(start),
            None => stage == name,
        })
    }

    /// The service of that name.
    #[must_use]
    pub fn find(&self, service: &str) -> Option<&Deployed> {
        self.services.iter().find(|deployed| deployed.name() == service)
    }

    /// The service of that name, to change how it runs.
    #[must_use]
    pub fn find_mut(&mut self, service: &str) -> Option<&mut Deployed> {
        self.services.iter_mut().find(|deployed| deployed.name() == service)
    }

    /// Every topic that a service or a program publishes to, or a service reads.
    #[must_use]
    pub fn topics(&self) -> BTreeSet<&'static str> {
        let published = self.publishers.iter().flat_map(|publisher| publisher.emits.iter().copied());
        let messages = self.services.iter().flat_map(Deployed::messages).chain(published);
        messages.filter_map(|declared| topic(&declared)).collect()
    }
}

/// The topic that a message travels on.
pub(crate) fn topic(declared: &Declared) -> Option<&'static str> {
    match declared.channel {
        Channel::Topic(topic) => Some(topic),
        Channel::Bus | Channel::Queue(_) | Channel::Foreign(_) => None,
    }
}
