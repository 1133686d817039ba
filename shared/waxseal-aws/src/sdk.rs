//! The SDK's configuration, from environment variables alone.
//!
//! `aws_config::defaults` would do it too, and link profile files, STS, ECS and the instance metadata service: 1.5 MB of
//! a Lambda function that gets all it needs in variables. It also asks the metadata service, which costs seconds where
//! there is none.

use std::env;

use aws_config::{
    BehaviorVersion, Region, SdkConfig, environment::credentials::EnvironmentVariableCredentialsProvider,
    stalled_stream_protection::StalledStreamProtectionConfig,
};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::{rt::sleep::TokioSleep, time::SystemTimeSource};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_types::{
    sdk_config::Builder,
    service_config::{LoadServiceConfig, ServiceConfigKey},
};

use crate::{
    environment::{retries, timeouts},
    variables::{ENDPOINT, IGNORE},
};

/// One configuration for all clients, with one HTTP client behind it. Sends nothing.
///
/// Source of the variables: AWS SDKs and Tools reference guide, "Environment variables support".
pub(crate) fn config() -> SdkConfig {
    let mut config = builder()
        .region(value("AWS_REGION").or_else(|| value("AWS_DEFAULT_REGION")).map(Region::new))
        .credentials_provider(SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new()))
        .use_fips(is_true("AWS_USE_FIPS_ENDPOINT"))
        .use_dual_stack(is_true("AWS_USE_DUALSTACK_ENDPOINT"))
        .service_config(Endpoints);
    if !is_true(IGNORE) {
        config.set_endpoint_url(value(ENDPOINT));
    }
    config.build()
}

/// What no variable says: the HTTP client, retries and time-outs.
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
        // It measures long streams second by second. Here an attempt as a whole has some seconds, and every request is short.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
}

/// An empty variable counts as absent, as the SDK and shells have it.
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
        if key.env() == ENDPOINT && is_true(IGNORE) {
            return None;
        }
        let service = key.service_id().to_ascii_uppercase().replace([' ', '-'], "_");
        value(&format!("{}_{service}", key.env())).or_else(|| value(key.env()))
    }
}
