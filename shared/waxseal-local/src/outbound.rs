//! The publishers, dead letters and visibility that functions call, on the environment's own
//! channels.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use waxseal::{
    BoxError, Destination, Emission, Timestamp, WAKE,
    batch::{Delay, Visibility},
    dead_letter::{Attribute, DeadLetter, DeadLetterMessage, DeadLetters, beside},
    lock::Lock,
    relay::{Publish, PublishError},
    sqs,
};
use waxseal_catalog::FIFO_DEAD_LETTERS_SUFFIX;

use crate::{
    bus::Bus,
    entry::Entry,
    limits::{self, Refused},
    message::NewMessage,
    queue::Queue,
    topic::Topic,
    world::World,
};

/// Every channel by name.
#[derive(Clone)]
pub(crate) struct Channels {
    pub(crate) world: World,
    pub(crate) bus: Bus,
    pub(crate) default_bus: Bus,
    /// The buses of all partners: their rules name the sources.
    pub(crate) partner_bus: Bus,
    topics: Arc<Lock<BTreeMap<String, Topic>>>,
    commands: Arc<Lock<BTreeMap<String, Queue>>>,
}

impl Channels {
    pub(crate) fn new(world: World) -> Self {
        let [bus, default_bus, partner_bus] = [(); 3].map(|()| Bus::new(world.clone()));
        Self { world, bus, default_bus, partner_bus, topics: Arc::default(), commands: Arc::default() }
    }

    /// The topic of that name; made at its first use.
    pub(crate) fn topic(&self, name: &str) -> Topic {
        let mut topics = self.topics.lock();
        topics.entry(name.to_owned()).or_insert_with(|| Topic::new(name, self.world.clone())).clone()
    }

    pub(crate) fn add_commands(&self, service: &str, queue: Queue) {
        self.commands.lock().insert(service.to_owned(), queue);
    }

    /// The queue that takes the commands to that service.
    pub(crate) fn commands(&self, service: &str) -> Result<Queue, PublishError> {
        let commands = self.commands.lock();
        commands.get(service).cloned().ok_or_else(|| {
            let reason = format!("no service {service} takes commands: deploy one with a handler for it");
            PublishError::no_channel(reason)
        })
    }

    pub(crate) fn publish_one(&self, emission: &Emission, now: Timestamp) -> Result<(), PublishError> {
        let Emission { channel, envelope, tenant, .. } = emission;
        let json = envelope.get();
        let header =
            emission.header().map_err(|error| PublishError::refused(format!("not an envelope: {error}")))?;
        let to =
            Destination::try_from(&**channel).map_err(|error| PublishError::refused(error.to_string()))?;
        let delay = emission.delay(now);
        if delay > Duration::ZERO && !matches!(to, Destination::Queue(_)) {
            return Err(PublishError::refused(format!("{channel} has no delay for one message")));
        }
        match to {
            Destination::Bus => {
                let detail = envelope.clone();
                let entry = Entry {
                    source: header.source.into_owned(),
                    detail_type: header.name.into_owned(),
                    detail,
                };
                self.bus.put(&entry).map_err(|error| refused("the bus", &error))?;
            }
            Destination::Topic(name) => {
                let error = |error| refused(&format!("topic {name}"), &error);
                // SNS is told the type of the event as an attribute, which counts.
                let attribute = "eventType".len() + limits::STRING.len() + header.name.len();
                limits::notification(json, attribute).map_err(error)?;
                let topic = self.topic(name);
                match tenant {
                    Some(tenant) => topic.publish_for(tenant.as_str(), json),
                    None => topic.publish(json),
                }
                .map_err(error)?;
            }
            Destination::Queue(service) => {
                let queue = self.commands(service)?;
                let group = tenant.as_ref().map(ToString::to_string);
                queue
                    .send(NewMessage { group, delay, ..NewMessage::new(json) })
                    .map_err(|error| refused(&format!("queue {}", queue.name()), &error))?;
            }
        }
        self.world.recorder.published(now, channel, envelope);
        Ok(())
    }
}

