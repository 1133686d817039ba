//! The time that each step has.

use std::time::Duration;

/// The time within which each command is answered. After it the process undoes what was sent; the
/// confirmation alone is asked for again.
///
/// The first two end within 15 minutes, so their timers are delayed messages. Any longer one waits
/// for the tick, which comes once a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deadlines {
    /// Of `inventory`: 10 minutes.
    pub stock: Duration,
    /// Of `payment`: 14 minutes. A gateway that is silent for so long is out of order.
    pub payment: Duration,
    /// Of `shipping`: 2 days, with a weekend in the warehouse.
    pub parcel: Duration,
    /// Of `orders`: 10 minutes, and twice as long after each question. Its answer cannot be undone,
    /// so the question is asked again, at least once a day.
    pub confirmation: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            stock: Duration::from_secs(10 * 60),
            payment: Duration::from_secs(14 * 60),
            parcel: Duration::from_secs(48 * 3600),
            confirmation: Duration::from_secs(10 * 60),
        }
    }
}

impl Deadlines {
    /// The same time for each step.
    ///
    /// ```
    /// use std::time::Duration;
    /// let hasty = fulfilment::Deadlines::of_each(Duration::from_secs(2));
    /// assert_eq!((hasty.stock, hasty.confirmation), (Duration::from_secs(2), Duration::from_secs(2)));
    /// ```
    #[must_use]
    pub fn of_each(time: Duration) -> Self {
        Self { stock: time, payment: time, parcel: time, confirmation: time }
    }

    /// The count of questions after one more. It stands still once the time no longer grows, so that an instance that is
    /// asked about for ever has few states.
    pub(crate) fn after_question(before: u32) -> u32 {
        const TIME_STANDS: u32 = 8;
        before.saturating_add(1).min(TIME_STANDS)
    }

    /// The time for the answer to the question about the confirmation that was asked `before` times.
    pub(crate) fn of_confirmation(self, before: u32) -> Duration {
        const LONGEST: Duration = Duration::from_secs(24 * 3600);
        self.confirmation.saturating_mul(2_u32.saturating_pow(before)).min(LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_waits_twice_as_long_each_time_and_a_day_at_most() {
        let deadlines = Deadlines::default();
        let minutes = [0, 1, 7, 8, 63].map(|before| deadlines.of_confirmation(before).as_secs() / 60);
        assert_eq!(minutes, [10, 20, 1280, 1440, 1440]);
    }
}
