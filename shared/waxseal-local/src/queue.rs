//! Queues, as SQS has them: visibility, receive counts, redrive, and FIFO groups with
//! deduplication.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, MutexGuard},
    time::Duration,
};

use waxseal::{Timestamp, lock::Lock};

use crate::{
    limits::{self, Refused},
    message::{Message, NewMessage},
    signal::{Changed, Signal},
    world::World,
};

/// The redrive policy: the queue for messages that were received too often.
#[derive(Debug, Clone)]
pub struct Redrive {
    /// The dead-letter queue.
    pub to: Queue,
    /// SQS's `maxReceiveCount`.
    pub max_receives: u32,
}

/// How a queue behaves.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct QueueSettings {
    /// The time for which a received message is hidden.
    pub visibility: Duration,
    /// The redrive policy.
    pub redrive: Option<Redrive>,
    /// FIFO: order within a group, deduplication for five minutes.
    pub fifo: bool,
}

impl Default for QueueSettings {
    /// A standard queue, 30 s of visibility, no redrive: SQS's own defaults.
    fn default() -> Self {
        Self { visibility: Duration::from_secs(30), redrive: None, fifo: false }
    }
}

/// A queue. Clones are the same queue.
#[derive(Debug, Clone)]
pub struct Queue {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    name: String,
    settings: QueueSettings,
    world: World,
    state: Lock<State>,
    signal: Signal,
}

#[derive(Debug, Default)]
struct State {
    /// In the order of arrival.
    messages: VecDeque<Stored>,
    next_receipt: u64,
    /// FIFO: when each deduplication id was seen.
    seen: BTreeMap<String, Timestamp>,
}

#[derive(Debug)]
struct Stored {
    message: Message,
    visible: Timestamp,
    /// When it was received last.
    received: Timestamp,
}

/// SQS remembers a deduplication id for five minutes.
const DEDUPLICATION: Duration = Duration::from_secs(300);

