//! A queue as its callers know it: SQS's calls, its limits and its faults.

use std::{
    sync::{Arc, MutexGuard},
    time::Duration,
};

use waxseal::{Timestamp, lock::Lock};

use super::{
    repeats::Repeats,
    shelf::{Receive, Received, Shelf},
};
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
    /// Of a FIFO queue: a message without a deduplication id is deduplicated by its body.
    pub content_based_deduplication: bool,
}

impl Default for QueueSettings {
    /// A standard queue, 30 s of visibility, no redrive: SQS's own defaults.
    fn default() -> Self {
        Self {
            visibility: Duration::from_secs(30),
            redrive: None,
            fifo: false,
            content_based_deduplication: false,
        }
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

#[derive(Debug)]
struct State {
    shelf: Shelf,
    /// FIFO alone.
    repeats: Repeats,
}

impl Queue {
    pub(crate) fn new(name: &str, settings: QueueSettings, world: World) -> Self {
        let state = Lock::new(State { shelf: Shelf::new(settings.fifo), repeats: Repeats::default() });
        let (name, signal) = (name.to_owned(), Signal::default());
        Self { inner: Arc::new(Inner { name, settings, world, state, signal }) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock()
    }

    /// Changes the messages, and wakes the poller where it has to look again at another time.
    fn change<T>(&self, change: impl FnOnce(&mut Shelf) -> T) -> T {
        let mut state = self.state();
        let before = state.shelf.next_visible();
        let result = change(&mut state.shelf);
        let is_other = state.shelf.next_visible() != before;
        drop(state);
        if is_other {
            self.inner.signal.notify();
        }
        result
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
    pub fn send(&self, mut content: NewMessage) -> Result<(), Refused> {
        let settings = &self.inner.settings;
        if settings.fifo && settings.content_based_deduplication {
            // SQS takes the SHA-256 of the body. The id is seen by no function, so the body itself serves.
            content.deduplication.get_or_insert_with(|| content.body.clone());
        }
        limits::message(&content, settings.fifo)?;
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
        let Inner { settings, world: World { clock, random, faults, .. }, .. } = &*self.inner;
        if settings.fifo
            && let Some(id) = &content.deduplication
            && self.state().repeats.is_repeat(id, clock.now())
        {
            return;
        }
        let copies = if !settings.fifo && random.chance(faults.duplicate) { 2 } else { 1 };
        let content = Arc::new(content);
        for _ in 0..copies {
            let most = u64::try_from(faults.reorder.as_millis()).unwrap_or(u64::MAX);
            let delay = if settings.fifo || most == 0 { 0 } else { random.below(most.saturating_add(1)) };
            self.store(content.clone(), content.delay + Duration::from_millis(delay));
        }
    }

    fn store(&self, content: Arc<NewMessage>, delay: Duration) {
        let sent = self.inner.world.clock.now();
        let id = self.inner.world.random.uuid().into();
        let message = Received { id, receives: 0, sent, first_received: sent, content, receipt: 0 };
        self.change(|shelf| shelf.add(message, sent + delay, sent));
    }

    /// Receives up to `most` visible messages and hides them. Messages that were received too often
    /// go to the dead-letter queue instead.
    pub fn receive(&self, most: usize) -> Vec<Message> {
        self.take(most).iter().map(Received::message).collect()
    }

    /// As [`Queue::receive`], without a copy of the contents.
    pub(crate) fn take(&self, most: usize) -> Vec<Received> {
        let Inner { name, settings, world, .. } = &*self.inner;
        let redrive = settings.redrive.as_ref();
        let receive = Receive {
            most,
            now: world.clock.now(),
            visibility: settings.visibility,
            max_receives: redrive.map_or(u32::MAX, |redrive| redrive.max_receives),
        };
        // The poller itself receives: it looks again anyway.
        let (taken, dead) = self.state().shelf.receive(receive);
        for (message, redrive) in dead.into_iter().zip(redrive.into_iter().cycle()) {
            let to = &redrive.to;
            world.report.moved(to.name(), &message.id, name, message.receives);
            let moved = (&*message.id, message.receives, &*message.content);
            world.recorder.moved(receive.now, to.name(), moved, name);
            tracing::warn!(queue = name, to = to.name(), "received too often, moved by the redrive policy");
            to.store(message.content, Duration::ZERO);
        }
        taken
    }

    /// Deletes a received message. `false` where a later receive has made the handle worthless.
    pub fn delete(&self, message: &Message) -> bool {
        self.delete_received(&message.id, message.receipt)
    }

    pub(crate) fn delete_received(&self, id: &str, receipt: u64) -> bool {
        self.change(|shelf| shelf.delete(id, receipt))
    }

    /// As [`Queue::change_visibility`], by the handle that its function was given.
    pub(crate) fn change_visibility_of(&self, handle: &str, delay: Duration) {
        let parts = handle.rsplit_once('#').and_then(|(id, receipt)| Some((id, receipt.parse().ok()?)));
        let Some((id, receipt)) = parts else { return };
        if let Err(refused) = self.hide(id, receipt, delay) {
            tracing::warn!(queue = self.name(), record = id, error = %refused, "its visibility stays");
        }
    }

    /// Makes a received message visible after `delay`. Without effect where a later receive has
    /// made the handle worthless.
    ///
    /// # Errors
    /// Where that is more than 12 hours after its receive: SQS refuses it.
    pub fn change_visibility(&self, message: &Message, delay: Duration) -> Result<(), Refused> {
        self.hide(&message.id, message.receipt, delay)
    }

    fn hide(&self, id: &str, receipt: u64, delay: Duration) -> Result<(), Refused> {
        let now = self.inner.world.clock.now();
        let until = now + delay;
        self.change(|shelf| {
            let Some(received) = shelf.received(id, receipt) else { return Ok(()) };
            limits::visibility(received, until)?;
            shelf.hide(id, receipt, until, now);
            Ok(())
        })
    }

    /// The number of its messages, hidden ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.state().shelf.len()
    }

    /// Whether it has no message.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its messages, without a receive: for tests and reports.
    #[must_use]
    pub fn peek(&self) -> Vec<Message> {
        self.peek_from(0)
    }

    /// As [`Queue::peek`], without the first `known` messages: to follow a queue that no function
    /// polls.
    #[must_use]
    pub fn peek_from(&self, known: usize) -> Vec<Message> {
        self.state().shelf.after(known).map(Received::message).collect()
    }

    /// Moves every message to another queue, as `StartMessageMoveTask` does: with new ids, and
    /// receive counts from 0. The result is their number.
    pub fn move_to(&self, other: &Self) -> usize {
        let moved: Vec<Received> = self.change(|shelf| shelf.take().collect());
        let count = moved.len();
        moved.into_iter().for_each(|message| other.store(message.content, Duration::ZERO));
        count
    }

    /// The time at which a receive gives something; it may have passed. `None` where the queue is
    /// empty.
    pub(crate) fn next_visible(&self) -> Option<Timestamp> {
        self.state().shelf.next_visible()
    }

    pub(crate) fn changed(&self) -> Changed {
        self.inner.signal.changed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::Clock, faults::Faults, queue::Redrive, random::Random, report::Report};

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
