//! The parts of a function, each made of the variables that it needs.

use std::sync::Arc;

use aws_config::SdkConfig;
use waxseal::{Engine, Host, PublishingProgram, batch::Batches};
#[cfg(feature = "secrets")]
use waxseal_catalog::settings::SECRETS;
use waxseal_catalog::settings::{
    AWS_REGION, BUS, DEAD_LETTERS, FIFO_DEAD_LETTERS, QUEUES, Setting, TABLE, TIMEOUT, TOPICS,
};
#[cfg(feature = "claim-check")]
use waxseal_catalog::settings::{CLAIM_BYTES, CLAIMS, CLAIMS_FROM};

#[cfg(feature = "claim-check")]
use crate::claims::S3Claims;
#[cfg(feature = "secrets")]
use crate::secrets::{self, Place, SecretsError};
use crate::{
    call::Target,
    dead_letters::SqsDeadLetters,
    dynamo::Dynamo,
    host::SystemHost,
    publish::{Channels, Publisher},
    sdk,
    setting_error::SettingError,
    variables::Variables,
    visibility::SqsVisibility,
};

/// The environment of a function on AWS (or on `LocalStack`): its variables and one SDK configuration that all its
/// clients share, with one HTTP client behind it.
///
/// Every accessor checks the variables that it reads and no others, so that a function need not set what it does not
/// use. The crate's front page has an example.
#[derive(Debug, Clone)]
pub struct Environment {
    sdk: SdkConfig,
    pub(super) variables: Variables,
}

impl Environment {
    /// Reads the variables of the process and prepares the SDK. No request is sent, no file is read: region and credentials
    /// come from variables, as Lambda sets them.
    #[must_use]
    pub fn from_env() -> Self {
        Self { sdk: sdk::config(), variables: Variables::of_process() }
    }

    /// An environment of given parts: for tests and for programs that configure the SDK themselves.
    ///
    /// ```
    /// use waxseal_aws::{Environment, SdkConfig};
    /// let sdk = SdkConfig::builder().build();
    /// let aws = Environment::new(sdk, [("WAXSEAL_CONCURRENCY".to_owned(), "zero".to_owned())]);
    /// assert_eq!(
    ///     aws.policy().unwrap_err().to_string(),
    ///     "WAXSEAL_CONCURRENCY is `zero`, not a whole number from 1 to 10000: it is the number of handlers that run at once, \
    ///      for example WAXSEAL_CONCURRENCY=10 (WX0302)"
    /// );
    /// ```
    #[must_use]
    pub fn new(sdk: SdkConfig, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { sdk, variables: Variables::new(variables) }
    }

    /// The SDK's configuration, for clients of one's own.
    #[must_use]
    pub fn sdk(&self) -> &SdkConfig {
        &self.sdk
    }

    /// The service's table, `WAXSEAL_TABLE`.
    ///
    /// # Errors
    /// Where a variable is absent or has a wrong value.
    pub fn table(&self) -> Result<Dynamo, SettingError> {
        let name = self.variables.required(&TABLE)?.to_owned();
        let target = self.target(format!("table {name}"), &TABLE, "DYNAMODB")?;
        Ok(Dynamo::at(aws_sdk_dynamodb::Client::new(&self.sdk), name, target))
    }

    /// Warns of a time-out of the function that is no longer than one attempt of a call: a lost packet then fails the
    /// invocation.
    fn check_timeout(&self) -> Result<(), SettingError> {
        let Some(seconds) = self.variables.number::<u64>(&TIMEOUT)? else { return Ok(()) };
        let attempt = sdk::ATTEMPT.as_secs();
        if seconds <= attempt {
            tracing::warn!(
                "the function's time-out is {seconds} s ({}), and one attempt of a call takes up to {attempt} s: give the \
                 function a longer Timeout",
                TIMEOUT.name
            );
        }
        Ok(())
    }

    /// The dead-letter queue, `WAXSEAL_DLQ_URL`, and where `WAXSEAL_FIFO_DLQ_SUFFIX` is set those beside FIFO queues.
    ///
    /// # Errors
    /// Where a variable is absent or has a wrong value.
    pub fn dead_letters(&self) -> Result<SqsDeadLetters, SettingError> {
        self.check_timeout()?;
        self.variables.warn_of_unknown();
        let url = self.variables.required(&DEAD_LETTERS)?.to_owned();
        let target = self.target(format!("queue {url}"), &DEAD_LETTERS, "SQS")?;
        let suffix = self.variables.optional(&FIFO_DEAD_LETTERS)?.map(str::to_owned);
        Ok(SqsDeadLetters::at(aws_sdk_sqs::Client::new(&self.sdk), url, target).beside_fifo(suffix))
    }

