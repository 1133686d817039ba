//! For tests: DynamoDB's wire protocol over a table in memory, and recorded answers of any service.
//!
//! A [`WireTable`] sits where the network would be: everything above it (the SDK, its retries, its serialisation, this
//! crate's [`Dynamo`](crate::Dynamo)) is the real thing, and every request is kept for counting. What it does with a
//! condition follows from the expression that arrives, parsed; it knows nothing of the code that sent it.
//!
//! ```
//! use waxseal::{Table, table::{Action, Condition, Item, Key, Write}};
//! use waxseal_aws::testing::{Disturbance, WireTable};
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let wire = WireTable::new("orders");
//! let table = wire.table();
//! let item = Item::new(Key::of("order", &["o-1"], "state")).text("owner", "me");
//! let put = Write { action: Action::Put(item), condition: Condition::Absent { now: waxseal::Timestamp::UNIX_EPOCH } };
//!
//! wire.disturb(Disturbance::LostAnswer); // applied, but the answer is lost: the SDK's retry is refused
//! let refused = table.write(&[put]).await.unwrap_err();
//! assert_eq!(refused.to_string(), "refused by the condition on order#o-1 / state");
//! assert_eq!(wire.actions(), ["PutItem", "PutItem"]);
//! # });
//! ```

mod capacity;
mod expression;
mod protocol;
mod replay;
mod state;
mod table;

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

pub use capacity::Capacity;
pub use replay::{Answer, Replay};
pub use table::{Call, Disturbance, WireTable};

type Answered = Result<(u16, String), ConnectorError>;
type Handle = Arc<dyn Fn(&HttpRequest) -> Pin<Box<dyn Future<Output = Answered> + Send>> + Send + Sync>;

/// An HTTP client that answers without a network.
#[derive(Clone)]
struct Fake {
    content_type: &'static str,
    handle: Handle,
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
        .credentials_provider(anybody())
        .build()
}

fn anybody() -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(Credentials::new("test", "test", None, None, "test"))
}

/// An SDK configuration over `client`: a region, credentials that are none, the SDK's retries at test speed.
fn sdk(client: impl HttpClient + 'static) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(anybody())
        .retry_config(
            RetryConfig::standard()
                .with_max_attempts(4)
                .with_initial_backoff(Duration::from_millis(1))
                .with_max_backoff(Duration::from_millis(2)),
        )
        .http_client(client)
        .build()
}
