//! Services come and go: held, resumed, and undeployed.

use waxseal_catalog::SourceKind;

use crate::{
    deploy::rule_name,
    error::LocalError,
    local::{Local, Retained},
    queue::Queue,
};

impl Local {
    /// Holds a service: its mappings take no message from now on, as disabled event source mappings do.
    /// What comes for it waits in its queues, and an invocation that runs ends by itself. Its relay goes
    /// on.
    ///
    /// ```
    /// # use serde::{Deserialize, Serialize};
    /// # use waxseal::{Envelope, Fault, Handler, Service, Unit};
    /// # use waxseal_local::Local;
    /// # #[derive(Serialize, Deserialize)] struct Placed {}
    /// # waxseal::event!(Placed { name: "order.placed", version: 1, owner: "orders" });
    /// # struct Count;
    /// # impl Handler for Count {
    /// #     const NAME: &str = "count";
    /// #     type Event = Placed;
    /// #     type Emits = ();
    /// #     async fn handle(&self, _: &Envelope<Placed>, _: &mut Unit<'_, ()>) -> Result<(), Fault> { Ok(()) }
    /// # }
    /// let local = Local::builder().build();
    /// local.deploy_service(Service::new("counting").handler(Count))?;
    /// local.hold("counting")?;
    /// local.put(&Envelope::starting("e1", "orders", local.now(), Placed {}).into_raw()?)?;
    /// local.run_until_idle();
    /// assert_eq!(local.queue("counting")?.len(), 1);
    /// local.resume("counting")?;
    /// local.run_until_idle();
    /// assert_eq!(local.queue("counting")?.len(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Where no such service is deployed.
    pub fn hold(&self, service: &str) -> Result<(), LocalError> {
        self.with(service, |deployment| deployment.hold.set(true))
    }

    /// Ends a [hold](Local::hold): the mappings take what waits, and what comes.
    ///
    /// # Errors
    /// Where no such service is deployed.
    pub fn resume(&self, service: &str) -> Result<(), LocalError> {
        self.with(service, |deployment| deployment.hold.set(false))
    }

    /// Removes the rules and subscriptions of a service: nothing new comes for it. It is the first step
    /// of retiring a service; what waits in its queues is handled before it is undeployed.
    ///
    /// # Errors
    /// Where no such service is deployed.
    pub fn disable_rules(&self, service: &str) -> Result<(), LocalError> {
        let (routes, queue) =
            self.with(service, |deployment| (deployment.routes.clone(), deployment.queue.clone()))?;
        for rule in &routes.rules {
            self.channels.bus_of(rule.bus).remove(&rule_name(service, rule));
        }
        for subscription in &routes.subscriptions {
            self.channels.topic(subscription.topic).unsubscribe(service);
        }
        for source in routes.sources.iter().filter(|source| source.kind == SourceKind::Bucket) {
            self.bucket(&source.name).forget(&queue);
        }
        Ok(())
    }

    /// Undeploys a service, as the deletion of its stack does: rules, subscriptions, mappings and queues
    /// go, with the messages that wait. The result is their number. Table and dead letters stay: a
    /// service that is deployed under this name again takes them back.
    ///
    /// # Errors
    /// Where no such service is deployed.
    pub fn undeploy(&self, service: &str) -> Result<usize, LocalError> {
        self.disable_rules(service)?;
        let gone = self.deployments().remove(service);
        let gone = gone.ok_or_else(|| LocalError::NoService(service.to_owned()))?;
        let commands = self.channels.remove_commands(service);
        self.pollers.stop(service);
        let waiting = std::iter::once(&gone.queue)
            .chain(&commands)
            .chain(gone.fifo.values().map(|fifo| &fifo.queue))
            .map(Queue::len)
            .sum();
        let retained = Retained {
            table: gone.table,
            dead_letters: gone.dead_letters,
            relay_dead_letters: gone.relay_dead_letters,
        };
        self.retained.lock().insert(service.to_owned(), retained);
        Ok(waiting)
    }
}
