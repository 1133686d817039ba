//! Dead letters to SQS: the body verbatim, and why it is there in message attributes (S-27).

use std::fmt;

use aws_config::SdkConfig;
use aws_sdk_sqs::{Client, primitives::Blob, types::MessageAttributeValue};
use waxseal::{
    BoxError,
    dead_letter::{Attribute, AttributeValue, DeadLetter, DeadLetterMessage, DeadLetters},
    sqs,
};
use waxseal_catalog::settings::DEAD_LETTERS;

use crate::call::{CallFailure, Target};

/// The dead-letter queue.
///
/// A dead letter keeps the record's body and attributes, and adds the attribute `waxseal`: see [`waxseal::dead_letter`]. Where body and
/// attributes together would pass 1 MiB the attributes give way, never the body.
#[derive(Clone)]
pub struct SqsDeadLetters {
    client: Client,
    url: String,
    target: Target,
}

impl fmt::Debug for SqsDeadLetters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqsDeadLetters").field("queue", &self.url).finish_non_exhaustive()
    }
}

impl SqsDeadLetters {
    /// The queue with this URL. A function's `main` gets it from
    /// [`Environment::dead_letters`](crate::Environment::dead_letters).
    #[must_use]
    pub fn new(sdk: &SdkConfig, url: impl Into<String>) -> Self {
        let url = url.into();
        let target = Target {
            what: format!("queue {url}"),
            variable: DEAD_LETTERS.name.to_owned(),
            service: "SQS",
            region: sdk.region().map_or_else(|| "no region".to_owned(), ToString::to_string),
            endpoint: sdk.endpoint_url().map(str::to_owned),
        };
        Self::at(Client::new(sdk), url, target)
    }

    pub(crate) fn at(client: Client, url: String, target: Target) -> Self {
        Self { client, url, target }
    }
}

impl DeadLetters for SqsDeadLetters {
    async fn send(&self, dead_letter: DeadLetter) -> Result<(), BoxError> {
        let DeadLetterMessage { body, attributes } = dead_letter.message(sqs::LARGEST, sqs::is_text)?;
        let mut request = self.client.send_message().queue_url(&self.url).message_body(body);
        for Attribute { name, kind, value } in attributes {
            let attribute = MessageAttributeValue::builder().data_type(kind);
            let attribute = match value {
                AttributeValue::Text(text) => attribute.string_value(text),
                AttributeValue::Binary(bytes) => attribute.binary_value(Blob::new(bytes)),
            };
            request = request.message_attributes(name, attribute.build()?);
        }
        request.send().await.map_err(|error| CallFailure::of(&error).at(&self.target, "sqs:SendMessage"))?;
        Ok(())
    }
}
