//! The order platform: every service deployed on one embedded environment, as its templates deploy
//! it on AWS.

use std::{path::PathBuf, time::Duration};

use orders::Order;
use waxseal::{Entity, row::state, table::Item};
use waxseal_catalog::{App, Deployed};
use waxseal_local::{Faults, Local, LocalError, Queue};

use crate::{
    app::{Outside, SENDER, app},
    books::Books,
    gateway::Gateway,
    input::Stock,
    mailbox::Mailbox,
};

/// The platform. Clones are the same one.
#[derive(Debug, Clone)]
pub struct Platform {
    local: Local,
    gateway: Gateway,
    mailbox: Mailbox,
    published: Queue,
}

/// How it is set up.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Where all chance comes from.
    pub seed: u64,
    /// The injected faults.
    pub faults: Faults,
    /// The machine's clock instead of a virtual one.
    pub real_time: bool,
    /// Where mails are written; they are only counted where `None`.
    pub mails: Option<PathBuf>,
}

/// Why the platform was not set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// A service breaks a rule.
    #[error(transparent)]
    Deploy(#[from] LocalError),
    /// The folder for mails cannot be made.
    #[error("the folder for mails cannot be made: {0}")]
    Mails(#[from] std::io::Error),
    /// The sender is none.
    #[error(transparent)]
    Sender(#[from] notification::NotASender),
}

impl Platform {
    /// Deploys every service.
    ///
    /// # Errors
    /// Where a service breaks a rule of the catalog, or the folder for mails cannot be made.
    pub fn new(setup: Setup) -> Result<Self, SetupError> {
        let builder = Local::builder().seed(setup.seed).faults(setup.faults);
        // A run that ends shows its dead letters in its report.
        let builder = if setup.real_time { builder.real_time() } else { builder.quiet_dead_letters() };
        let local = builder.build();
        let (gateway, mailbox, app) = stand_ins(&local, setup.real_time, setup.mails)?;
        let published = local.watch(&["stock"])?;
        local.deploy(&app)?;
        Ok(Self::of(local, published, gateway, mailbox))
    }

    /// The platform that is deployed on `local` with these stand-ins.
    #[must_use]
    pub fn of(local: Local, published: Queue, gateway: Gateway, mailbox: Mailbox) -> Self {
        Self { local, gateway, mailbox, published }
    }

    /// The environment.
    #[must_use]
    pub fn local(&self) -> &Local {
        &self.local
    }

    /// Everything that has been published, on the bus and on topics.
    #[must_use]
    pub fn published(&self) -> &Queue {
        &self.published
    }

    /// Takes in stock, through `inventory`'s own command.
    ///
    /// # Errors
    /// The failure of the command, in words.
    pub fn receive(&self, stock: &Stock) -> Result<(), String> {
        let engine = self.local.engine("inventory").map_err(|error| error.to_string())?;
        let lines = stock.lines.clone();
        self.local.executor().block_on(async move {
            for line in &lines {
                inventory::receive(&engine, line).await.map_err(|failure| waxseal::error_chain(&failure))?;
            }
            Ok(())
        })
    }

    /// All orders, in the order of their ids.
    #[must_use]
    pub fn orders(&self) -> Vec<Order> {
        self.entities::<Order>("orders").into_iter().map(|(_, order)| order).collect()
    }

    /// All entities of one kind, with their ids.
    fn entities<T: Entity>(&self, service: &str) -> Vec<(String, T)> {
        let Ok(table) = self.local.table(service) else { return Vec::new() };
        table.items().iter().filter_map(entity).collect()
    }

    /// The books as they are now.
    #[must_use]
    pub fn books(&self) -> Books {
        let stock = self.entities::<inventory::Stock>("inventory");
        Books::of(&self.orders(), stock, &self.gateway, self.mailbox.count())
    }

    /// Every dead letter: which service's, and the message.
    #[must_use]
    pub fn dead_letters(&self) -> Vec<(String, waxseal_local::Message)> {
        let of = |service: String| {
            let queues = [self.local.dead_letters(&service), self.local.relay_dead_letters(&service)];
            let messages: Vec<_> = queues.into_iter().flatten().flat_map(|queue| queue.peek()).collect();
            messages.into_iter().map(move |message| (service.clone(), message))
        };
        self.local.services().into_iter().flat_map(of).collect()
    }
}

/// The entity of kind `T` that an item holds, with its id; `None` where it holds another.
#[must_use]
pub fn entity<T: Entity>(item: &Item) -> Option<(String, T)> {
    let (value, _) = state::value(item).ok()??;
    Some((state::id(&item.key)?, value))
}

/// Stand-ins on an environment, and the platform with them.
pub(crate) fn stand_ins(
    local: &Local,
    is_real_time: bool,
    mails: Option<PathBuf>,
) -> Result<(Gateway, Mailbox, App), SetupError> {
    let gateway = Gateway::new(local.clock().clone(), local.random().clone());
    let mailbox = Mailbox::new(mails)?;
    let outside = Outside { gateway: gateway.clone(), mailer: mailbox.clone(), sender: SENDER.parse()? };
    let app = app(outside);
    Ok((gateway, mailbox, if is_real_time { in_real_time(app) } else { app }))
}

/// The platform with shorter time-outs and leases: in real time a person waits for each retry.
fn in_real_time(mut app: App) -> App {
    let quicker = |service: Deployed| service.timeout(5).lease(Duration::from_secs(10));
    app.services = app.services.into_iter().map(quicker).collect();
    app.relay.timeout = 5;
    app
}
