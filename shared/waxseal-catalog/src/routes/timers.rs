//! What a service's table is for beside rows by key: the index of timers with its tick, and
//! histories. The templates, the checks and the embedded environment share it.

use waxseal::Service;

use crate::deployed::Deployed;

/// The name of the index of timers on a service's table.
pub const TIMERS_INDEX: &str = "timers";

/// How often a rule asks a relay for a tick.
pub const TICK_SCHEDULE: &str = "rate(1 minute)";

/// What the rule says to the relay.
pub const TICK_PAYLOAD: &str = r#"{"tick":{}}"#;

impl Deployed {
    /// Whether its table has rows that are woken, and so an index of timers and a tick: it has a
    /// process, or [schedules messages](Service::schedules_messages).
    #[must_use]
    pub fn has_timers(&self) -> bool {
        let has_process = || self.catalog().iter().any(|entry| entry.input.is_some());
        self.service().map_or_else(has_process, Service::has_timers)
    }

    /// Whether its function queries its table: it [keeps a history](Service::keeps_history), or has a
    /// projection.
    #[must_use]
    pub fn queries(&self) -> bool {
        let reads =
            || self.catalog().iter().any(|entry| entry.history.is_some() || entry.projection.is_some());
        self.service().map_or_else(reads, Service::queries_its_table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s69_the_rule_keeps_the_interval_that_a_tick_looks_ahead() {
        assert_eq!(waxseal::relay::TICK.as_secs(), 60);
        assert_eq!(TICK_SCHEDULE, "rate(1 minute)");
    }
}
