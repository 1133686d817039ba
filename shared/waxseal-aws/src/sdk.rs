//! The SDK's configuration, from environment variables alone.
//!
//! `aws_config::defaults` would do it too, and link profile files, STS, ECS and the instance metadata service: 1.5 MB of
//! a Lambda function that gets all it needs in variables. It also asks the metadata service, which costs seconds where
//! there is none.

use std::{env, time::Duration};

use aws_config::{
    BehaviorVersion, Region, SdkConfig, environment::credentials::EnvironmentVariableCredentialsProvider,
    retry::RetryConfig, stalled_stream_protection::StalledStreamProtectionConfig, timeout::TimeoutConfig,
};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::{rt::sleep::TokioSleep, time::SystemTimeSource};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_types::{
    sdk_config::Builder,
    service_config::{LoadServiceConfig, ServiceConfigKey},
};
use waxseal_catalog::settings::{AWS_ENDPOINT, AWS_ENDPOINTS_IGNORED, AWS_REGION};

/// The time that one attempt of a call may take.
pub(crate) const ATTEMPT: Duration = Duration::from_secs(5);

/// One configuration for all clients, with one HTTP client behind it. Sends nothing.
///
/// Source of the variables: AWS SDKs and Tools reference guide, "Environment variables support".
pub(crate) fn config() -> SdkConfig {
    let mut config = builder()
        .region(value(AWS_REGION.name).or_else(|| value("AWS_DEFAULT_REGION")).map(Region::new))
        .credentials_provider(SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new()))
        .use_fips(is_true("AWS_USE_FIPS_ENDPOINT"))
        .use_dual_stack(is_true("AWS_USE_DUALSTACK_ENDPOINT"))
        .service_config(Endpoints);
    if !is_true(AWS_ENDPOINTS_IGNORED.name) {
        config.set_endpoint_url(value(AWS_ENDPOINT.name));
    }
    config.build()
}

/// The parts that no variable configures: the HTTP client, retries and time-outs.
pub(crate) fn builder() -> Builder {
    let http =
        aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http)
        .sleep_impl(TokioSleep::new())
        .time_source(SystemTimeSource::new())
        .retry_config(retries())
        .timeout_config(timeouts())
        // The protection measures long streams second by second. Here every request is short, and an attempt as a whole
        // has some seconds.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
}

/// The SDK retries connections, 5xx and throttling, which it alone can tell apart. It does so with full jitter, and with a
/// quota over all requests of the client, so that retries do not make an outage worse. Three attempts begin at 50 ms:
/// the queue costs nothing while it waits, so longer waits are left to it.
fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(3)
        .with_initial_backoff(Duration::from_millis(50))
        .with_max_backoff(Duration::from_secs(1))
}

/// DynamoDB answers in milliseconds, so a silence of seconds is a lost packet or a lost connection: another attempt is
/// better than the wait. Connecting gets 3 s, because TLS takes most of one second on a cold function of 128 MB. Three
/// attempts end after some 15 s. That is well before an ordinary invocation ends, so that the failure is reported and
/// not cut off. A limit for all attempts would be one more timer for every request.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(3))
        .operation_attempt_timeout(ATTEMPT)
        .build()
}

/// The value of a variable. An empty variable counts as absent, as in the SDK and in shells.
fn value(name: &str) -> Option<String> {
    env::var(name).ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

fn is_true(name: &str) -> bool {
    value(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

/// `AWS_ENDPOINT_URL_DYNAMODB` and its like.
#[derive(Debug)]
struct Endpoints;

impl LoadServiceConfig for Endpoints {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        if key.env() == AWS_ENDPOINT.name && is_true(AWS_ENDPOINTS_IGNORED.name) {
            return None;
        }
        let service = key.service_id().to_ascii_uppercase().replace([' ', '-'], "_");
        value(&format!("{}_{service}", key.env())).or_else(|| value(key.env()))
    }
}