impl Queue {
    pub(crate) fn new(name: &str, settings: QueueSettings, world: World) -> Self {
        let (state, signal) = (Lock::default(), Signal::default());
        Self { inner: Arc::new(Inner { name: name.to_owned(), settings, world, state, signal }) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock()
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// Its settings.
    #[must_use]
    pub fn settings(&self) -> &QueueSettings {
        &self.inner.settings
    }

    /// Sends a message. Under faults a standard queue delivers it twice, or later than its
    /// successors, as SQS may.
    ///
    /// # Errors
    /// The refusals of SQS: more than 1 MiB, more than ten attributes, control characters, an empty
    /// body, a message group of other characters or of more than 128, and on a standard queue a
    /// deduplication id.
    pub fn send(&self, content: NewMessage) -> Result<(), Refused> {
        limits::message(&content, self.inner.settings.fifo)?;
        self.accept(content);
        Ok(())
    }

    /// As [`Queue::send`], for a delivery of another service of AWS. That service reports no
    /// refusal, so the environment does.
    pub(crate) fn deliver(&self, content: NewMessage, from: &str) {
        if let Err(refused) = self.send(content) {
            tracing::error!(queue = self.name(), from, error = %refused, "a delivery was refused and is lost");
            self.inner.world.report.lost(self.name(), from, &refused);
        }
    }

    /// Accepts a message without a check of SQS's limits.
    pub(crate) fn accept(&self, content: NewMessage) {
        let Inner { settings, world: World { random, faults, .. }, .. } = &*self.inner;
        if settings.fifo && self.is_repeat(&content) {
            return;
        }
        let copies = if !settings.fifo && random.chance(faults.duplicate) { 2 } else { 1 };
        for _ in 0..copies {
            let most = u64::try_from(faults.reorder.as_millis()).unwrap_or(u64::MAX);
            let delay = if settings.fifo { 0 } else { random.below(most.saturating_add(1)) };
            self.store(content.clone(), content.delay + Duration::from_millis(delay));
        }
    }

    fn is_repeat(&self, content: &NewMessage) -> bool {
        let now = self.inner.world.clock.now();
        let mut state = self.state();
        state.seen.retain(|_, at| *at + DEDUPLICATION > now);
        match &content.deduplication {
            Some(id) => state.seen.insert(id.clone(), now).is_some(),
            None => false,
        }
    }

    fn store(&self, content: NewMessage, delay: Duration) {
        let sent = self.inner.world.clock.now();
        let id = self.inner.world.random.uuid();
        let message = Message { id, receives: 0, sent, first_received: sent, content, receipt: 0 };
        let stored = Stored { message, visible: sent + delay, received: sent };
        self.state().messages.push_back(stored);
        self.inner.signal.notify();
    }

    /// Receives up to `most` visible messages and hides them. Messages that were received too often
    /// go to the dead-letter queue instead.
    pub fn receive(&self, most: usize) -> Vec<Message> {
        let now = self.inner.world.clock.now();
        let mut taken = Vec::new();
        let mut dead = Vec::new();
        let mut state = self.state();
        let State { messages, next_receipt, .. } = &mut *state;
        // FIFO: a message that is hidden, or not yet visible, blocks its group.
        let mut blocked: BTreeSet<String> = if self.inner.settings.fifo {
            let hidden = messages.iter().filter(|stored| stored.visible > now);
            hidden.filter_map(|stored| stored.message.content.group.clone()).collect()
        } else {
            BTreeSet::new()
        };
        messages.retain_mut(|stored| {
            let message = &mut stored.message;
            let is_blocked = message.content.group.as_ref().is_some_and(|group| blocked.contains(group));
            if taken.len() >= most || stored.visible > now || is_blocked {
                if let Some(group) = message.content.group.clone().filter(|_| self.inner.settings.fifo) {
                    // No message of the group may overtake the one that was left behind.
                    blocked.insert(group);
                }
                return true;
            }
            let redrive = self.inner.settings.redrive.as_ref();
            if let Some(redrive) = redrive.filter(|redrive| message.receives >= redrive.max_receives) {
                dead.push((redrive.to.clone(), message.clone()));
                return false;
            }
            message.receives += 1;
            if message.receives == 1 {
                message.first_received = now;
            }
            *next_receipt += 1;
            message.receipt = *next_receipt;
            stored.visible = now + self.inner.settings.visibility;
            stored.received = now;
            taken.push(message.clone());
            true
        });
        drop(state);
        for (queue, message) in dead {
            self.inner.world.report.moved(queue.name(), &message.id, self.name(), message.receives);
            self.inner.world.recorder.moved(now, queue.name(), &message, self.name());
            tracing::warn!(
                queue = self.name(),
                to = queue.name(),
                "received too often, moved by the redrive policy"
            );
            queue.store(message.content, Duration::ZERO);
        }
        taken
    }

    /// Deletes a received message. `false` where a later receive has made the handle worthless.
    pub fn delete(&self, message: &Message) -> bool {
        let mut state = self.state();
        let before = state.messages.len();
        state
            .messages
            .retain(|stored| stored.message.id != message.id || stored.message.receipt != message.receipt);
        let deleted = state.messages.len() < before;
        drop(state);
        self.inner.signal.notify();
        deleted
    }

    /// As [`Queue::change_visibility`], by the handle that its function was given.
    pub(crate) fn change_visibility_of(&self, handle: &str, delay: Duration) {
        let message = self
            .state()
            .messages
            .iter()
            .map(|stored| &stored.message)
            .find(|m| m.handle() == handle)
            .cloned();
        if let Some(message) = message
            && let Err(refused) = self.change_visibility(&message, delay)
        {
            tracing::warn!(queue = self.name(), record = message.id, error = %refused, "its visibility stays");
        }
    }

    /// Makes a received message visible after `delay`. Without effect where a later receive has
    /// made the handle worthless.
    ///
    /// # Errors
    /// Where that is more than 12 hours after its receive: SQS refuses it.
    pub fn change_visibility(&self, message: &Message, delay: Duration) -> Result<(), Refused> {
        let until = self.inner.world.clock.now() + delay;
        let mut state = self.state();
        let mine = |stored: &&mut Stored| {
            stored.message.id == message.id && stored.message.receipt == message.receipt
        };
        if let Some(stored) = state.messages.iter_mut().find(mine) {
            limits::visibility(stored.received, until)?;
            stored.visible = until;
        }
        drop(state);
        self.inner.signal.notify();
        Ok(())
    }

    /// The number of its messages, hidden ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.state().messages.len()
    }

    /// Whether it has no message.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its messages, without a receive: for tests and reports.
    #[must_use]
    pub fn peek(&self) -> Vec<Message> {
        self.state().messages.iter().map(|stored| stored.message.clone()).collect()
    }

    /// As [`Queue::peek`], without the first `known` messages: to follow a queue that no function
    /// polls.
    #[must_use]
    pub fn peek_from(&self, known: usize) -> Vec<Message> {
        self.state().messages.iter().skip(known).map(|stored| stored.message.clone()).collect()
    }

    /// Moves every message to another queue, as `StartMessageMoveTask` does: with new ids, and
    /// receive counts from 0. The result is their number.
    pub fn move_to(&self, other: &Self) -> usize {
        let moved = std::mem::take(&mut self.state().messages);
        let count = moved.len();
        moved.into_iter().for_each(|stored| other.store(stored.message.content, Duration::ZERO));
        count
    }

    /// The time at which the next message becomes visible. `None` where the queue is empty.
    pub(crate) fn next_visible(&self) -> Option<Timestamp> {
        self.state().messages.iter().map(|stored| stored.visible).min()
    }

    pub(crate) fn changed(&self) -> Changed {
        self.inner.signal.changed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::Clock, faults::Faults, random::Random, report::Report};

    fn queue(settings: QueueSettings) -> (Queue, Arc<Clock>) {
        let clock = Clock::starting_at(Timestamp::UNIX_EPOCH);
        let world = World::new(clock, Random::new(1), Faults::none(), Report { is_on: false });
        (Queue::new("orders", settings, world.clone()), world.clock)
    }

    fn bodies(messages: &[Message]) -> Vec<&str> {
        messages.iter().map(|message| message.content.body.as_str()).collect()
    }

    fn in_group(body: &str, group: &str) -> NewMessage {
        NewMessage { group: Some(group.into()), deduplication: Some(body.into()), ..NewMessage::new(body) }
    }

    #[test]
    fn a_received_message_is_hidden_comes_back_and_is_redriven() {
        let (dead, _) = queue(QueueSettings::default());
        let redrive = Some(Redrive { to: dead.clone(), max_receives: 2 });
        let (queue, clock) = queue(QueueSettings { redrive, ..QueueSettings::default() });
        queue.send(NewMessage::new("a")).unwrap();
        let first = queue.receive(10);
        assert_eq!(first[0].receives, 1);
        assert!(queue.receive(10).is_empty());
        clock.advance(clock.now() + Duration::from_secs(30));
        let second = queue.receive(10);
        assert_eq!((second[0].receives, &second[0].id), (2, &first[0].id));
        assert!(!queue.delete(&first[0]), "an old handle is worthless");
        clock.advance(clock.now() + Duration::from_secs(30));
        assert!(queue.receive(10).is_empty());
        assert_eq!((queue.len(), bodies(&dead.peek())), (0, vec!["a"]));
        assert_eq!(dead.move_to(&queue), 1);
        assert_eq!(queue.receive(10)[0].receives, 1);
    }

    #[test]
    fn a_fifo_group_waits_for_its_head_and_repeats_are_folded() {
        let (queue, clock) = queue(QueueSettings { fifo: true, ..QueueSettings::default() });
        for content in [in_group("a1", "a"), in_group("b1", "b"), in_group("a2", "a"), in_group("a1", "a")] {
            queue.send(content).unwrap();
        }
        let head = queue.receive(1);
        assert_eq!(bodies(&head), ["a1"]);
        assert_eq!(bodies(&queue.receive(10)), ["b1"], "a2 waits for a1");
        queue.delete(&head[0]);
        assert_eq!(bodies(&queue.receive(10)), ["a2"]);
        clock.advance(clock.now() + Duration::from_secs(301));
        queue.send(in_group("a1", "a")).unwrap();
        assert_eq!(queue.len(), 3, "after five minutes it is a new message");
    }
}
