//! One DynamoDB table, as tests hold it: its items, the requests that arrived, and what is to go wrong.

use std::sync::{Arc, MutexGuard};

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use waxseal::{
    lock::Lock,
    table::{Item, memory::Items},
};

use super::{
    capacity::Capacity,
    network::{self, Fake},
    request::{Call, Disturbance},
    state::State,
};
use crate::dynamo::Dynamo;

/// A table on the other end of the wire. Clones are the same table.
#[derive(Debug, Clone)]
pub struct WireTable {
    state: Arc<Lock<State>>,
}

impl WireTable {
    /// An empty table.
    pub fn new(name: impl Into<String>) -> Self {
        Self { state: Arc::new(Lock::new(State::new(name.into()))) }
    }

    /// The configuration of a client whose network ends at this table.
    #[must_use]
    pub fn sdk(&self) -> SdkConfig {
        let table = self.clone();
        let handle = move |request: &HttpRequest| {
            let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
            let body = request.body().bytes().unwrap_or_default().to_vec();
            let table = table.clone();
            Box::pin(async move { table.lock().answer(&target, &body) }) as _
        };
        network::sdk(Fake { content_type: "application/x-amz-json-1.0", handle: Arc::new(handle) })
    }

    /// The table as this crate speaks to it.
    #[must_use]
    pub fn table(&self) -> Dynamo {
        let name = self.lock().name.clone();
        Dynamo::new(&self.sdk(), name)
    }

    /// Answers one request that arrived over a real network, for tests of whole processes: HTTP status and body, or
    /// `None` where the connection breaks instead. `target` is the header `X-Amz-Target`.
    #[must_use]
    pub fn answer(&self, target: &str, body: &[u8]) -> Option<(u16, String)> {
        self.lock().answer(target, body).ok()
    }

    /// What happens to the next request that nothing else is planned for; later ones queue up.
    pub fn disturb(&self, disturbance: Disturbance) {
        self.lock().disturbances.push_back(disturbance);
    }

    /// Forgets `ClientRequestToken`s, as DynamoDB does after ten minutes and other implementations at once.
    pub fn ignore_client_tokens(&self) {
        self.lock().tokens = None;
    }

    /// Items in a page of a query or a scan; 1,000 unless set.
    pub fn page_size(&self, items: usize) {
        self.lock().page = items.max(1);
    }

    /// The requests so far.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    /// The actions so far.
    #[must_use]
    pub fn actions(&self) -> Vec<String> {
        self.lock().calls.iter().map(|call| call.action.clone()).collect()
    }

    /// The actions since the last time, for counting.
    pub fn take_actions(&self) -> Vec<String> {
        std::mem::take(&mut self.lock().calls).into_iter().map(|call| call.action).collect()
    }

    /// What the requests since the last time have billed.
    pub fn take_capacity(&self) -> Capacity {
        std::mem::take(&mut self.lock().capacity)
    }

    /// What is stored.
    #[must_use]
    pub fn items(&self) -> Items {
        self.lock().items.clone()
    }

    /// Stores an item without a request, whatever is there.
    pub fn put(&self, item: Item) {
        self.lock().store(item);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}
