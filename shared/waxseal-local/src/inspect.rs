//! Inspection: the parts of an environment, and their state.

use std::sync::{Arc, atomic::Ordering};

use waxseal::{Engine, Entity, Host, Timestamp};

use crate::{
    bus::Bus,
    clock::Clock,
    error::LocalError,
    executor::Executor,
    local::{Fifo, Local},
    queue::Queue,
    random::Random,
    table::Table,
    topic::Topic,
};

impl Local {
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

    /// Its source of randomness.
    #[must_use]
    pub fn random(&self) -> &Arc<Random> {
        &self.world.random
    }

    /// Its scheduler.
    #[must_use]
    pub fn executor(&self) -> &Executor {
        &self.world.executor
    }

    /// Whether its seed alone gives this run again. `false` on a real clock, and once a function has
    /// waited for something outside of the environment.
    #[must_use]
    pub fn is_repeatable(&self) -> bool {
        !self.world.executor.was_met()
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

    /// The topic of that name. It is made at its first use.
    #[must_use]
    pub fn topic(&self, name: &str) -> Topic {
        self.channels.topic(name)
    }

    /// A service's table.
    ///
    /// # Errors
    /// Where no such service is deployed.
    pub fn table(&self, service: &str) -> Result<Table, LocalError> {
        self.with(service, |deployment| deployment.table.clone())
    }

    /// A service's queue of commands. Relays and [`Local::send`] send to it.
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

    /// The FIFO queue of this name that others fill: `FifoQueue::new("bookings")`.
    ///
    /// # Errors
    /// Where the service has none of that name.
    pub fn fifo(&self, service: &str, name: &str) -> Result<Queue, LocalError> {
        self.fifo_of(service, name).map(|fifo| fifo.queue)
    }

    /// The dead-letter queue of a FIFO queue. [`Queue::move_to`] is a redrive.
    ///
    /// # Errors
    /// Where the service has no FIFO queue of that name.
    pub fn fifo_dead_letters(&self, service: &str, name: &str) -> Result<Queue, LocalError> {
        self.fifo_of(service, name).map(|fifo| fifo.dead_letters)
    }

    fn fifo_of(&self, service: &str, name: &str) -> Result<Fifo, LocalError> {
        let fifo = self.with(service, |deployment| deployment.fifo.get(name).cloned())?;
        fifo.ok_or_else(|| LocalError::NoFifo { service: service.to_owned(), queue: name.to_owned() })
    }

    /// A service's dead-letter queue.
    ///
    /// # Errors
    /// Where no such service is deployed.
    pub fn dead_letters(&self, service: &str) -> Result<Queue, LocalError> {
        self.with(service, |deployment| deployment.dead_letters.clone())
    }

    /// The dead-letter queue of a service's relay, for envelopes that could not be published. The
    /// body of a dead letter is the envelope. The way back is [`Local::sweep`], or to publish the
    /// envelope. In the service's own queue it would reach the service that emitted it.
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

    /// The number of records that were handed to functions, repeats included.
    #[must_use]
    pub fn deliveries(&self) -> u64 {
        self.deliveries.load(Ordering::Relaxed)
    }

    /// The number of those records that had taken effect before, and changed nothing.
    #[must_use]
    pub fn duplicates(&self) -> u64 {
        self.duplicates.load(Ordering::Relaxed)
    }

    /// The number of invocations of a service's function by its queues.
    ///
    /// # Errors
    /// Where no such service is deployed.
    pub fn invocations(&self, service: &str) -> Result<u64, LocalError> {
        self.with(service, |deployment| deployment.invocations.load(Ordering::Relaxed))
    }

    /// The number of invocations of a service's relay.
    ///
    /// # Errors
    /// Where no such service is deployed.
    pub fn relay_invocations(&self, service: &str) -> Result<u64, LocalError> {
        self.with(service, |deployment| deployment.relay_invocations.load(Ordering::Relaxed))
    }
}
