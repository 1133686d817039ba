//! The variables with fixed values that tell a function how it runs.
//!
//! The embedded environment gives the same numbers to the engine directly.

use std::{collections::BTreeMap, time::Duration};

use waxseal::{
    Settings,
    batch::{Choice as _, Policy},
};

use crate::{
    app::App,
    deployed::Deployed,
    fifo::FIFO_DEAD_LETTERS_SUFFIX,
    settings::{
        BACKOFF, COMMIT_GROUPING, CONCURRENCY, FIFO_DEAD_LETTERS, FIFO_GROUPS, HORIZON, ISOLATION,
        KAFKA_RESPONSES, LEASE, MALFORMED, MAX_AGE, MAX_RECEIVES, SWEEP, TIMEOUT, TIMERS_OF, TOTAL_FAILURE,
    },
};

impl App {
    /// The variables of a service's function: its concurrency, its time-out, the receives of its
    /// queues and its horizon, and every number or policy that differs from the default.
    #[must_use]
    pub fn variables(&self, service: &Deployed) -> BTreeMap<&'static str, String> {
        let horizon = self.horizon(service);
        let (policy, settings) = (service.policy(), service.settings(horizon));
        let (usual, usual_settings) = (Policy::default(), Settings::default());
        let mut variables = BTreeMap::from([
            (CONCURRENCY.name, policy.concurrency.to_string()),
            (HORIZON.name, horizon.to_string()),
            (MAX_RECEIVES.name, service.max_receives.to_string()),
            (TIMEOUT.name, service.program.timeout.to_string()),
        ]);
        if let Some(age) = policy.max_age {
            variables.insert(MAX_AGE.name, seconds(age));
        }
        let mut unless = |is_usual: bool, name: &'static str, value: String| {
            if !is_usual {
                variables.insert(name, value);
            }
        };
        unless(settings.lease == usual_settings.lease, LEASE.name, seconds(settings.lease));
        let backoff = policy.backoff.base;
        unless(backoff == usual.backoff.base, BACKOFF.name, seconds(backoff));
        unless(policy.malformed == usual.malformed, MALFORMED.name, policy.malformed.word().to_owned());
        unless(policy.grouping == usual.grouping, COMMIT_GROUPING.name, policy.grouping.word().to_owned());
        unless(policy.groups == usual.groups, FIFO_GROUPS.name, policy.groups.word().to_owned());
        let answer = policy.total_failure;
        unless(answer == usual.total_failure, TOTAL_FAILURE.name, answer.word().to_owned());
        unless(!policy.kafka_offsets, KAFKA_RESPONSES.name, "partial".to_owned());
        unless(policy.isolation == usual.isolation, ISOLATION.name, "on".to_owned());
        unless(service.fifo.is_empty(), FIFO_DEAD_LETTERS.name, FIFO_DEAD_LETTERS_SUFFIX.to_owned());
        variables
    }

    /// The variables of a service's relay.
    #[must_use]
    pub fn relay_variables(&self, service: &Deployed) -> BTreeMap<&'static str, String> {
        let mut variables = BTreeMap::from([
            (SWEEP.name, self.retention.sweep.to_string()),
            (TIMEOUT.name, self.relay.timeout.to_string()),
        ]);
        if service.has_timers() {
            variables.insert(TIMERS_OF.name, service.name().to_owned());
        }
        variables
    }
}

fn seconds(duration: Duration) -> String {
    duration.as_secs().max(1).to_string()
}
