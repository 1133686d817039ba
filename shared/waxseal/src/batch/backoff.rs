//! The delay of a failed record: full jitter, set by the queue's visibility (S-24, S-25).

use std::{future::Future, time::Duration};

use crate::{
    batch::{
        outcome::RecordOutcome,
        record::{ReceiptHandle, Record},
    },
    future::BoxFuture,
    token::Token,
};

/// Full jitter: a random delay of up to `min(cap, base · 2^(receives − 1))`.
///
/// Source: "Exponential backoff and jitter", AWS Architecture Blog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Backoff {
    /// The longest delay of the first retry; 30 s by default.
    pub base: Duration,
    /// The longest delay of any retry; 15 min by default.
    pub cap: Duration,
}

impl Backoff {
    /// Delays of up to `base` at first, and never above `cap`.
    #[must_use]
    pub const fn new(base: Duration, cap: Duration) -> Self {
        Self { base, cap }
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self { base: Duration::from_secs(30), cap: Duration::from_mins(15) }
    }
}

/// The longest delay. SQS hides a message for at most 12 hours from its receive, and an invocation
/// may use 15 minutes of them.
pub const LONGEST_DELAY: Duration = Duration::from_mins(12 * 60 - 15);

/// A record whose next delivery is delayed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Delay {
    /// The record's id, for logs.
    pub record: String,
    /// The receipt handle of this delivery.
    pub receipt_handle: ReceiptHandle,
    /// The delay from now on; with zero the record is delivered again at once.
    pub after: Duration,
}

impl Delay {
    /// A delay of this delivery of a record.
    pub fn new(record: impl Into<String>, receipt_handle: ReceiptHandle, after: Duration) -> Self {
        Self { record: record.into(), receipt_handle, after }
    }
}

/// Sets the time at which queues deliver records again.
pub trait Visibility: Send + Sync + 'static {
    /// Delays the records, and logs those that it cannot delay. Such a record is delivered again by
    /// its queue's own visibility, so a failure here never changes the response (S-25).
    fn delay(&self, delays: Vec<Delay>) -> impl Future<Output = ()> + Send;
}

/// The erased form of [`Visibility`].
pub(super) trait AnyVisibility: Send + Sync {
    fn delay(&self, delays: Vec<Delay>) -> BoxFuture<'_, ()>;
}

impl<V: Visibility> AnyVisibility for V {
    fn delay(&self, delays: Vec<Delay>) -> BoxFuture<'_, ()> {
        Box::pin(Visibility::delay(self, delays))
    }
}

impl Backoff {
    /// The longest delay of the retry after this many receives.
    #[must_use]
    pub fn ceiling(&self, receives: u32) -> Duration {
        let doubled = 1_u32.checked_shl(receives.saturating_sub(1)).filter(|factor| *factor > 0);
        doubled.and_then(|factor| self.base.checked_mul(factor)).map_or(self.cap, |wait| wait.min(self.cap))
    }

    /// The delay of the record, where this function sets one. `random` is an unpredictable number.
    pub(super) fn delay(&self, record: &Record, outcome: &RecordOutcome, random: u64) -> Option<Duration> {
        let after = match outcome {
            // The record is not at fault: another invocation can have it at once (S-20).
            RecordOutcome::Unstarted => Duration::ZERO,
            RecordOutcome::Failed { retry_after: Some(after), .. } => *after,
            RecordOutcome::Failed { retry_after: None, .. } => jitter(self.ceiling(record.receives), random),
            // In a FIFO group only the head is delayed; the records behind it wait for it (S-25).
            RecordOutcome::Done(_) | RecordOutcome::DeadLettered { .. } | RecordOutcome::Blocked => {
                return None;
            }
        };
        Some(after.min(LONGEST_DELAY))
    }
}

/// A random time of up to `most`, in milliseconds.
pub(super) fn jitter(most: Duration, random: u64) -> Duration {
    let most = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(match most.checked_add(1) {
        Some(sides) => random % sides,
        None => random,
    })
}

/// A random number from a token. It is mixed, since some hosts' tokens are not random in every bit.
pub(super) fn random(token: Token) -> u64 {
    let [high, low] = [token.0 >> 64, token.0 & u128::from(u64::MAX)];
    let mut mixed = (high ^ low) as u64;
    // SplitMix64's finalizer.
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use crate::batch::record::Content;
    use proptest::prelude::*;

    use super::*;

    fn record(receives: u32) -> Record {
        Record { receives, ..Record::new("m-1", Vec::new(), Content::Ignored("for a test")) }
    }

    fn failed(retry_after: Option<Duration>) -> RecordOutcome {
        RecordOutcome::Failed { reason: "the gateway answered 503".into(), retry_after }
    }

    #[test]
    fn s24_the_ceiling_doubles_up_to_the_cap() {
        let backoff = Backoff::default();
        let ceilings: Vec<u64> = (0..8).map(|receives| backoff.ceiling(receives).as_secs()).collect();
        assert_eq!(ceilings, [30, 30, 60, 120, 240, 480, 900, 900]);
        assert_eq!(backoff.ceiling(u32::MAX), backoff.cap);
    }

    proptest! {
        #[test]
        fn s24_a_retry_waits_within_its_ceiling_and_never_beyond_what_sqs_allows(
            receives in 0..200_u32, base in 0..100_000_u64, cap in 0..1_000_000_u64, token: u128,
        ) {
            let backoff = Backoff { base: Duration::from_secs(base), cap: Duration::from_secs(cap) };
            let after = backoff.delay(&record(receives), &failed(None), random(Token(token))).unwrap();
            prop_assert!(after <= backoff.ceiling(receives) && after <= LONGEST_DELAY);
        }

        #[test]
        fn s24_a_handlers_own_delay_wins(receives in 1..20_u32, seconds in 0..100_000_u64, token: u128) {
            let after = Duration::from_secs(seconds);
            let delay = Backoff::default().delay(&record(receives), &failed(Some(after)), random(Token(token)));
            prop_assert_eq!(delay, Some(after.min(LONGEST_DELAY)));
        }
    }

    #[test]
    fn s24_jitter_uses_the_whole_range_even_of_tokens_that_count() {
        let most = Duration::from_secs(30);
        let waits: Vec<u64> = (0..10_000).map(|n| jitter(most, random(Token(n))).as_secs()).collect();
        for second in 0..30 {
            let share = waits.iter().filter(|wait| **wait == second).count();
            assert!((200..500).contains(&share), "{share} of 10,000 wait {second} s");
        }
    }

    #[test]
    fn s25_only_the_head_of_a_group_is_delayed() {
        let delay = |outcome: &RecordOutcome| Backoff::default().delay(&record(1), outcome, 7);
        assert_eq!(delay(&RecordOutcome::Blocked), None);
        assert_eq!(delay(&RecordOutcome::Done(None)), None);
        assert_eq!(delay(&RecordOutcome::Unstarted), Some(Duration::ZERO));
    }
}
