//! A sweep: the emissions of a window of time are published again, from the receipts themselves
//! (O-1).
//!
//! A DynamoDB stream forgets after 24 hours, while receipts are kept for weeks. A receipt does not
//! store whether it was published: that would cost a second write for each receipt, for the sake of
//! a rare failure. So a sweep publishes its whole window, under the original ids. An event has no
//! second effect on a consumer that has handled it (O-3), as long as the consumer keeps its
//! receipt. The reach of a sweep therefore counts in consumers' horizons, as a replay from an
//! archive does.
//!
//! A sweep goes in steps. Each step ends at a [place](Sweep::after) from which another sweep can go
//! on. An invocation that runs out of time, or is cut off, thus loses only its last step.

use std::{future::Future, time::Duration};

use crate::{
    dead_letter::DeadLetters,
    emission::{Emission, read_emissions},
    relay::{
        pending::Pending,
        progress::Progress,
        publish::publish_each,
        publisher::{Publish, Relay},
    },
    row::Receipt,
    table::{Item, Key, Scan, ScanPage, Table, TableError, Value, attribute::EMITTED},
};
use waxseal_message::Timestamp;

/// A table whose receipts can be read one after another: every [`Table`] is one.
///
/// The trait exists so that a sweep can be tested without a table.
pub trait Receipts: Send + Sync {
    /// One page of items with emissions, after `after`, in an order that stays the same between
    /// calls. `after` may be the key of any item of a page, or [`ScanPage::next`].
    ///
    /// Items without emissions may be among them; a sweep ignores these.
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

/// The default reach of a sweep, the farthest time back at which it may begin: 7 days. Consumers'
/// horizons count it.
pub const SWEEP_REACH: Duration = Duration::from_hours(7 * 24);

/// A window of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The first time in the window.
    pub from: Timestamp,
    /// The first time after the window.
    pub to: Timestamp,
}

impl Window {
    fn holds(&self, time: Timestamp) -> bool {
        (self.from..self.to).contains(&time)
    }
}

/// The counts of a sweep.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Receipts with emissions in the window.
    pub receipts: u64,
    /// Receipts that are wholly published, dead letters included.
    pub published: u64,
    /// Messages that can never be published and are dead letters now. They were refused; or they
    /// are older than [`CHANNEL_WAIT`](super::CHANNEL_WAIT), and their channel does not exist or is
    /// denied (O-6).
    pub dead_lettered: u64,
    /// Receipts with an emission that could not be published.
    pub failed: u64,
}

/// The reason why a sweep cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SweepError {
    /// The table could not be read.
    #[error("the receipts cannot be read")]
    Read(#[source] TableError),
    /// A channel did not take an emission after several tries.
    #[error("what receipt {receipt} emitted was not published: {reason}")]
    Unpublished {
        /// The first such receipt.
        receipt: Key,
        /// The reason in the channel's own text.
        reason: String,
    },
}

/// The number of receipts published at once: as many as a stream delivers.
const CHUNK: usize = 100;

/// A sweep on its way through a table.
#[derive(Debug)]
pub struct Sweep {
    window: Window,
    after: Option<Key>,
    counts: Counts,
    /// The unpublished receipts of the last page, in its order.
    pending: Vec<Pending>,
    keys: Vec<Key>,
    /// The key after which the next page begins; `None` before the first page and after the last
    /// one.
    next: Option<Key>,
    began: bool,
    /// The published emissions of `pending`.
    progress: Progress,
}

impl Sweep {
    /// A sweep of `window`, from the table's start or from the place of another sweep.
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

    /// Its counts so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Its place: everything before it is published. `None` at the table's start.
    #[must_use]
    pub fn after(&self) -> Option<&Key> {
        self.after.as_ref()
    }

    /// Whether it has reached the table's end.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.began && self.pending.is_empty() && self.next.is_none()
    }

    /// Reads one page, or publishes the emissions of at most 100 of its receipts. It may be dropped
    /// while it runs: a sweep that goes on from [`Sweep::after`] then publishes the same receipts
    /// again.
    ///
    /// # Errors
    /// Where it cannot go on; the place is then before the first receipt that is not published.
    pub async fn step(
        &mut self,
        receipts: &impl Receipts,
        relay: &Relay<'_, impl Publish, impl DeadLetters>,
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

    async fn publish(&mut self, relay: &Relay<'_, impl Publish, impl DeadLetters>) -> Result<(), SweepError> {
        let count = self.pending.len().min(CHUNK);
        // A sweep publishes its whole window, so it ignores the memory for the stream's records.
        // Log intervals are shared.
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

    /// Moves the place to the end of the page, once all of the page is published.
    fn turn_page(&mut self) {
        if self.pending.is_empty()
            && let Some(next) = &self.next
        {
            self.after = Some(next.clone());
        }
    }
}

/// The emissions of an item in the window.
fn pending(item: Item, window: Window) -> Option<(Key, Pending)> {
    let (emissions, emitted) = match item.attributes.get(EMITTED)? {
        Value::Text(text) => (read(text), text.clone()),
        // The value is unreadable, as a wrong text is, and is kept for the person who repairs it.
        Value::Foreign(foreign) => (Err(no_text(&item)), foreign.json().to_owned()),
        Value::Number(number) => (Err(no_text(&item)), number.to_string()),
    };
    if !is_within(&item, emissions.as_deref().unwrap_or_default(), window) {
        return None;
    }
    let (record, body) = (item.key.to_string(), emitted.into_bytes());
    // Each envelope has its own time: an effect may emit long after its receipt's first attempt.
    Some((item.key, Pending { record, at: None, emissions, body }))
}

fn read(emitted: &str) -> Result<Vec<Emission>, String> {
    // The reason has only the place, since serde's text would quote the content.
    read_emissions(emitted).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        format!("the attribute {EMITTED} is not what a receipt holds, at line {line} column {column}")
    })
}

fn no_text(item: &Item) -> String {
    format!("the attribute {EMITTED} is {}: a receipt's is a text", item.standing(EMITTED))
}

/// Whether an item is in the window. The times are those of the envelopes. Where they have none, it
/// is the begin of the receipt's first attempt. An item without any time is in every window, since
/// a second publication does no harm.
fn is_within(item: &Item, emissions: &[Emission], window: Window) -> bool {
    let mut times = emissions.iter().filter_map(Emission::emitted_at).peekable();
    if times.peek().is_some() {
        return times.any(|time| window.holds(time));
    }
    Receipt::from_item(item).map_or(true, |receipt| window.holds(receipt.first_at))
}
