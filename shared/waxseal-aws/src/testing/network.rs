//! A network that is none: the HTTP client of tests.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::{
    client::{
        http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
        runtime_components::RuntimeComponents,
    },
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;

pub(super) type Answered = Result<(u16, String), ConnectorError>;
pub(super) type Handle =
    Arc<dyn Fn(&HttpRequest) -> Pin<Box<dyn Future<Output = Answered> + Send>> + Send + Sync>;

/// An HTTP client that answers without a network.
#[derive(Clone)]
pub(super) struct Fake {
    pub(super) content_type: &'static str,
    pub(super) handle: Handle,
}

impl std::fmt::Debug for Fake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fake")
    }
}

impl HttpConnector for Fake {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (answer, content_type) = ((self.handle)(&request), self.content_type);
        HttpConnectorFuture::new(async move {
            // Others run while a request is on its way and while its answer is.
            tokio::task::yield_now().await;
            let (status, body) = answer.await?;
            tokio::task::yield_now().await;
            let status =
                StatusCode::try_from(status).map_err(|error| ConnectorError::user(Box::new(error)))?;
            let mut response = HttpResponse::new(status, SdkBody::from(body));
            response.headers_mut().insert("content-type", content_type);
            response.headers_mut().insert("x-amzn-requestid", "00000000-0000-0000-0000-000000000000");
            Ok(response)
        })
    }
}

impl HttpClient for Fake {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

/// The configuration of the functions, HTTP client, retries and time-outs included, for an endpoint that takes any credentials:
/// `LocalStack`, or DynamoDB Local. No variable of the process is read.
///
/// ```
/// let sdk = waxseal_aws::testing::sdk_at("http://127.0.0.1:4566", "eu-west-1");
/// let table = waxseal_aws::Dynamo::new(&sdk, "orders");
/// ```
#[must_use]
pub fn sdk_at(endpoint: &str, region: &str) -> SdkConfig {
    crate::sdk::builder()
        .endpoint_url(endpoint)
        .region(Region::new(region.to_owned()))
        .credentials_provider(any_credentials())
        .build()
}

fn any_credentials() -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(Credentials::new("test", "test", None, None, "test"))
}

/// An SDK configuration over `client`: a region, credentials that are none, the SDK's retries at test speed.
pub(super) fn sdk(client: impl HttpClient + 'static) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(any_credentials())
        .retry_config(
            RetryConfig::standard()
                .with_max_attempts(4)
                .with_initial_backoff(Duration::from_millis(1))
                .with_max_backoff(Duration::from_millis(2)),
        )
        .http_client(client)
        .build()
}
