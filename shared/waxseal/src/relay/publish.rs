//! The publication of a batch of receipts. Each channel is independent: one that fails or is silent
//! delays no other.

use futures_util::future::join_all;

use crate::{
    code::Code,
    dead_letter::{DeadLetter, DeadLetters},
    emission::Emission,
    observe::{Published, PublishedAs},
    relay::{
        pending::Pending,
        publisher::{CHANNEL_WAIT, Publish, PublishError, PublishErrorKind, Relay},
    },
};

/// The number of tries of one call for refused entries, before the stream's own retry goes on.
const TRIES: usize = 3;

/// Publishes the emissions of one stream batch's receipts. Channels are independent: even within
/// one receipt order is kept for each channel alone (O-2).
///
/// The result is the checkpoint: the index of the first receipt that is not wholly published, or
/// `None` when all are. That receipt and all after it are delivered again, with the same ids (O-3).
/// Emissions that this environment has published are not published again. Emissions that can never
/// be published are dead-lettered and block no others (O-6).
///
/// It may be dropped while it runs: [`Progress::checkpoint`](super::Progress::checkpoint) then
/// gives the checkpoint.
pub async fn publish(
    relay: &Relay<'_, impl Publish, impl DeadLetters>,
    receipts: &[Pending],
) -> Option<usize> {
    publish_each(relay, receipts).await;
    relay.progress.checkpoint(receipts)
}

/// The end of one receipt's emissions.
#[derive(Debug, Clone, Default)]
pub(super) struct End {
    /// The reason why it is not wholly published.
    pub(super) open: Option<String>,
    /// The number of its dead letters.
    pub(super) dead_lettered: u64,
}

/// The end of one emission that was not published.
enum Fate {
    DeadLettered,
    Open(String),
}

/// One emission on its way.
#[derive(Clone, Copy)]
struct Entry<'a> {
    /// The index of its receipt.
    receipt: usize,
    /// Its position among the receipt's emissions.
    position: usize,
    emission: &'a Emission,
}

/// Publishes as [`publish`] does; the ends are in the order of `receipts`.
pub(super) async fn publish_each(
    relay: &Relay<'_, impl Publish, impl DeadLetters>,
    receipts: &[Pending],
) -> Vec<End> {
    let mut ends = vec![End::default(); receipts.len()];
    let mut lanes: Vec<Vec<Entry<'_>>> = Vec::new();
    let mut unreadable = Vec::new();
    for (receipt, pending) in receipts.iter().enumerate() {
        match &pending.emissions {
            Ok(emissions) => {
                for (position, emission) in emissions.iter().enumerate() {
                    if relay.progress.is_done(pending, position) {
                        continue;
                    }
                    let entry = Entry { receipt, position, emission };
                    match lanes.iter_mut().find(|lane| lane[0].emission.channel == emission.channel) {
                        Some(lane) => lane.push(entry),
                        None => lanes.push(vec![entry]),
                    }
                }
            }
            Err(reason) if !relay.progress.is_done(pending, 0) => unreadable.push((receipt, reason)),
            Err(_) => {}
        }
    }
    for (receipt, reason) in unreadable {
        let pending = &receipts[receipt];
        let unpublished =
            DeadLetter { body: pending.body.clone(), ..without_body(relay, pending, reason.clone()) };
        ends[receipt].add(dead_letter(relay, unpublished, || relay.progress.done(pending, 0)).await);
    }
    let fates = join_all(lanes.into_iter().map(|lane| publish_lane(relay, receipts, lane))).await;
    for (receipt, fate) in fates.into_iter().flatten() {
        ends[receipt].add(fate);
    }
    ends
}

/// Publishes the entries of one channel, in order. It returns the fates of receipts with an
/// unpublished entry.
async fn publish_lane(
    relay: &Relay<'_, impl Publish, impl DeadLetters>,
    receipts: &[Pending],
    mut left: Vec<Entry<'_>>,
) -> Vec<(usize, Fate)> {
    let mut fates = Vec::new();
    for round in 1..=TRIES {
        let entries: Vec<&Emission> = left.iter().map(|entry| entry.emission).collect();
        let mut results = relay.publisher.publish(&entries, relay.now).await.into_iter();
        let (mut failed, mut waiting) = (Vec::new(), Vec::new());
        let mut unpublishable = Vec::new();
        for entry in left {
            let pending = &receipts[entry.receipt];
            // A publisher that answers for fewer entries than it got has published none of the
            // rest.
            let answer = results
                .next()
                .unwrap_or_else(|| Err(PublishError::transient("the publisher gave no answer for it")));
            observe(relay, entry.emission, &answer);
            match answer {
                Ok(()) => relay.progress.done(pending, entry.position),
                Err(error) => match error.kind {
                    PublishErrorKind::Refused => unpublishable.push((entry, error.reason)),
                    PublishErrorKind::NoChannel if has_waited(relay, pending, entry.emission) => {
                        let reason = format!("it is older than 5 minutes, and still {}", error.reason);
                        unpublishable.push((entry, reason));
                    }
                    PublishErrorKind::NoChannel => waiting.push((entry, error.reason)),
                    PublishErrorKind::Transient => failed.push((entry, error.reason)),
                },
            }
        }
        // The dead letters follow the notes about all answers, since the call may be dropped here.
        for (entry, reason) in unpublishable {
            let pending = &receipts[entry.receipt];
            let unpublished = unpublished(relay, pending, entry.emission, &reason);
            fates.push((
                entry.receipt,
                dead_letter(relay, unpublished, || relay.progress.done(pending, entry.position)).await,
            ));
        }
        tell(relay, receipts, &failed, &waiting, round);
        // An immediate retry does not help a missing channel.
        fates.extend(waiting.into_iter().map(|(entry, reason)| (entry.receipt, Fate::Open(reason))));
        if failed.is_empty() || round == TRIES {
            fates.extend(failed.into_iter().map(|(entry, reason)| (entry.receipt, Fate::Open(reason))));
            break;
        }
        left = failed.into_iter().map(|(entry, _)| entry).collect();
    }
    fates
}