    /// The claim check: `WAXSEAL_CLAIMS` and, where they are set, `WAXSEAL_CLAIMS_FROM` and
    /// `WAXSEAL_CLAIM_BYTES`. Functions without large events must not call it: it links the S3 client.
    ///
    /// # Errors
    /// Where a variable is absent or has a wrong value.
    #[cfg(feature = "claim-check")]
    pub fn claim_check(&self) -> Result<waxseal::claim_check::ClaimCheck, SettingError> {
        let value = self.variables.required(&CLAIMS)?;
        let rest = value.trim_start_matches("s3://");
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let target = self.target(format!("bucket {bucket}"), &CLAIMS, "S3")?;
        let trusted = self.variables.optional(&CLAIMS_FROM)?.unwrap_or_default().split(',').map(str::trim);
        let trusted = trusted.filter(|name| !name.is_empty()).map(str::to_owned);
        let mut limits = waxseal::claim_check::Limits::default();
        limits.bytes = self.variables.number(&CLAIM_BYTES)?.unwrap_or(limits.bytes);
        let store = S3Claims::at(&self.sdk, bucket.to_owned(), prefix, target).trusting(trusted);
        Ok(waxseal::claim_check::ClaimCheck::new(store).within(limits))
    }

    /// The secrets of this function, from every `WAXSEAL_SECRET_<NAME>` that is set. All are read at once, within 8 s.
    /// Functions without secrets must not call it: it links the clients of Secrets Manager and Parameter Store.
    ///
    /// ```no_run
    /// # struct Gateway; impl Gateway { fn with_token(_: &str) -> Self { Self } }
    /// # async fn function() -> Result<(), Box<dyn std::error::Error>> {
    /// let aws = waxseal_aws::Environment::from_env();
    /// let secrets = aws.secrets().await?;
    /// let gateway = Gateway::with_token(secrets.get("GATEWAY_TOKEN")?);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Where one is missing, denied or no text, or does not answer. The error names it, and never a value.
    #[cfg(feature = "secrets")]
    pub async fn secrets(&self) -> Result<waxseal_catalog::Secrets, SecretsError> {
        let mut places = Vec::new();
        for member in self.variables.members(&SECRETS) {
            let (variable, value) = member?;
            let target = |what, service| self.target_named(what, variable.to_owned(), service);
            places.push(Place::read(value, target)?);
        }
        secrets::read(&self.sdk, places).await
    }

    /// The visibility of failed records: it tells queues when to deliver them again. It needs no variable of its own, since a
    /// queue's URL is made of its ARN and of `WAXSEAL_DLQ_URL`.
    ///
    /// # Errors
    /// As [`Environment::dead_letters`].
    pub fn visibility(&self) -> Result<SqsVisibility, SettingError> {
        let url = self.variables.required(&DEAD_LETTERS)?.to_owned();
        let target = self.target("the function's queues".to_owned(), &DEAD_LETTERS, "SQS")?;
        Ok(SqsVisibility::new(&self.sdk, url, target))
    }

    /// Batches for `engine` with everything of this environment: dead letters, visibility and policy.
    ///
    /// # Errors
    /// Where a variable is absent or has a wrong value.
    pub fn batches(&self, engine: Engine) -> Result<Batches, SettingError> {
        Ok(Batches::new(engine, self.dead_letters()?, self.policy()?).delayed(self.visibility()?))
    }

    /// The clock and the entropy of the system.
    #[must_use]
    pub fn host(&self) -> Arc<dyn Host> {
        Arc::new(SystemHost)
    }

    /// The relay's publisher: `WAXSEAL_BUS`, and every `WAXSEAL_TOPIC_<NAME>` and `WAXSEAL_QUEUE_<NAME>` that is set.
    /// Functions that are no relay must not call it: it links three more clients.
    ///
    /// # Errors
    /// Where a variable is absent or has a wrong value.
    pub fn publisher(&self) -> Result<Publisher, SettingError> {
        Ok(Publisher::new(&self.sdk, self.channels()?))
    }

    /// The publisher of a program that is no Lambda function, with the same variables: the outputs of the program's stack
    /// have their values. [`Publisher`] has an example.
    ///
    /// [`Environment::from_env`] takes credentials from variables alone, as Lambda sets them. A program on ECS or EC2 gives
    /// its own configuration of the SDK to [`Environment::new`].
    ///
    /// # Errors
    /// Where a variable is absent or has a wrong value.
    pub fn publisher_of<P: PublishingProgram>(&self) -> Result<Publisher<P>, SettingError> {
        Ok(Publisher::new(&self.sdk, self.channels()?))
    }

    fn channels(&self) -> Result<Channels, SettingError> {
        let bus = self.variables.required(&BUS)?.to_owned();
        let target = self.target(format!("bus {bus}"), &BUS, "EVENTBRIDGE")?;
        let mut channels = Channels::new(bus, target);
        for (family, kind, service) in [(&TOPICS, "topic", "SNS"), (&QUEUES, "queue", "SQS")] {
            for member in self.variables.members(family) {
                let (name, value) = member?;
                let target = self.target_named(format!("{kind} {value}"), name.to_owned(), service)?;
                channels.add(name.to_owned(), value.to_owned(), target);
            }
        }
        Ok(channels)
    }

    fn target(&self, what: String, setting: &Setting, service: &'static str) -> Result<Target, SettingError> {
        self.target_named(what, setting.name.to_owned(), service)
    }

