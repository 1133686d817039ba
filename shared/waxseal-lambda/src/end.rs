//! When the work of an invocation ends: short of Lambda's deadline, so that there is always an answer (S-20).

use std::time::Duration;

use waxseal::Timestamp;

/// How long before the deadline each point of an invocation lies, in milliseconds: enough after the stop to release leases and to
/// dead-letter, after the cutoff to tell queues when to deliver again, after the last to send the answer.
const BEFORE: [u64; 3] = [700, 400, 200];

/// The most of an invocation's time that they take: a function with a short time-out still works in most of it.
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
