//! The tick: once a minute the index of timers is read, and the service is told which rows are due
//! (S-69).
//!
//! A tick writes nothing. A hint that is lost, late or doubled does no harm, since the row alone says
//! whether a timer is due.

use std::{future::Future, time::Duration};

use futures_util::future::join_all;

use crate::{
    dead_letter::DeadLetters,
    emission::Emission,
    hint::hint,
    relay::publisher::{Publish, Relay},
    row::times::{SHARDS, shard_name},
    table::{Due, DueItem, DuePage, Table, TableError},
};
use waxseal_message::Timestamp;

/// The interval of ticks. Each one looks as far ahead, and the queue holds its hints back until they
/// are due, so that a timer is as exact as the queue's delay.
pub const TICK: Duration = Duration::from_secs(60);

/// The hints that are sent at once.
const CHUNK: usize = 500;

/// A table with an index of timers: every [`Table`] is one.
pub trait Timers: Send + Sync {
    /// One page of the index.
    ///
    /// # Errors
    /// Where the table cannot be read.
    fn due(&self, due: &Due) -> impl Future<Output = Result<DuePage, TableError>> + Send;
}

impl<T: Table> Timers for T {
    async fn due(&self, due: &Due) -> Result<DuePage, TableError> {
        Table::due(self, due).await
    }
}

/// The counts of a tick.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ticked {
    /// The rows that are due within the next minute, or were due before.
    pub due: u64,
    /// The hints that the queue has taken.
    pub hinted: u64,
}

/// Reads the index of timers and sends a hint for each row that is due before the next tick.
///
/// Shards are read side by side. Each is read from its newest time back, so that rows that fail again
/// and again do not delay the others. It may be dropped while it runs: the next tick finds what is
/// left.
///
/// # Errors
/// The first shard that cannot be read. The others are read to their ends.
pub async fn tick(
    relay: &Relay<'_, impl Publish, impl DeadLetters>,
    timers: &impl Timers,
) -> Result<Ticked, TableError> {
    let until = relay.now.saturating_add(TICK);
    let shards = join_all((0..SHARDS).map(|shard| tick_shard(relay, timers, shard_name(shard), until))).await;
    let mut total = Ticked::default();
    for shard in shards {
        let Ticked { due, hinted } = shard?;
        total.due += due;
        total.hinted += hinted;
    }
    Ok(total)
}

async fn tick_shard(
    relay: &Relay<'_, impl Publish, impl DeadLetters>,
    timers: &impl Timers,
    shard: String,
    until: Timestamp,
) -> Result<Ticked, TableError> {
    let mut ticked = Ticked::default();
    let mut due = Due::of(shard, until);
    loop {
        let page = timers.due(&due).await?;
        ticked.due += page.items.len() as u64;
        for items in page.items.chunks(CHUNK) {
            ticked.hinted += send(relay, items).await;
        }
        match page.next {
            Some(next) => due = due.after(next),
            None => return Ok(ticked),
        }
    }
}

/// Sends the hints, and counts those that the queue has taken.
async fn send(relay: &Relay<'_, impl Publish, impl DeadLetters>, items: &[DueItem]) -> u64 {
    let hint = |item: &DueItem| {
        let at = Timestamp::from_millisecond(item.at).unwrap_or(relay.now);
        hint(relay.service, (&*item.key.partition, &*item.key.sort), at, relay.now)
    };
    let hints: Vec<Emission> = items.iter().map(hint).collect();
    let answers = relay.publisher.publish(&hints.iter().collect::<Vec<_>>(), relay.now).await;
    let refused = answers.iter().find_map(|answer| answer.as_ref().err());
    if let Some(error) = refused {
        tracing::warn!(reason = error.reason, "hints were not sent; the next tick sends them");
    }
    answers.iter().filter(|answer| answer.is_ok()).count() as u64
}
