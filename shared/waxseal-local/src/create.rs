//! Parts of the environment that belong to no service.

use serde_json::json;
use waxseal_pattern::Pattern;

use crate::{
    bus::Input,
    claims::ClaimStore,
    error::LocalError,
    local::Local,
    queue::{Queue, QueueSettings},
    table::Table,
    topic::Subscription,
};

impl Local {
    /// A queue that gets every message from now on, from the bus and from these topics. No function
    /// polls it.
    ///
    /// # Errors
    /// None in practice: the pattern is fixed.
    pub fn watch(&self, topics: &[&str]) -> Result<Queue, LocalError> {
        let queue = Queue::new("watch", QueueSettings::default(), self.world.without_faults());
        let everything = Pattern::new(&json!({"source": [{"exists": true}]}))?;
        self.channels.bus.rule("watch", everything, &queue, Input::Detail);
        for topic in topics {
            let subscription = Subscription { queue: queue.clone(), filter: None, raw: true };
            self.channels.topic(topic).subscribe("watch", subscription)?;
        }
        Ok(queue)
    }

    /// A table that no service uses.
    #[must_use]
    pub fn create_table(&self, name: &str) -> Table {
        Table::new(name, self.world.clone())
    }

    /// A bucket for checked-in payloads. Engines that share it have a clone each.
    #[must_use]
    pub fn create_claims(&self, bucket: &str) -> ClaimStore {
        ClaimStore::new(bucket, self.world.clone())
    }

    /// A queue that no function polls: for the rules and subscriptions of a test.
    #[must_use]
    pub fn create_queue(&self, name: &str, settings: QueueSettings) -> Queue {
        Queue::new(name, settings, self.world.clone())
    }
}
