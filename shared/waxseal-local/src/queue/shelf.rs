//! The messages of one queue, so that no call costs more where more of them wait.
//!
//! A plain list that each call walks was the alternative: it is shorter, and a backlog of 3,000
//! messages makes each receive dearer than the function that it feeds. The list is the model that
//! the tests compare with.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use waxseal::Timestamp;

use crate::{
    message::{Message, NewMessage},
    queue::groups::Groups,
};

/// A message as a receive gives it. Its content is shared with the queue.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) id: Arc<str>,
    pub(crate) receives: u32,
    pub(crate) sent: Timestamp,
    pub(crate) first_received: Timestamp,
    pub(crate) content: Arc<NewMessage>,
    /// The number of this receive; 0 before the first.
    pub(crate) receipt: u64,
}

impl Received {
    /// The receipt handle.
    pub(crate) fn handle(&self) -> impl std::fmt::Display {
        std::fmt::from_fn(|f| write!(f, "{}#{}", self.id, self.receipt))
    }

    /// A copy, as users see it.
    pub(super) fn message(&self) -> Message {
        Message {
            id: self.id.to_string(),
            receives: self.receives,
            sent: self.sent,
            first_received: self.first_received,
            content: (*self.content).clone(),
            receipt: self.receipt,
        }
    }
}

#[derive(Debug)]
struct Held {
    message: Received,
    /// The time until which it is hidden; it is visible where that has passed.
    visible: Timestamp,
    is_hidden: bool,
    /// When it was received last.
    received: Timestamp,
}

/// How a receive hides messages, and which it gives up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Receive {
    pub(super) most: usize,
    pub(super) now: Timestamp,
    pub(super) visibility: Duration,
    /// Messages that were received so often are taken out instead.
    pub(super) max_receives: u32,
}

/// Messages by their position, which is the order of arrival.
#[derive(Debug)]
pub(super) struct Shelf {
    held: BTreeMap<u64, Held>,
    by_id: HashMap<Arc<str>, u64>,
    /// The positions that a receive may take.
    ready: BTreeSet<u64>,
    hidden: BTreeSet<(Timestamp, u64)>,
    /// Of a FIFO queue.
    groups: Option<Groups>,
    next: u64,
    receipts: u64,
}

