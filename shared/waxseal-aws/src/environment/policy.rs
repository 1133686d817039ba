//! The settings of the engine, the policy of batches, the reach of sweeps and the service of ticks.

use std::{sync::Arc, time::Duration};

use waxseal::{
    Settings,
    batch::{Choice as _, GroupPolicy, Grouping, MalformedPolicy, Policy, TotalFailure},
    relay::SWEEP_REACH,
};
use waxseal_catalog::settings::{
    BACKOFF, COMMIT_GROUPING, CONCURRENCY, FIFO_GROUPS, HORIZON, ISOLATION, KAFKA_RESPONSES, LEASE,
    LOG_HANDLED, MALFORMED, MAX_AGE, MAX_RECEIVES, METRICS, SWEEP, TIMERS_OF, TOTAL_FAILURE,
};

use super::parts::Environment;
use crate::{log_handled::LogHandled, metrics::Metrics, setting_error::SettingError};

impl Environment {
    /// [`Settings`]: `WAXSEAL_HORIZON_DAYS`, `WAXSEAL_LEASE_SECONDS`, `WAXSEAL_METRICS` and `WAXSEAL_LOG_HANDLED` where
    /// they are set.
    ///
    /// # Errors
    /// Where one has a wrong value.
    pub fn settings(&self) -> Result<Settings, SettingError> {
        let mut settings = Settings::default();
        if let Some(days) = self.variables.number::<u64>(&HORIZON)? {
            settings.horizon = Duration::from_hours(days * 24);
        }
        if let Some(seconds) = self.variables.number(&LEASE)? {
            settings.lease = Duration::from_secs(seconds);
        }
        if let Some(namespace) = self.variables.optional(&METRICS)? {
            settings.observers = settings.observers.and(Arc::new(Metrics::in_namespace(namespace)));
        }
        if self.variables.choice(&LOG_HANDLED, &[("off", false), ("on", true)])? {
            settings.observers = settings.observers.and(Arc::new(LogHandled));
        }
        Ok(settings)
    }

    /// [`Policy`]: `WAXSEAL_MAX_RECEIVES`, `WAXSEAL_MAX_RECORD_AGE_SECONDS`, `WAXSEAL_KAFKA_RESPONSES`,
    /// `WAXSEAL_CONCURRENCY`, `WAXSEAL_BACKOFF_SECONDS`, `WAXSEAL_MALFORMED`, `WAXSEAL_COMMIT_GROUPING`,
    /// `WAXSEAL_ISOLATION`, `WAXSEAL_FIFO_GROUPS` and `WAXSEAL_TOTAL_FAILURE` where they are set.
    ///
    /// # Errors
    /// Where one has a wrong value.
    pub fn policy(&self) -> Result<Policy, SettingError> {
        let mut policy = Policy::default();
        policy.max_receives = self.variables.number(&MAX_RECEIVES)?.or(policy.max_receives);
        policy.max_age = self.variables.number(&MAX_AGE)?.map(Duration::from_secs).or(policy.max_age);
        policy.kafka_offsets =
            self.variables.choice(&KAFKA_RESPONSES, &[("whole", false), ("partial", true)])?;
        policy.concurrency = self.variables.number(&CONCURRENCY)?.unwrap_or(policy.concurrency);
        if let Some(seconds) = self.variables.number(&BACKOFF)? {
            policy.backoff.base = Duration::from_secs(seconds);
        }
        policy.malformed = self.variables.choice(&MALFORMED, MalformedPolicy::WORDS)?;
        policy.grouping = self.variables.choice(&COMMIT_GROUPING, Grouping::WORDS)?;
        policy.isolation = self.variables.choice(&ISOLATION, &[("off", false), ("on", true)])?;
        policy.groups = self.variables.choice(&FIFO_GROUPS, GroupPolicy::WORDS)?;
        policy.total_failure = self.variables.choice(&TOTAL_FAILURE, TotalFailure::WORDS)?;
        Ok(policy)
    }

    /// How far back a relay's sweep may begin: `WAXSEAL_SWEEP_DAYS`, [`SWEEP_REACH`] unless it is set.
    ///
    /// # Errors
    /// Where it has a wrong value.
    pub fn sweep_reach(&self) -> Result<Duration, SettingError> {
        let days = self.variables.number::<u64>(&SWEEP)?;
        Ok(days.map_or(SWEEP_REACH, |days| Duration::from_hours(days * 24)))
    }

    /// The service for which a relay ticks: `WAXSEAL_TIMERS_OF`. `None` where the service has no timers.
    ///
    /// # Errors
    /// Where it has a wrong value.
    pub fn timers_of(&self) -> Result<Option<&str>, SettingError> {
        self.variables.optional(&TIMERS_OF)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use aws_config::SdkConfig;
    use waxseal_catalog::settings::{SETTINGS, Unset, Values};

    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Environment::new(SdkConfig::builder().build(), variables)
    }