fn observe<P, D>(relay: &Relay<'_, P, D>, emission: &Emission, answer: &Result<(), PublishError>) {
    let outcome = match answer {
        Ok(()) => PublishedAs::Published,
        Err(error) if error.kind == PublishErrorKind::Refused => PublishedAs::Refused(Code::NotPublished),
        Err(_) => PublishedAs::Waiting,
    };
    let published = Published::new(relay.service, &emission.channel, outcome);
    relay.observers.each(|observer| observer.published(&published));
}

/// Logs one line for all entries of the channel, since one for each could be thousands.
fn tell<P, D>(
    relay: &Relay<'_, P, D>,
    receipts: &[Pending],
    failed: &[(Entry<'_>, String)],
    waiting: &[(Entry<'_>, String)],
    round: usize,
) {
    if let Some((entry, reason)) = failed.first() {
        let (record, channel) = (&*receipts[entry.receipt].record, &*entry.emission.channel);
        let entries = failed.len();
        tracing::warn!(record, channel, reason, entries, round, "not published, tried again");
    }
    if let Some((entry, reason)) = waiting.first()
        && relay.progress.tells(&entry.emission.channel, relay.now)
    {
        let (record, channel) = (&*receipts[entry.receipt].record, &*entry.emission.channel);
        let entries = waiting.len();
        tracing::error!(
            record,
            channel,
            reason,
            entries,
            "there is no such channel, or it is denied: tried again until the record is 5 minutes old, then a dead letter"
        );
    }
}

/// Whether an emission has waited long enough for its channel. An emission without any time has.
fn has_waited<P, D>(relay: &Relay<'_, P, D>, pending: &Pending, emission: &Emission) -> bool {
    let at = pending.at.or_else(|| emission.emitted_at());
    at.is_none_or(|at| relay.now.saturating_duration_since(at) >= CHANNEL_WAIT)
}

/// The dead letter of a receipt, still without a body.
fn without_body<P, D>(relay: &Relay<'_, P, D>, pending: &Pending, reason: String) -> DeadLetter {
    DeadLetter {
        body: Vec::new(),
        attributes: Vec::new(),
        queue: None,
        group: None,
        code: Code::NotPublished,
        reason,
        quoted_reason: None,
        time: relay.now,
        record: pending.record.clone(),
        service: relay.service.to_owned(),
        identity: None,
        name: None,
        handler: None,
        handlers: Vec::new(),
    }
}

/// The dead letter of one emission.
fn unpublished<P, D>(
    relay: &Relay<'_, P, D>,
    receipt: &Pending,
    emission: &Emission,
    reason: &str,
) -> DeadLetter {
    let header = emission.header().ok();
    let (name, identity) = header.map_or((None, None), |header| {
        (Some(header.name.into_owned()), Some((header.source.into_owned(), header.id.into_owned())))
    });
    let reason = format!("cannot be published to {}: {reason}", emission.channel);
    let body = emission.envelope.get().as_bytes().to_vec();
    DeadLetter { body, identity, name, ..without_body(relay, receipt, reason) }
}

impl End {
    fn add(&mut self, fate: Fate) {
        match fate {
            Fate::DeadLettered => self.dead_lettered += 1,
            Fate::Open(reason) => {
                self.open.get_or_insert(reason);
            }
        }
    }
}

/// Writes a dead letter for emissions, which are `done` with it.
async fn dead_letter(
    relay: &Relay<'_, impl Publish, impl DeadLetters>,
    dead_letter: DeadLetter,
    done: impl FnOnce() + Send,
) -> Fate {
    match dead_letter.write(relay.dead_letters, relay.observers).await {
        Ok(()) => {
            done();
            Fate::DeadLettered
        }
        Err(reason) => Fate::Open(reason),
    }
}
