//! A sweep: what receipts emitted in a window of time is published again, from the receipts themselves (O-1).
//!
//! A DynamoDB stream forgets after 24 hours, receipts are kept for weeks. Nothing in a receipt says whether it was
//! published: to write that down would cost a second write for each, on every good day, for the sake of the one bad day. So a
//! sweep publishes all of its window, under the ids that it always had, and who has taken an event before takes no
//! effect from it again (O-3). That holds for as long as the consumers' receipts are kept, so a sweep is to count in
//! their horizon as a replay from an archive is.
//!
//! It goes in steps, each of which ends at a [place](Sweep::after) that another sweep can go on from: an invocation that
//! runs out of time, or is cut off, has lost nothing but its last step.

use std::{future::Future, time::Duration};

use crate::{
    dead_letter::DeadLetters,
    emission::{Emission, read_emissions},
    relay::{
        progress::Progress,
        publish::publish_each,
        publisher::{Pending, Publisher, Relay},
    },
    row::Receipt,
    table::{Item, Key, Scan, ScanPage, Table, TableError, Value, attribute::EMITTED},
};
use waxseal_message::Timestamp;

/// A table whose receipts can be read one after another: every [`Table`] is one.
///
/// A trait of its own, so that a sweep can be tested without a table.
pub trait Receipts: Send + Sync {
    /// The items after `after` that emitted something: one page of them, in an order that stays the same between calls.
    /// `after` may be the key of any item that a page held, or [`ScanPage::next`].
    ///
    /// Items that emitted nothing may be among them: they are passed over.
    ///
    /// # Errors
    /// Where the table cannot be read.
    fn emitted(&self, after: Option<&Key>) -> impl Future<Output = Result<ScanPage, TableError>> + Send;
}

impl<T: Table> Receipts for T {
    async fn emitted(&self, after: Option<&Key>) -> Result<ScanPage, TableError> {
        self.scan(&Scan::having(EMITTED).after(after.cloned())).await
    }
}

/// How far back a sweep may begin where nobody says otherwise: 7 days. Consumers' horizons count it.
pub const SWEEP_REACH: Duration = Duration::from_hours(7 * 24);

/// From when to when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// What was emitted then is the first of it.
    pub from: Timestamp,
    /// What was emitted then is not in it any more.
    pub to: Timestamp,
}

impl Window {
    fn holds(&self, time: Timestamp) -> bool {
        (self.from..self.to).contains(&time)
    }
}

/// What a sweep has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Receipts that emitted something in the window.
    pub receipts: u64,
    /// Those that are wholly published, dead letters included.
    pub published: u64,
    /// Messages that can never be published, and are dead letters now: refused ones, and those that are older than
    /// [`CHANNEL_WAIT`](super::CHANNEL_WAIT) and whose channel does not exist or is denied (O-6).
    pub dead_lettered: u64,
    /// Receipts of which something could not be published.
    pub failed: u64,
}

/// Why a sweep cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SweepError {
    /// The table could not be read.
    #[error("the receipts cannot be read")]
    Read(#[source] TableError),
    /// A channel did not take something, after several tries.
    #[error("what receipt {receipt} emitted was not published: {reason}")]
    Unpublished {
        /// The first such receipt.
        receipt: Key,
        /// The channel's own words.
        reason: String,
    },
}

/// Receipts published at once: as many as a stream brings.
const CHUNK: usize = 100;

/// A sweep on its way through a table.
#[derive(Debug)]
pub struct Sweep {
    window: Window,
    after: Option<Key>,
    counts: Counts,
    /// Of the last page: what is not published yet, in its order, and whose.
    pending: Vec<Pending>,
    keys: Vec<Key>,
    /// Where the next page begins; `None` before the first one and after the last one.
    next: Option<Key>,
    began: bool,
    /// The published emissions of `pending`.
    progress: Progress,
}

impl Sweep {
    /// A sweep of `window`, from the table's start or from where another one was.
    #[must_use]
    pub fn new(window: Window, after: Option<Key>) -> Self {
        let next = after.clone();
        let (counts, pending, keys) = (Counts::default(), Vec::new(), Vec::new());
        Self { window, after, counts, pending, keys, next, began: false, progress: Progress::default() }
    }

    /// Its window.
    #[must_use]
    pub fn window(&self) -> Window {
        self.window
    }

