//! The order platform: every service deployed on one embedded environment, as its templates deploy
//! it on AWS.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use fulfilment::Deadlines;
use inventory::{Reservation, ReservationStatus};
use order_events::Style;
use orders::{Order, Status};
use shipping::Shipment;
use waxseal::{
    Entity,
    handler::{AnyInstance, any_instance},
    row::state,
    table::Item,
};
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
    /// Who says what happens next with an order.
    pub style: Style,
    /// The time of each step of `fulfilment`.
    pub deadlines: Deadlines,
}

impl Default for Setup {
    /// Choreography on a good day, on a virtual clock.
    fn default() -> Self {
        Self {
            seed: 0,
            faults: Faults::none(),
            real_time: false,
            mails: None,
            style: Style::default(),
            deadlines: Deadlines::default(),
        }
    }
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
        let mailbox = Mailbox::new(setup.mails)?;
        let (gateway, app) =
            stand_ins(&local, setup.real_time, mailbox.clone(), setup.style, setup.deadlines)?;
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
        let books = Books::of(&self.orders(), stock, &self.gateway, self.mailbox.count());
        let shipments: Vec<Shipment> =
            self.entities("shipping").into_iter().map(|(_, parcel)| parcel).collect();
        books.with_parcels(&shipments)
    }

    /// Whatever is left of an order that did not end well, and every order that has not ended; empty
    /// where nothing leaks.
    #[must_use]
    pub fn leaks(&self) -> Vec<String> {
        let reservations: BTreeMap<String, Reservation> = self.entities("inventory").into_iter().collect();
        let mut leaks = Vec::new();
        for order in self.orders() {
            let (id, status) = (&order.order_id, order.status);
            if matches!(status, Status::Placed | Status::Reserved) {
                leaks.push(format!("order {id} has not ended"));
            }
            let is_reserved =
                reservations.get(id).is_some_and(|its| its.status == ReservationStatus::Reserved);
            if is_reserved != (status == Status::Confirmed) {
                leaks.push(format!("order {id} is {status:?}, and reserved: {is_reserved}"));
            }
            let (paid, due) =
                (self.gateway.paid(id), if status == Status::Confirmed { order.total } else { 0 });
            if paid != due {
                leaks.push(format!("order {id} is {status:?}, and has paid {paid} of {due}"));
            }
        }
        let open = self.instances().into_iter().filter(|(_, instance)| !instance.is_over());
        leaks.extend(open.map(|(id, instance)| format!("the process of order {id} is {:?}", instance.phase)));
        leaks
    }

    /// Every instance of the process with its order; none in choreography.
    #[must_use]
    pub fn instances(&self) -> Vec<(String, AnyInstance)> {
        let Ok(table) = self.local.table("fulfilment") else { return Vec::new() };
        let of = |item: &Item| Some((state::id(&item.key)?, any_instance(item)?));
        table.items().iter().filter_map(of).collect()
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
    mailbox: Mailbox,
    style: Style,
    deadlines: Deadlines,
) -> Result<(Gateway, App), SetupError> {
    let gateway = Gateway::new(local.clock().clone(), local.random().clone());
    let outside = Outside { gateway: gateway.clone(), mailer: mailbox, sender: SENDER.parse()? };
    let app = app(style, deadlines, outside);
    Ok((gateway, if is_real_time { in_real_time(app) } else { app }))
}

/// The platform with shorter time-outs and leases: in real time a person waits for each retry.
fn in_real_time(mut app: App) -> App {
    let quicker = |service: Deployed| service.timeout(5).lease(Duration::from_secs(10));
    app.services = app.services.into_iter().map(quicker).collect();
    app.relay.timeout = 5;
    app
}
