//! The environment and the services that are deployed in it.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, MutexGuard, atomic::AtomicU64},
};

use waxseal::{Engine, lock::Lock};
use waxseal_catalog::routes::Routes;
use waxseal_lambda::{Function, Relay};

use crate::{
    error::LocalError,
    function::Deployed,
    hold::Hold,
    outbound::{Channels, LocalDeadLetters},
    pollers::Pollers,
    queue::Queue,
    sources::Sources,
    table::Table,
    world::World,
};

/// An embedded environment. Clones are the same one. With the last of them its mappings stop, and
/// whatever still runs in it is dropped.
#[derive(Clone)]
pub struct Local {
    pub(crate) world: World,
    pub(crate) channels: Channels,
    pub(crate) sources: Sources,
    deployments: Arc<Lock<BTreeMap<String, Deployment>>>,
    /// Records that were handed to functions, repeats included.
    pub(crate) deliveries: Arc<AtomicU64>,
    /// Records that had taken effect before.
    pub(crate) duplicates: Arc<AtomicU64>,
    pub(crate) pollers: Arc<Pollers>,
    /// What outlived the services that were undeployed.
    pub(crate) retained: Arc<Lock<BTreeMap<String, Retained>>>,
}

/// What outlives a service, as it outlives its stack.
pub(crate) struct Retained {
    pub(crate) table: Table,
    pub(crate) dead_letters: Queue,
    pub(crate) relay_dead_letters: Queue,
}

/// A FIFO queue that others fill, with its dead-letter queue.
#[derive(Clone)]
pub(crate) struct Fifo {
    pub(crate) queue: Queue,
    pub(crate) dead_letters: Queue,
}

/// One service in its environment.
pub(crate) struct Deployment {
    pub(crate) table: Table,
    pub(crate) routes: Routes,
    pub(crate) hold: Hold,
    pub(crate) queue: Queue,
    pub(crate) dead_letters: Queue,
    pub(crate) relay_dead_letters: Queue,
    /// The FIFO queues that others fill, by their names in the service.
    pub(crate) fifo: BTreeMap<String, Fifo>,
    pub(crate) engine: Engine,
    pub(crate) function: Deployed<Function>,
    /// Invocations of the function by its queues.
    pub(crate) invocations: Arc<AtomicU64>,
    pub(crate) relay: Deployed<Relay<Channels, LocalDeadLetters>>,
    /// Invocations of the relay.
    pub(crate) relay_invocations: Arc<AtomicU64>,
}

impl Local {
    /// An environment in this world, with nothing deployed.
    pub(crate) fn new(world: World) -> Self {
        let channels = Channels::new(world.clone());
        let pollers = Arc::new(Pollers::new(world.executor.clone()));
        Self {
            world,
            channels,
            sources: Sources::default(),
            deployments: Arc::default(),
            deliveries: Arc::default(),
            duplicates: Arc::default(),
            pollers,
            retained: Arc::default(),
        }
    }

    pub(crate) fn deployments(&self) -> MutexGuard<'_, BTreeMap<String, Deployment>> {
        self.deployments.lock()
    }

    /// Looks at a service's deployment.
    pub(crate) fn with<T>(
        &self,
        service: &str,
        look: impl FnOnce(&Deployment) -> T,
    ) -> Result<T, LocalError> {
        self.deployments().get(service).map(look).ok_or_else(|| LocalError::NoService(service.to_owned()))
    }
}

impl fmt::Debug for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Local")
            .field("services", &self.deployments().keys().cloned().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
