//! The relay: publishes what receipts emitted. The stored bytes, in a receipt's order, each until the channel took it.
//!
//! It is fed from the table's stream; what a stream has forgotten it reads from the receipts themselves: a [`Sweep`].

mod sweep;

use std::future::Future;

use serde::Deserialize;

pub use sweep::{Counts, Emitted, Receipts, SWEEP_REACH, Sweep, SweepError, Window};

use crate::{
    batch::{DeadLetters, Letter},
    receipt::Emission,
};

/// Publishes envelopes to their channels.
pub trait Publisher: Send + Sync + 'static {
    /// Publishes `emissions`, in order where the channel keeps one; the results are in the order of `emissions`. The
    /// chunking to a channel's limits of count and bytes is the publisher's (S-26).
    fn publish(&self, emissions: &[&Emission]) -> impl Future<Output = Vec<Result<(), PublishError>>> + Send;
}

/// Why one entry was not published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct PublishError {
    /// The channel's own words.
    pub reason: String,
    /// No retry can help: too big, refused, or no such channel (O-6).
    pub permanent: bool,
}

/// What one receipt emitted, as a stream record or a sweep brought it.
#[derive(Debug, Clone)]
pub struct Pending {
    /// What the response names it by: the stream record's sequence number, or the receipt's key.
    pub record: String,
    /// The attribute [`EMITTED`](crate::item::attribute::EMITTED), read; or what is wrong with it.
    pub emissions: Result<Vec<Emission>, String>,
    /// The attribute as it arrived, for the dead-letter queue.
    pub body: Vec<u8>,
}

/// How often one call tries entries that the channel did not take, before the stream's own retry goes on.
const TRIES: usize = 3;

/// Publishes what the receipts of one stream batch emitted.
///
/// The result is the index of the first receipt that is not wholly published (the checkpoint: it and all after it come
/// again, under the same ids, O-3), or `None` when all are. What can never be published is dead-lettered and blocks
/// nobody (O-6).
pub async fn publish(
    publisher: &impl Publisher,
    dead_letters: &impl DeadLetters,
    service: &str,
    receipts: &[Pending],
) -> Option<usize> {
    let ends = publish_each(publisher, dead_letters, service, receipts).await;
    ends.iter().position(|end| end.open.is_some())
}

/// What became of one receipt's emissions.
#[derive(Debug, Clone, Default)]
struct End {
    /// Why it is not wholly published.
    open: Option<String>,
    /// How many letters it cost.
    buried: u64,
}

/// Publishes as [`publish`] does; the ends are in the order of `receipts`.
async fn publish_each(
    publisher: &impl Publisher,
    dead_letters: &impl DeadLetters,
    service: &str,
    receipts: &[Pending],
) -> Vec<End> {
    let mut ends = vec![End::default(); receipts.len()];
    let mut left: Vec<(usize, &Emission)> = Vec::new();
    for (index, receipt) in receipts.iter().enumerate() {
        match &receipt.emissions {
            Ok(emissions) => left.extend(emissions.iter().map(|emission| (index, emission))),
            Err(reason) => {
                let letter = Letter {
                    body: receipt.body.clone(),
                    reason: reason.clone(),
                    record: receipt.record.clone(),
                    service: service.to_owned(),
                    identity: None,
                    name: None,
                };
                ends[index].bury(dead_letters, letter).await;
            }
        }
    }
    for round in 1..=TRIES {
        if left.is_empty() {
            break;
        }
        let entries: Vec<&Emission> = left.iter().map(|(_, emission)| *emission).collect();
        let mut results = publisher.publish(&entries).await.into_iter();
        let mut failed = Vec::new();
        for (index, emission) in left {
            let reason = match results.next() {
                Some(Ok(())) => continue,
                Some(Err(PublishError { permanent: true, reason })) => {
                    let letter = unpublishable(service, &receipts[index], emission, reason);
                    ends[index].bury(dead_letters, letter).await;
                    continue;
                }
                Some(Err(PublishError { permanent: false, reason })) => {
                    let record = &*receipts[index].record;
                    tracing::warn!(
                        record,
                        channel = emission.channel,
                        reason,
                        round,
                        "not published, tried again"
                    );
                    reason
                }
                // A publisher that answers for fewer entries than it was given has published none of the rest.
                None => "the publisher gave no answer for it".to_owned(),
            };
            if round == TRIES {
                ends[index].open = Some(reason);
            }
            failed.push((index, emission));
        }
        left = failed;
    }
    ends
}

fn unpublishable(service: &str, receipt: &Pending, emission: &Emission, reason: String) -> Letter {
    /// Enough of the envelope to say whose it is.
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Head {
        event_id: String,
        event_type: String,
        source: String,
    }
    let head: Option<Head> = serde_json::from_str(emission.envelope.get()).ok();
    let (name, identity) =
        head.map_or((None, None), |head| (Some(head.event_type), Some((head.source, head.event_id))));
    Letter {
        body: emission.envelope.get().as_bytes().to_vec(),
        reason: format!("cannot be published to {}: {reason}", emission.channel),
        record: receipt.record.clone(),
        service: service.to_owned(),
        identity,
        name,
    }
}

impl End {
    async fn bury(&mut self, dead_letters: &impl DeadLetters, letter: Letter) {
        let (record, reason) = (letter.record.clone(), letter.reason.clone());
        match dead_letters.send(letter).await {
            Ok(()) => {
                tracing::error!(record, reason, "dead-lettered");
                self.buried += 1;
            }
            Err(error) => {
                let error = crate::chain(&*error);
                tracing::error!(
                    record,
                    reason,
                    error,
                    "the dead-letter queue could not be written, tried again"
                );
                self.open = Some(format!("{reason}; and the dead-letter queue: {error}"));
            }
        }
    }
}