    /// What it has done so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// The place that it has come to: all before it is published. `None` at the table's start.
    #[must_use]
    pub fn after(&self) -> Option<&Key> {
        self.after.as_ref()
    }

    /// Whether it is at the table's end.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.began && self.pending.is_empty() && self.next.is_none()
    }

    /// Reads one page, or publishes what at most 100 of its receipts emitted. May be dropped while it runs: what it was about
    /// is then published again by whoever goes on from [`Sweep::after`].
    ///
    /// # Errors
    /// Where it cannot go on; the place is then before the first receipt that is not published.
    pub async fn step(
        &mut self,
        receipts: &impl Receipts,
        relay: &Relay<'_, impl Publisher, impl DeadLetters>,
    ) -> Result<(), SweepError> {
        if !self.pending.is_empty() {
            return self.publish(relay).await;
        }
        if self.is_complete() {
            return Ok(());
        }
        let page = receipts.emitted(self.next.as_ref()).await.map_err(SweepError::Read)?;
        self.began = true;
        self.next = page.next;
        (self.keys, self.pending) =
            page.items.into_iter().filter_map(|item| pending(item, self.window)).unzip();
        self.turn_page();
        Ok(())
    }

    async fn publish(
        &mut self,
        relay: &Relay<'_, impl Publisher, impl DeadLetters>,
    ) -> Result<(), SweepError> {
        let count = self.pending.len().min(CHUNK);
        // A sweep publishes all of its window, whatever the stream's records have remembered; of those the log is told
        // together.
        let relay = Relay { progress: &self.progress, ..*relay };
        let mut ends = publish_each(&relay, &self.pending[..count]).await;
        let _ = self.progress.checkpoint(&self.pending[..count]);
        let open = ends.iter().position(|end| end.open.is_some());
        let failed = ends.iter().filter(|end| end.open.is_some()).count();
        self.counts.receipts += count as u64;
        self.counts.published += (count - failed) as u64;
        self.counts.failed += failed as u64;
        self.counts.dead_lettered += ends.iter().map(|end| end.dead_lettered).sum::<u64>();
        let done = open.unwrap_or(count);
        self.pending.drain(..done);
        self.after = self.keys.drain(..done).next_back().or(self.after.take());
        if let (Some(index), Some(receipt)) = (open, self.keys.first()) {
            let reason = ends[index].open.take().unwrap_or_default();
            return Err(SweepError::Unpublished { receipt: receipt.clone(), reason });
        }
        self.turn_page();
        Ok(())
    }

    /// Once all of a page is published, the place is its end.
    fn turn_page(&mut self) {
        if self.pending.is_empty()
            && let Some(next) = &self.next
        {
            self.after = Some(next.clone());
        }
    }
}

/// What an item has emitted in the window.
fn pending(item: Item, window: Window) -> Option<(Key, Pending)> {
    let (emissions, emitted) = match item.attributes.get(EMITTED)? {
        Value::Text(text) => (read(text), text.clone()),
        // As unreadable as a wrong text, and worth as much to the person who mends it.
        Value::Foreign(foreign) => (Err(no_text(&item)), foreign.json().to_owned()),
        Value::Number(number) => (Err(no_text(&item)), number.to_string()),
    };
    if !is_within(&item, emissions.as_deref().unwrap_or_default(), window) {
        return None;
    }
    let (record, body) = (item.key.to_string(), emitted.into_bytes());
    // Each envelope says when it was emitted: an effect may emit long after its receipt's first attempt.
    Some((item.key, Pending { record, at: None, emissions, body }))
}

fn read(emitted: &str) -> Result<Vec<Emission>, String> {
    // By place alone: serde's own words would quote what it found there.
    read_emissions(emitted).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        format!("the attribute {EMITTED} is not what a receipt holds, at line {line} column {column}")
    })
}

fn no_text(item: &Item) -> String {
    format!("the attribute {EMITTED} is {}: a receipt's is a text", item.standing(EMITTED))
}

/// The envelopes say when they were emitted. Where none does, the receipt says when its first attempt began; and what says nothing
/// of time is in every window: once too often is better than never.
fn is_within(item: &Item, emissions: &[Emission], window: Window) -> bool {
    let mut times = emissions.iter().filter_map(Emission::emitted_at).peekable();
    if times.peek().is_some() {
        return times.any(|time| window.holds(time));
    }
    Receipt::from_item(item).map_or(true, |receipt| window.holds(receipt.first_at))
}