/// A refusal as the publisher on AWS reports it: the channel, the code and the service's words. It
/// concerns the entry alone.
fn refused(channel: &str, error: &Refused) -> PublishError {
    PublishError::refused(format!("{channel}: {error}"))
}

impl Channels {
    /// Whether an injected fault loses this emission: a hint alone may be lost.
    fn loses(&self, emission: &Emission) -> bool {
        let lost = self.world.faults.lost_hint;
        let is_hint = || emission.not_before.is_some() && emission.header().is_ok_and(|it| it.name == WAKE);
        lost > 0.0 && is_hint() && self.world.injects(lost)
    }
}

impl Publish for Channels {
    async fn publish(&self, emissions: &[&Emission], now: Timestamp) -> Vec<Result<(), PublishError>> {
        let faults = &self.world.faults;
        let results = emissions
            .iter()
            .map(|emission| {
                if self.world.injects(faults.throttled_entry) {
                    return Err(PublishError::transient("ThrottlingException"));
                }
                if self.loses(emission) {
                    return Ok(());
                }
                let result = self.publish_one(emission, now);
                if let Err(error) = &result {
                    self.world.recorder.not_published(now, emission, &error.reason);
                }
                result
            })
            .collect();
        if self.world.injects(faults.crash_after_publish) {
            self.world.executor.crash().await;
        }
        results
    }
}

/// The dead-letter queues of a function, as it writes to them.
#[derive(Clone)]
pub(crate) struct LocalDeadLetters {
    pub(crate) queue: Queue,
    /// Those of its FIFO queues.
    pub(crate) fifo: Vec<Queue>,
    pub(crate) world: World,
}

impl LocalDeadLetters {
    /// The queue for a dead letter, with its group and its deduplication id where the queue is FIFO.
    fn place(&self, letter: &DeadLetter) -> (&Queue, Option<String>, Option<String>) {
        let of_fifo = letter.fifo().and_then(|place| {
            let beside = beside(place.queue, FIFO_DEAD_LETTERS_SUFFIX)?;
            let name = beside.rsplit(':').next()?;
            Some((self.fifo.iter().find(|queue| queue.name() == name)?, place))
        });
        match of_fifo {
            Some((queue, place)) => {
                (queue, Some(place.group.to_owned()), Some(place.deduplication.to_owned()))
            }
            None => (&self.queue, None, None),
        }
    }
}

impl DeadLetters for LocalDeadLetters {
    async fn send(&self, letter: DeadLetter) -> Result<(), BoxError> {
        let DeadLetterMessage { body, attributes } = letter.message(sqs::LARGEST, sqs::is_text)?;
        let text = |attribute: Attribute| Some((attribute.name.clone(), attribute.as_text()?.to_owned()));
        let attributes = attributes.into_iter().filter_map(text).collect();
        let (queue, group, deduplication) = self.place(&letter);
        queue.accept(NewMessage { attributes, group, deduplication, ..NewMessage::new(body) });
        let World { report, recorder, reasons, clock, .. } = &self.world;
        report.written(queue.name(), &letter);
        reasons.add(queue.name(), &letter);
        recorder.dead_lettered(clock.now(), queue.name(), &letter);
        Ok(())
    }
}

/// The queues that feed a function. They are told when to deliver again.
pub(crate) struct LocalVisibility(pub(crate) Vec<Queue>);

impl Visibility for LocalVisibility {
    async fn delay(&self, delays: Vec<Delay>) {
        for Delay { receipt_handle, after, .. } in delays {
            let name = receipt_handle.queue.rsplit(':').next().unwrap_or_default();
            if let Some(queue) = self.0.iter().find(|queue| queue.name() == name) {
                queue.change_visibility_of(&receipt_handle.handle, after);
            }
        }
    }
}