    fn target_named(
        &self,
        what: String,
        variable: String,
        service: &'static str,
    ) -> Result<Target, SettingError> {
        self.variables.check_names()?;
        let region = self.sdk.region().ok_or_else(|| SettingError::not_set(&AWS_REGION))?.to_string();
        AWS_REGION.values.check(&region).map_err(|problem| SettingError::bad_value(&AWS_REGION, problem))?;
        let endpoint = self.variables.endpoint(service)?.or(self.sdk.endpoint_url()).map(str::to_owned);
        Ok(Target { what, variable, service, region, endpoint })
    }
}

#[cfg(test)]
mod tests {
    use aws_config::{BehaviorVersion, Region};

    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        let sdk = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .build();
        Environment::new(sdk, variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn an_absent_variable_is_named_with_its_purpose_and_an_example() {
        assert_eq!(
            environment(&[]).table().unwrap_err().to_string(),
            "WAXSEAL_TABLE is not set: it is the service's own DynamoDB table, name or ARN, for example WAXSEAL_TABLE=orders (WX0301)"
        );
        assert_eq!(
            environment(&[("WAXSEAL_DLQ_URL", " ")]).dead_letters().unwrap_err().to_string(),
            "WAXSEAL_DLQ_URL is not set: it is the URL of the standard queue that dead letters go to, for example \
             WAXSEAL_DLQ_URL=https://sqs.eu-west-1.amazonaws.com/123456789012/orders-dlq (WX0301)"
        );
        assert_eq!(environment(&[]).publisher().unwrap_err().variable, "WAXSEAL_BUS");
        let no_region = Environment::new(
            SdkConfig::builder().build(),
            [("WAXSEAL_TABLE".to_owned(), "orders".to_owned())],
        );
        assert_eq!(no_region.table().unwrap_err().variable, "AWS_REGION");
    }

    #[test]
    fn an_absurd_topic_is_named_with_what_is_wrong() {
        let topic = environment(&[("WAXSEAL_BUS", "shop"), ("WAXSEAL_TOPIC_STOCK", "stock")]);
        assert_eq!(
            topic.publisher().unwrap_err().to_string(),
            "WAXSEAL_TOPIC_STOCK is `stock`, not a topic's ARN: it is the ARN of the SNS topic of that name, for example \
             WAXSEAL_TOPIC_STOCK=arn:aws:sns:eu-west-1:123456789012:stock-level-changed (WX0302)"
        );
    }

    #[test]
    fn a_misspelt_variable_is_refused_by_every_part_and_an_unknown_one_by_none() {
        let good = [
            ("WAXSEAL_TABLE", "orders"),
            ("WAXSEAL_BUS", "shop"),
            ("WAXSEAL_DLQ_URL", "https://sqs.eu-west-1.amazonaws.com/123456789012/orders-dlq"),
        ];
        for (name, meant) in [
            ("WAXSEAL_CONCURENCY", "WAXSEAL_CONCURRENCY"),
            ("WAXSEAL_TOPICS_STOCK", "WAXSEAL_TOPIC_STOCK"),
            ("waxseal_bus", "WAXSEAL_BUS"),
            ("WAXSEAL_GROUPS", "WAXSEAL_FIFO_GROUPS"),
            ("WAXSEAL_GROUPING", "WAXSEAL_COMMIT_GROUPING"),
        ] {
            let aws = environment(&[&good[..], &[(name, "10")]].concat());
            for error in
                [aws.table().err(), aws.publisher().err(), aws.dead_letters().err(), aws.visibility().err()]
            {
                let error = error.unwrap();
                assert_eq!(error.variable, name);
                let start = format!("{name} is not known; {meant} may be meant: it is ");
                assert!(error.to_string().starts_with(&start), "{error}");
                assert!(error.to_string().contains(&format!(", for example {meant}=")), "{error}");
            }
        }
        for unknown in [("WAXSEAL_LEDGER_BUCKET", "x"), ("WAXSEAL_TABEL", ""), ("TABLE", "x")] {
            let aws = environment(&[&good[..], &[unknown]].concat());
            assert!(aws.dead_letters().is_ok() && aws.publisher().is_ok(), "{unknown:?}");
        }
    }

    #[test]
    fn an_endpoint_that_is_no_url_and_a_region_that_is_none_are_refused_with_their_variables() {
        let table = ("WAXSEAL_TABLE", "orders");
        for name in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB"] {
            let error = environment(&[table, (name, "not a url")]).table().unwrap_err();
            assert_eq!(
                error.to_string(),
                format!(
                    "{name} is `not a url`, not a URL of http or https with a host: it is the endpoint that requests go to instead \
                     of AWS's own, for example {name}=http://127.0.0.1:4566 (WX0302)"
                )
            );
        }
        let region = Environment::new(
            SdkConfig::builder().region(Region::new("eu west 1")).build(),
            [("WAXSEAL_TABLE".to_owned(), "orders".to_owned())],
        );
        assert_eq!(region.table().unwrap_err().variable, "AWS_REGION");
    }
}
