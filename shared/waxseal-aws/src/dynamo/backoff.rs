//! How long to wait for others, and when to stop.

use std::time::{Duration, Instant};

/// Exponential backoff with full jitter, bounded in number and in time.
///
/// Contention lasts as long as somebody else's transaction, some ten milliseconds, so the first waits are short. After
/// about two seconds the table is not contended but overloaded, and the queue's own retry waits better than we do:
/// there nothing is billed. Full jitter, because those who collided once would collide again in step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Backoff {
    base: Duration,
    cap: Duration,
    waits: u32,
    total: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            base: Duration::from_millis(20),
            cap: Duration::from_millis(500),
            waits: 9,
            total: Duration::from_secs(5),
        }
    }
}

impl Backoff {
    pub(super) fn start(self) -> Patience {
        Patience { backoff: self, waited: 0, since: Instant::now() }
    }
}

/// One call's use of a [`Backoff`].
#[derive(Debug)]
pub(super) struct Patience {
    backoff: Backoff,
    waited: u32,
    since: Instant,
}

impl Patience {
    /// Waits before another try; `false` where there should be none.
    pub(super) async fn wait(&mut self) -> bool {
        let Some(delay) = self.next(self.since.elapsed(), random()) else { return false };
        tokio::time::sleep(delay).await;
        true
    }

    fn next(&mut self, elapsed: Duration, random: f64) -> Option<Duration> {
        let Backoff { base, cap, waits, total } = self.backoff;
        let ceiling = base.saturating_mul(1 << self.waited.min(16)).min(cap);
        let delay = ceiling.mul_f64(random);
        if self.waited >= waits || elapsed + delay > total {
            return None;
        }
        self.waited += 1;
        Some(delay)
    }
}

/// From 0 to 1. A UUID's first 48 bits are random: no second source of entropy for a jitter.
fn random() -> f64 {
    let bits = uuid::Uuid::new_v4().as_u128() >> 80;
    bits as f64 / (1_u64 << 48) as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn waits_are_bounded_in_number_and_time(draws in prop::collection::vec(0.0..=1.0, 40)) {
            let mut patience = Backoff::default().start();
            let mut elapsed = Duration::ZERO;
            let mut waits = 0;
            for draw in draws {
                let Some(delay) = patience.next(elapsed, draw) else { break };
                prop_assert!(delay <= Duration::from_millis(500));
                elapsed += delay;
                waits += 1;
            }
            prop_assert!(waits <= 9 && elapsed <= Duration::from_secs(5));
        }
    }

    #[test]
    fn the_ceiling_doubles_and_slow_answers_end_it() {
        let mut patience = Backoff::default().start();
        let ceilings: Vec<_> = (0..7).filter_map(|_| patience.next(Duration::ZERO, 1.0)).collect();
        assert_eq!(
            ceilings.iter().map(Duration::as_millis).collect::<Vec<_>>(),
            [20, 40, 80, 160, 320, 500, 500]
        );
        assert_eq!(patience.next(Duration::from_secs(5), 1.0), None);
        assert!((0.0..=1.0).contains(&random()));
    }
}
