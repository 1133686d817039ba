//! The margins of an invocation. Its work ends short of Lambda's deadline, so that there is always an answer (S-20).

use std::time::Duration;

use waxseal::Timestamp;

/// The time that a response takes on its way to the Runtime API. `lambda_runtime` does not say when it has arrived.
pub(crate) const TO_ANSWER: Duration = Duration::from_millis(200);

/// The time between two points after SIGTERM, in which leases are released. A function with an internal extension gets half a
/// second from Lambda. Source: Lambda developer guide, "Shutdown phase".
pub(crate) const AFTER_SIGTERM: Duration = Duration::from_millis(200);

/// The time before the deadline at which each point lies, in milliseconds. After the stop, leases are
/// released and dead letters written. After the cutoff, queues are told when to deliver again. After
/// the last point the answer is sent.
const BEFORE: [u64; 3] = [700, 400, TO_ANSWER.as_millis() as u64];

/// The points take at most a quarter of an invocation's time: a function with a short time-out works in most of it.
const SHARE: u64 = 4;

/// The stop, the cutoff and the answer of an invocation that begins `now`, in the order of [`waxseal::Point`].
///
/// ```
/// # use waxseal::Timestamp;
/// let at = |text: &str| text.parse::<Timestamp>().unwrap();
/// let [stop, cutoff, answer] = waxseal_lambda::points(at("2026-11-21T09:30:00Z"), at("2026-11-21T09:30:30Z"));
/// assert_eq!(stop, at("2026-11-21T09:30:29.300Z"));
/// assert_eq!(cutoff, at("2026-11-21T09:30:29.600Z"));
/// assert_eq!(answer, at("2026-11-21T09:30:29.800Z"));
/// ```
#[must_use]
pub fn points(now: Timestamp, deadline: Timestamp) -> [Timestamp; 3] {
    let left = deadline.saturating_duration_since(now);
    let most = u64::try_from(left.as_millis()).unwrap_or(u64::MAX) / SHARE;
    BEFORE.map(|before| {
        let before = if most < BEFORE[0] { before * most / BEFORE[0] } else { before };
        deadline.checked_sub(Duration::from_millis(before)).unwrap_or(deadline)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn s20_the_points_come_in_order_before_the_deadline_and_leave_most_of_the_time(left in 0..900_000_i64) {
            let now = Timestamp::from_millisecond(1_795_253_400_123).unwrap();
            let deadline = Timestamp::from_millisecond(1_795_253_400_123 + left).unwrap();
            let [stop, cutoff, answer] = points(now, deadline);
            prop_assert!(stop <= cutoff && cutoff <= answer && answer <= deadline);
            prop_assert!(stop.saturating_duration_since(now).as_millis() >= u128::try_from((left * 3 / 4 - 1).max(0)).unwrap());
        }
    }
}
