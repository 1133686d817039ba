//! The rule of a service with timers: it asks the relay for a tick once a minute.
//!
//! A tick that finds nothing changes nothing, so it is left out: 40 days are 57,600 of them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use waxseal::{Timestamp, relay::TICK};
use waxseal_catalog::routes::TICK_PAYLOAD;
use waxseal_lambda::Invoke;

use crate::{function::Deployed, signal::first, wakes::Wakes};

/// Ticks for as long as the environment lives, once a minute from now on.
pub(crate) async fn run(wakes: Wakes, relay: Deployed<impl Invoke>, invocations: Arc<AtomicU64>) {
    let clock = relay.world.clock.clone();
    let mut last = clock.now();
    loop {
        let changed = wakes.changed();
        let Some(wake) = wakes.next() else {
            changed.await;
            continue;
        };
        let next = next(last, wake, clock.now());
        first(changed, clock.sleep_until(next)).await;
        if clock.now() < next {
            // Another row is the first one.
            continue;
        }
        last = next;
        for row in wakes.tick(clock.now() + TICK) {
            relay.world.report.stuck(&row);
        }
        invocations.fetch_add(1, Ordering::Relaxed);
        // A tick that fails is not repeated. The next one finds what is left.
        drop(relay.invoke(TICK_PAYLOAD.as_bytes().to_vec(), false).await);
    }
}

/// The first tick after `last` that looks as far ahead as `wake`, and has not passed.
fn next(last: Timestamp, wake: Timestamp, now: Timestamp) -> Timestamp {
    let to =
        wake.saturating_duration_since(last).saturating_sub(TICK).max(now.saturating_duration_since(last));
    let ticks = to.as_millis().div_ceil(TICK.as_millis()).max(1);
    let after = u64::try_from(ticks * TICK.as_millis()).unwrap_or(u64::MAX);
    last.saturating_add(Duration::from_millis(after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s69_ticks_that_would_find_nothing_are_left_out() {
        let at = |second| Timestamp::from_second(second).unwrap();
        for (wake, now, wanted) in [
            (0, 0, 60),
            (61, 0, 60),
            (120, 0, 60),
            (121, 0, 120),
            (3600, 0, 3540),
            (0, 130, 180),
            (0, 120, 120),
        ] {
            assert_eq!(next(at(0), at(wake), at(now)), at(wanted), "{wake} {now}");
        }
    }
}
