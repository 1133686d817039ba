//! What functions call: publishers and dead letters, on the environment's own channels.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use serde::Deserialize;
use waxseal::{
    BoxError,
    batch::{DeadLetters, Delay, Letter, Visibility},
    receipt::Emission,
    relay::{PublishError, Publisher},
};

use crate::{
    bus::{Bus, Entry},
    local::World,
    queue::{Outgoing, Queue},
    report::Report,
    topic::Topic,
};

/// Every channel by name.
#[derive(Clone)]
pub(crate) struct Channels {
    pub(crate) world: World,
    pub(crate) bus: Bus,
    topics: Arc<Mutex<BTreeMap<String, Topic>>>,
    commands: Arc<Mutex<BTreeMap<String, Queue>>>,
}

impl Channels {
    pub(crate) fn new(world: World) -> Self {
        let bus = Bus::new(world.clock.clone(), world.random.clone());
        Self { world, bus, topics: Arc::default(), commands: Arc::default() }
    }

    /// The topic of that name; made at its first use.
    pub(crate) fn topic(&self, name: &str) -> Topic {
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Topic::new(name, self.world.clock.clone(), self.world.random.clone());
        topics.entry(name.to_owned()).or_insert_with(new).clone()
    }

    pub(crate) fn take_commands(&self, service: &str, queue: Queue) {
        self.commands.lock().unwrap_or_else(PoisonError::into_inner).insert(service.to_owned(), queue);
    }

    pub(crate) fn publish_one(
        &self,
        channel: &str,
        envelope: &serde_json::value::RawValue,
    ) -> Result<(), PublishError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Head {
            event_type: String,
            source: String,
        }
        let refused = |reason: String, permanent| PublishError { reason, permanent };
        let json = envelope.get();
        let head: Head =
            serde_json::from_str(json).map_err(|error| refused(format!("not an envelope: {error}"), true))?;
        match channel.split_once(':') {
            None if channel == "bus" => {
                let detail = envelope.to_owned();
                self.bus.put(&Entry { source: head.source, detail_type: head.event_type, detail });
            }
            Some(("topic", name)) => {
                self.topic(name).publish(json);
            }
            Some(("queue", service)) => {
                let commands = self.commands.lock().unwrap_or_else(PoisonError::into_inner);
                let queue = commands.get(service).ok_or_else(|| {
                    refused(
                        format!("no service {service} takes commands: deploy one with a handler for it"),
                        false,
                    )
                })?;
                queue.send(Outgoing::new(json));
            }
            Some(_) | None => return Err(refused(format!("no such kind of channel: {channel}"), true)),
        }
        Ok(())
    }
}

impl Publisher for Channels {
    async fn publish(&self, emissions: &[&Emission]) -> Vec<Result<(), PublishError>> {
        let World { random, executor, faults, .. } = &self.world;
        let spared = executor.is_spared();
        let results = emissions
            .iter()
            .map(|emission| {
                if !spared && random.chance(faults.throttled_entry) {
                    return Err(PublishError { reason: "ThrottlingException".to_owned(), permanent: false });
                }
                self.publish_one(&emission.channel, &emission.envelope)
            })
            .collect();
        if !spared && random.chance(faults.crash_after_publish) {
            executor.crash().await;
        }
        results
    }
}

/// A dead-letter queue as functions write it.
#[derive(Clone)]
pub(crate) struct LocalDeadLetters {
    pub(crate) queue: Queue,
    pub(crate) report: Report,
}

impl DeadLetters for LocalDeadLetters {
    async fn send(&self, letter: Letter) -> Result<(), BoxError> {
        let attributes =
            letter.attributes().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let body = String::from_utf8_lossy(&letter.body).into_owned();
        self.queue.send(Outgoing { attributes, ..Outgoing::new(body) });
        self.report.written(self.queue.name(), &letter);
        Ok(())
    }
}

/// The queues that feed a function, told when to deliver again.
pub(crate) struct LocalVisibility(pub(crate) Vec<Queue>);

impl Visibility for LocalVisibility {
    async fn delay(&self, delays: Vec<Delay>) {
        for Delay { ticket, after, .. } in delays {
            let name = ticket.queue.rsplit(':').next().unwrap_or_default();
            if let Some(queue) = self.0.iter().find(|queue| queue.name() == name) {
                queue.change_visibility_of(&ticket.handle, after);
            }
        }
    }
}
