//! The connection, opened before the first event is asked for.
//!
//! Most of a cold function's first request is TLS: names, certificates, keys. Lambda gives init the whole processor and ends
//! it with the first poll of the Runtime API; after it a function of 128 MB has a twelfth. So all of that is done before
//! the poll, and waited for: it would otherwise take its time from the event that is there already, and a sandbox that is
//! frozen after the poll (provisioned concurrency) would thaw with a handshake half done and every time-out passed. An idle
//! connection is the one thing that a freeze leaves as it was, or that is found closed and replaced.
//!
//! The request is `GET /`, DynamoDB's own health check, and no read: it asks no table, so it takes one way there and back
//! instead of a table's milliseconds, costs nothing and needs no permission. Two alternatives: to read an item, which also
//! finds a table that does not exist, but makes every cold start wait for that; and to read it while polling, which keeps
//! the one connection busy just when the first event needs it.

use aws_sdk_dynamodb::{
    config::{Builder, retry::RetryConfig},
    error::SdkError,
    operation::get_item::{GetItemError, GetItemOutput},
};
use aws_smithy_types::body::SdkBody;
use waxseal::table::{Key, TableError};

use super::{attributes, client::Dynamo};

impl Dynamo {
    /// Opens the connection. Any answer will do: the next request takes the same connection from the pool.
    pub(super) async fn open(&self) -> Result<(), TableError> {
        let mut retries = self.retries.start();
        for last in [false, false, false, true] {
            match self.ask().await {
                Err(error) if is_lost(&error) && !last && retries.wait().await => {}
                Err(error) if error.raw_response().is_none() => return Err(self.failed("connect", &error)),
                // "healthy: dynamodb.eu-west-1.amazonaws.com" is no answer to `GetItem`, so it arrives as an error.
                Ok(_) | Err(_) => break,
            }
        }
        Ok(())
    }

    async fn ask(&self) -> Result<GetItemOutput, SdkError<GetItemError>> {
        self.client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(attributes::of_key(&Key::of("warm-up", &[], "warm-up"))))
            .customize()
            // An emulator may answer 500 to what is no action (`LocalStack` does): that is an answer.
            .config_override(Builder::default().retry_config(RetryConfig::disabled()))
            // The SDK knows no such request. This one goes the way of all others, to the endpoint of all others.
            .mutate_request(|request| {
                // "GET" is a method: this has no way to fail.
                let _ = request.set_method("GET");
                for header in ["x-amz-target", "content-type", "content-length"] {
                    request.headers_mut().remove(header);
                }
                *request.body_mut() = SdkBody::empty();
            })
            .send()
            .await
    }
}

/// Whether another attempt may get through: a connection that was refused, broke or took too long.
fn is_lost(error: &SdkError<GetItemError>) -> bool {
    match error {
        SdkError::TimeoutError(_) => true,
        SdkError::DispatchFailure(failure) => failure.is_io() || failure.is_timeout(),
        _ => false,
    }
}