    #[test]
    fn an_absurd_variable_is_named_with_what_is_wrong() {
        for (name, value) in [
            ("WAXSEAL_HORIZON_DAYS", "0"),
            ("WAXSEAL_LEASE_SECONDS", "1m"),
            ("WAXSEAL_MAX_RECEIVES", "-1"),
            ("WAXSEAL_CONCURRENCY", "99999999999999999999"),
            ("WAXSEAL_MALFORMED", "drop"),
            ("WAXSEAL_COMMIT_GROUPING", "some"),
            ("WAXSEAL_FIFO_GROUPS", "wait"),
            ("WAXSEAL_ISOLATION", "yes"),
            ("WAXSEAL_TOTAL_FAILURE", "panic"),
            ("WAXSEAL_BACKOFF_SECONDS", "0"),
            ("WAXSEAL_METRICS", "AWS/SQS"),
            ("WAXSEAL_LOG_HANDLED", "yes"),
            ("WAXSEAL_MAX_RECORD_AGE_SECONDS", "59"),
            ("WAXSEAL_KAFKA_RESPONSES", "some"),
        ] {
            let aws = environment(&[(name, value)]);
            let error = aws.settings().err().or(aws.policy().err()).unwrap();
            assert_eq!(error.variable, name);
            assert!(error.to_string().contains(&format!("is `{value}`, not ")), "{error}");
        }
        let error = environment(&[("WAXSEAL_SWEEP_DAYS", "0")]).sweep_reach().unwrap_err();
        assert!(error.to_string().starts_with("WAXSEAL_SWEEP_DAYS is `0`, not a whole number"), "{error}");
    }

    #[test]
    fn optional_settings_override_the_defaults() {
        let aws = environment(&[
            ("WAXSEAL_HORIZON_DAYS", "40"),
            ("WAXSEAL_LEASE_SECONDS", "90"),
            ("WAXSEAL_MAX_RECEIVES", "5"),
            ("WAXSEAL_CONCURRENCY", "3"),
            ("WAXSEAL_MALFORMED", "retry"),
            ("WAXSEAL_COMMIT_GROUPING", "fewest-requests"),
            ("WAXSEAL_FIFO_GROUPS", "block"),
            ("WAXSEAL_ISOLATION", "on"),
            ("WAXSEAL_TOTAL_FAILURE", "raise"),
            ("WAXSEAL_BACKOFF_SECONDS", "2"),
            ("WAXSEAL_METRICS", "shop-prod"),
            ("WAXSEAL_LOG_HANDLED", "on"),
            ("WAXSEAL_MAX_RECORD_AGE_SECONDS", "3600"),
            ("WAXSEAL_KAFKA_RESPONSES", "partial"),
        ]);
        let (settings, policy) = (aws.settings().unwrap(), aws.policy().unwrap());
        assert_eq!(settings.horizon, Duration::from_hours(40 * 24));
        assert_eq!(settings.lease, Duration::from_secs(90));
        assert_eq!((policy.max_receives, policy.concurrency), (Some(5), 3));
        assert_eq!(policy.malformed, MalformedPolicy::Retry);
        assert_eq!((policy.grouping, policy.groups), (Grouping::FewestRequests, GroupPolicy::Block));
        assert_eq!((policy.total_failure, policy.isolation), (TotalFailure::Raise, true));
        assert_eq!(policy.backoff.base, Duration::from_secs(2));
        assert_eq!(format!("{:?}", settings.observers), "2 observers");
        assert_eq!((policy.max_age, policy.kafka_offsets), (Some(Duration::from_secs(3600)), true));
        let swept = environment(&[("WAXSEAL_SWEEP_DAYS", "30")]).sweep_reach();
        assert_eq!(swept, Ok(Duration::from_hours(30 * 24)));
        assert_eq!(environment(&[("WAXSEAL_TIMERS_OF", "fulfilment")]).timers_of(), Ok(Some("fulfilment")));
        assert_eq!(environment(&[]).timers_of(), Ok(None));
        let absurd = environment(&[("WAXSEAL_TIMERS_OF", "arn:aws:x")]).timers_of().unwrap_err().to_string();
        assert!(absurd.contains("not a service's name"), "{absurd}");
    }

    #[test]
    fn the_defaults_of_the_table_are_those_of_the_core() {
        let defaults: Vec<(&str, &str)> = SETTINGS
            .iter()
            .filter_map(|setting| match setting.unset {
                Unset::Default(value) => Some((setting.name, value)),
                _ => None,
            })
            .collect();
        let (bare, explicit) = (environment(&[]), environment(&defaults));
        let shown = |aws: &Environment| {
            let settings = aws.settings().unwrap();
            (settings.horizon, settings.lease, format!("{:?}", aws.policy().unwrap()), aws.sweep_reach())
        };
        assert_eq!(shown(&bare), shown(&explicit));
        assert_eq!(bare.settings().unwrap().horizon, Settings::default().horizon);
        assert_eq!(bare.policy().unwrap().concurrency, Policy::default().concurrency);
        let bytes = waxseal::claim_check::Limits::default().bytes.to_string();
        assert!(defaults.contains(&("WAXSEAL_CLAIM_BYTES", &bytes)));
    }

    #[test]
    fn every_word_of_a_choice_has_a_meaning() {
        for setting in SETTINGS {
            let Values::Choice(words) = setting.values else { continue };
            let meanings = words.iter().map(|word| {
                let aws = environment(&[(setting.name, word)]);
                format!("{:?} {:?}", aws.policy().unwrap(), aws.settings().unwrap())
            });
            let distinct: BTreeSet<String> = meanings.collect();
            assert_eq!(distinct.len(), words.len(), "{}", setting.name);
        }
    }
}
