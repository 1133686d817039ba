//! The waits between tries, and their end.

use std::time::{Duration, Instant};

/// Exponential backoff with full jitter, bounded in number and in time.
///
/// Contention lasts as long as another writer's transaction, some ten milliseconds, so the first waits are short. After about
/// two seconds the table is overloaded rather than contended. The queue's own retry waits better then: nothing is billed
/// there. The jitter is full, because writers that collided once would collide again in step.
#[derive(Debug, Clone, Copy)]
pub(super) struct RetryPolicy {
    base: Duration,
    cap: Duration,
    waits: u32,
    total: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            base: Duration::from_millis(20),
            cap: Duration::from_millis(500),
            waits: 9,
            total: Duration::from_secs(5),
        }
    }
}

impl RetryPolicy {
    pub(super) fn start(self) -> Retries {
        Retries { policy: self, waited: 0, since: Instant::now() }
    }
}

/// The retries of one call.
#[derive(Debug)]
pub(super) struct Retries {
    policy: RetryPolicy,
    waited: u32,
    since: Instant,
}

impl Retries {
    /// Waits before another try. `false` where there should be none.
    pub(super) async fn wait(&mut self) -> bool {
        let Some(delay) = self.next(self.since.elapsed(), fastrand::f64()) else { return false };
        tokio::time::sleep(delay).await;
        true
    }

    fn next(&mut self, elapsed: Duration, random: f64) -> Option<Duration> {
        let RetryPolicy { base, cap, waits, total } = self.policy;
        let ceiling = base.saturating_mul(1 << self.waited.min(16)).min(cap);
        let delay = ceiling.mul_f64(random);
        if self.waited >= waits || elapsed + delay > total {
            return None;
        }
        self.waited += 1;
        Some(delay)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn waits_are_bounded_in_number_and_time(draws in prop::collection::vec(0.0..=1.0, 40)) {
            let mut retries = RetryPolicy::default().start();
            let mut elapsed = Duration::ZERO;
            let mut waits = 0;
            for draw in draws {
                let Some(delay) = retries.next(elapsed, draw) else { break };
                prop_assert!(delay <= Duration::from_millis(500));
                elapsed += delay;
                waits += 1;
            }
            prop_assert!(waits <= 9 && elapsed <= Duration::from_secs(5));
        }
    }

    #[test]
    fn the_ceiling_doubles_and_slow_answers_end_it() {
        let mut retries = RetryPolicy::default().start();
        let ceilings: Vec<_> = (0..7).filter_map(|_| retries.next(Duration::ZERO, 1.0)).collect();
        assert_eq!(
            ceilings.iter().map(Duration::as_millis).collect::<Vec<_>>(),
            [20, 40, 80, 160, 320, 500, 500]
        );
        assert_eq!(retries.next(Duration::from_secs(5), 1.0), None);
    }
}