impl Shelf {
    pub(super) fn new(fifo: bool) -> Self {
        Self {
            held: BTreeMap::new(),
            by_id: HashMap::new(),
            ready: BTreeSet::new(),
            hidden: BTreeSet::new(),
            groups: fifo.then(Groups::default),
            next: 0,
            receipts: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.held.len()
    }

    /// Adds a message that is hidden until `visible`.
    pub(super) fn add(&mut self, message: Received, visible: Timestamp, now: Timestamp) {
        let position = self.next;
        self.next += 1;
        self.by_id.insert(message.id.clone(), position);
        let is_hidden = visible > now;
        let received = message.sent;
        self.held.insert(position, Held { message, visible, is_hidden, received });
        self.place(position);
    }

    /// Receives messages in the order of arrival. The second part was received too often, and is no
    /// longer here.
    pub(super) fn receive(&mut self, receive: Receive) -> (Vec<Received>, Vec<Received>) {
        let Receive { most, now, visibility, max_receives } = receive;
        self.surface(now);
        let (mut positions, mut taken, mut dead) = (Vec::new(), Vec::new(), Vec::new());
        while taken.len() < most
            && let Some(&position) = self.ready.first()
        {
            self.unplace(position);
            let Some(held) = self.held.get_mut(&position) else { continue };
            if held.message.receives >= max_receives {
                dead.extend(self.forget(position));
                continue;
            }
            self.receipts += 1;
            let message = &mut held.message;
            message.receives += 1;
            message.receipt = self.receipts;
            if message.receives == 1 {
                message.first_received = now;
            }
            held.received = now;
            held.visible = now + visibility;
            held.is_hidden = held.visible > now;
            taken.push(message.clone());
            positions.push(position);
        }
        // Only now: one receive takes several messages of a group.
        positions.into_iter().for_each(|position| self.place(position));
        (taken, dead)
    }

    /// Deletes a message by a receipt that is its latest.
    pub(super) fn delete(&mut self, id: &str, receipt: u64) -> bool {
        let Some(position) = self.find(id, receipt) else { return false };
        self.unplace(position);
        self.forget(position).is_some()
    }

    /// When the message with this latest receipt was received.
    pub(super) fn received(&self, id: &str, receipt: u64) -> Option<Timestamp> {
        Some(self.held.get(&self.find(id, receipt)?)?.received)
    }

    /// Hides a message until `visible`, by a receipt that is its latest.
    pub(super) fn hide(&mut self, id: &str, receipt: u64, visible: Timestamp, now: Timestamp) {
        let Some(position) = self.find(id, receipt) else { return };
        self.unplace(position);
        if let Some(held) = self.held.get_mut(&position) {
            held.visible = visible;
            held.is_hidden = visible > now;
        }
        self.place(position);
    }

    /// The time at which a receive gives something: [`Timestamp::MIN`] where it would now, `None`
    /// where nothing is held.
    pub(super) fn next_visible(&self) -> Option<Timestamp> {
        match self.ready.is_empty() {
            false => Some(Timestamp::MIN),
            true => self.hidden.first().map(|(visible, _)| *visible),
        }
    }

    /// All messages but the first `known`, in the order of arrival.
    pub(super) fn after(&self, known: usize) -> impl Iterator<Item = &Received> {
        let first = self.held.keys().next().copied().unwrap_or_default();
        // Where nothing was deleted in between, a position is a count.
        let is_dense = self.next - first == self.held.len() as u64;
        let (from, skipped) = if is_dense { (first.saturating_add(known as u64), 0) } else { (first, known) };
        self.held.range(from..).skip(skipped).map(|(_, held)| &held.message)
    }

    /// Takes all messages out, in the order of arrival.
    pub(super) fn take(&mut self) -> impl Iterator<Item = Received> + use<> {
        let empty = Self { next: self.next, receipts: self.receipts, ..Self::new(self.groups.is_some()) };
        std::mem::replace(self, empty).held.into_values().map(|held| held.message)
    }

    fn find(&self, id: &str, receipt: u64) -> Option<u64> {
        let position = *self.by_id.get(id)?;
        (self.held.get(&position)?.message.receipt == receipt).then_some(position)
    }

    fn forget(&mut self, position: u64) -> Option<Received> {
        let held = self.held.remove(&position)?;
        self.by_id.remove(&held.message.id);
        Some(held.message)
    }

    /// Shows the messages whose time has come.
    fn surface(&mut self, now: Timestamp) {
        while let Some(&(visible, position)) = self.hidden.first()
            && visible <= now
        {
            self.unplace(position);
            if let Some(held) = self.held.get_mut(&position) {
                held.is_hidden = false;
            }
            self.place(position);
        }
    }

    /// Enters a message into the indexes.
    fn place(&mut self, position: u64) {
        let Some(Held { message, visible, is_hidden, .. }) = self.held.get(&position) else { return };
        if *is_hidden {
            self.hidden.insert((*visible, position));
        }
        match (&mut self.groups, &message.content.group) {
            (Some(groups), Some(group)) => groups.add(group, position, *is_hidden, &mut self.ready),
            _ if !*is_hidden => drop(self.ready.insert(position)),
            _ => {}
        }
    }

    /// Takes a message out of the indexes.
    fn unplace(&mut self, position: u64) {
        let Some(Held { message, visible, is_hidden, .. }) = self.held.get(&position) else { return };
        if *is_hidden {
            self.hidden.remove(&(*visible, position));
        }
        match (&mut self.groups, &message.content.group) {
            (Some(groups), Some(group)) => groups.remove(group, position, *is_hidden, &mut self.ready),
            _ => drop(self.ready.remove(&position)),
        }
    }
}
