//! The event source mappings of an environment: they poll until its last clone is dropped.
//!
//! A poller holds its queue, and the queue wakes the poller. Without an end of its own such a circle
//! would outlive the environment, and so would its tables: a thousand simulated runs would fill the
//! memory.

use std::{collections::BTreeMap, fmt};

use waxseal::lock::Lock;

use crate::executor::{Executor, Join};

/// The running pollers of one environment.
pub(crate) struct Pollers {
    executor: Executor,
    /// By their services.
    running: Lock<BTreeMap<String, Vec<Join<()>>>>,
}

impl Pollers {
    pub(crate) fn new(executor: Executor) -> Self {
        Self { executor, running: Lock::default() }
    }

    /// Starts one of a service.
    pub(crate) fn start(&self, service: &str, poller: impl Future<Output = ()> + Send + 'static) {
        let poller = self.executor.spawn_task(poller, true);
        self.running.lock().entry(service.to_owned()).or_default().push(poller);
    }
}

impl Pollers {
    /// Ends those of a service. Invocations that run go on.
    pub(crate) fn stop(&self, service: &str) {
        let stopped = self.running.lock().remove(service);
        stopped.into_iter().flatten().for_each(Join::kill);
    }
}

impl Drop for Pollers {
    fn drop(&mut self) {
        std::mem::take(&mut *self.running.lock()).into_values().flatten().for_each(Join::kill);
        self.executor.clear();
    }
}

impl fmt::Debug for Pollers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pollers").field("running", &self.running.lock().len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Arc, Weak},
        time::Duration,
    };

    use crate::{local::Local, message::NewMessage, queue::QueueSettings};

    /// A table of an environment with a poller that waits, and an invocation that runs.
    fn left_behind(stopped_early: bool) -> Weak<crate::Clock> {
        let local = Local::builder().build();
        let service = waxseal::Service::new("quiet").ignore("anything");
        local.deploy_service(service).unwrap();
        local.queue("quiet").unwrap().send(NewMessage::new("{}")).unwrap();
        let queue = local.create_queue("other", QueueSettings::default());
        queue.send(NewMessage::new("x")).unwrap();
        let mut steps = 0;
        local.executor().run_until(Duration::ZERO, || {
            steps += 1;
            stopped_early && steps > 3
        });
        Arc::downgrade(local.clock())
    }

    #[test]
    fn nothing_outlives_the_last_clone_of_an_environment() {
        for stopped_early in [false, true] {
            assert!(left_behind(stopped_early).upgrade().is_none(), "stopped early: {stopped_early}");
        }
    }
}
