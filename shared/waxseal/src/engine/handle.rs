//! The engine: runs a service's handlers over a table, one message at a time. Batches are in
//! [`crate::batch`].

use std::{fmt, sync::Arc};

use crate::{
    claim_check,
    commit::Access,
    engine::{
        cache::Cache, delivery::Delivery, ended::Ended, outcome::Outcome, settings::Settings, task::Task,
    },
    handler::{Failure, Incoming, Route, Service, ServiceError},
    hint::WAKE,
    host::Host,
    lock::Lock,
    observe::Observers,
    table::{AnyTable, Key, Table, TableError},
    token::Token,
};
use waxseal_message::{Raw, Timestamp, hash::PayloadHash};

/// A service on a table. Cheap to clone; clones share the warm cache.
#[derive(Clone)]
pub struct Engine {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) service: Service,
    pub(super) table: Box<dyn AnyTable>,
    pub(super) host: Arc<dyn Host>,
    pub(super) settings: Settings,
    pub(super) cache: Lock<Cache>,
    pub(super) ended: Arc<Ended>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("service", &self.inner.service.name).finish_non_exhaustive()
    }
}

impl Engine {
    /// Puts `service` on `table`.
    ///
    /// # Errors
    /// The findings of [`Service::check`].
    pub fn new(
        service: Service,
        table: impl Table,
        host: Arc<dyn Host>,
        settings: Settings,
    ) -> Result<Self, ServiceError> {
        service.check()?;
        let cache = Lock::new(Cache::new(settings.cache));
        let (table, ended) = (Box::new(table), Arc::default());
        Ok(Self { inner: Arc::new(Inner { service, table, host, settings, cache, ended }) })
    }

    /// The service.
    pub fn service(&self) -> &Service {
        &self.inner.service
    }

    /// The observers of the settings.
    #[must_use]
    pub fn observers(&self) -> &Observers {
        &self.inner.settings.observers
    }

    /// The time of the environment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.inner.host.now()
    }

    /// A unique, unpredictable token.
    pub(crate) fn token(&self) -> Token {
        self.inner.host.token()
    }

    /// Opens the table's connection during init, so that the first event does not wait for it (a
    /// published figure: 745 of 912 ms).
    ///
    /// # Errors
    /// Where the table cannot be reached.
    pub async fn warm_up(&self) -> Result<(), TableError> {
        self.inner.table.connect().await
    }

    /// Handles one message with each of its reactions. Each has a receipt of its own: where one
    /// fails, the others do not run again at the next delivery.
    ///
    /// # Errors
    /// The first [`Failure`]; one that no retry can help wins over one that a retry may.
    pub async fn handle(&self, raw: &Raw) -> Result<Outcome, Failure> {
        self.deliver(Delivery::of(raw)).await
    }

    /// As [`Engine::handle`], for a delivery with a deadline or a number of receives.
    ///
    /// # Errors
    /// As [`Engine::handle`].
    pub async fn deliver(&self, delivery: Delivery<'_>) -> Result<Outcome, Failure> {
        self.deliver_in(Access::Alone(&*self.inner.table), delivery).await
    }

    /// As [`Engine::deliver`], alone or together with the rest of a batch.
    pub(crate) async fn deliver_in(
        &self,
        access: Access<'_>,
        delivery: Delivery<'_>,
    ) -> Result<Outcome, Failure> {
        let raw = delivery.raw;
        if self.is_hint(raw) {
            return Box::pin(self.wake(access, &delivery)).await;
        }
        let routes = self.wanting(raw).ok_or_else(|| self.unknown(raw))?;
        let hash = hash(raw)?;
        let mut outcome = Ok(Outcome::Unwanted);
        for route in routes {
            let task = Task::new(access, &delivery, route, hash.clone());
            let result = self.inner.react(&task).await;
            if let Err(failure) = &result {
                self.inner.tell(&task, failure);
            }
            match (result, &outcome) {
                (Ok(now), Ok(before)) => outcome = Ok(before.with(now)),
                (Err(failure), Ok(_)) => {
                    delivery.blame(route.handler);
                    outcome = Err(failure);
                }
                (Err(failure), Err(earlier)) if failure.is_permanent() && !earlier.is_permanent() => {
                    delivery.blame(route.handler);
                    outcome = Err(failure);
                }
                (Ok(_) | Err(_), _) => {}
            }
        }
        outcome
    }

    /// Handles several events about one `entity`, in order and as one commit where they fit one.
    /// Each event sees the changes of those before it. The results are in the order of `events`.
    /// Where a failure must keep back the rest (`strict`), they end with the first one.
    pub(crate) async fn handle_folded(
        &self,
        access: Access<'_>,
        events: &[Incoming<'_>],
        entity: &Key,
        strict: bool,
    ) -> Vec<Result<Outcome, Failure>> {
        let mut tasks = Vec::with_capacity(events.len());
        for (raw, decoded) in events {
            let route = self.wanting(raw).and_then(|mut routes| routes.next());
            let task = route
                .ok_or_else(|| self.unknown(raw))
                .and_then(|route| Ok(Task::new(access, &Delivery::of(raw), route, hash(raw)?)))
                .map(|task| Task { decoded: *decoded, ..task });
            match task {
                Ok(task) => tasks.push(task),
                // The caller has checked for a task; without one the fold ends here.
                Err(failure) if tasks.is_empty() => return vec![Err(failure)],
                Err(_) => break,
            }
        }
        let results = self.inner.fold(&tasks, entity, strict).await;
        for (task, result) in tasks.iter().zip(&results) {
            if let Err(failure) = result {
                self.inner.tell(task, failure);
            }
        }
        results
    }

    /// Whether a message is a hint about a row of this service (S-69).
    pub(super) fn is_hint(&self, raw: &Raw) -> bool {
        raw.name == WAKE && self.inner.service.has_timers()
    }

    /// The table, for the driver of a batch.
    pub(crate) fn table(&self) -> &dyn AnyTable {
        &*self.inner.table
    }

    /// The handlers of a message; `None` where there is none.
    pub(super) fn routes_of<'a>(
        &'a self,
        raw: &'a Raw,
    ) -> Option<impl Iterator<Item = &'a Route> + Clone + use<'a>> {
        self.inner.service.routes_of(&raw.name, &raw.source)
    }

    /// The handlers of a message that want its payload (S-65); `None` where it has no handler.
    pub(super) fn wanting<'a>(
        &'a self,
        raw: &'a Raw,
    ) -> Option<impl Iterator<Item = &'a Route> + Clone + use<'a>> {
        Some(self.routes_of(raw)?.filter(move |route| route.wants(raw)))
    }

    pub(super) fn unknown(&self, raw: &Raw) -> Failure {
        let mut known: Vec<&str> = self.inner.service.routes.keys().copied().collect();
        known.sort_unstable();
        Failure::Unknown {
            name: raw.name.clone(),
            service: self.inner.service.name.clone(),
            known: known.join(", "),
        }
    }
}

pub(super) fn hash(raw: &Raw) -> Result<PayloadHash<'_>, Failure> {
    claim_check::hashes(raw).map_err(Failure::Fault)
}
