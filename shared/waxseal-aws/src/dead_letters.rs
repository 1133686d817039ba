//! Dead letters to SQS: the body verbatim, and why it is there in message attributes (S-27).

use std::fmt;

use aws_config::SdkConfig;
use aws_sdk_sqs::{Client, primitives::Blob, types::MessageAttributeValue};
use waxseal::{
    BoxError,
    dead_letter::{Attribute, AttributeValue, DeadLetter, DeadLetterMessage, DeadLetters, beside},
    sqs,
};
use waxseal_catalog::settings::{DEAD_LETTERS, FIFO_DEAD_LETTERS};

use crate::{
    call::{CallFailure, Target},
    visibility,
};

/// The dead-letter queue.
///
/// A dead letter keeps the record's body and attributes, and adds the attribute `waxseal`: see [`waxseal::dead_letter`]. Where body and
/// attributes together would pass 1 MiB the attributes give way, never the body.
#[derive(Clone)]
pub struct SqsDeadLetters {
    client: Client,
    url: String,
    target: Target,
    /// The suffix of the dead-letter queues beside FIFO queues; `None` where there are none.
    fifo_suffix: Option<String>,
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
        Self { client, url, target, fifo_suffix: None }
    }

    /// The same, with a FIFO dead-letter queue beside each FIFO queue: `<name>.fifo` has
    /// `<name><suffix>.fifo`. A dead letter is there in its message group.
    #[must_use]
    pub fn beside_fifo(self, suffix: Option<String>) -> Self {
        Self { fifo_suffix: suffix, ..self }
    }

    /// The URL of the queue beside the one that delivered a record.
    fn beside(&self, queue: &str) -> Option<String> {
        visibility::url(&self.url, &beside(queue, self.fifo_suffix.as_deref()?)?)
    }
}

impl DeadLetters for SqsDeadLetters {
    async fn send(&self, dead_letter: DeadLetter) -> Result<(), BoxError> {
        let DeadLetterMessage { body, attributes } = dead_letter.message(sqs::LARGEST, sqs::is_text)?;
        let place = dead_letter.fifo().and_then(|place| Some((self.beside(place.queue)?, place)));
        let mut request = self.client.send_message().message_body(body);
        let mut target = self.target.clone();
        request = match place {
            Some((url, place)) => {
                target.what = format!("queue {url}");
                FIFO_DEAD_LETTERS.name.clone_into(&mut target.variable);
                request
                    .queue_url(url)
                    .message_group_id(place.group)
                    .message_deduplication_id(place.deduplication)
            }
            None => request.queue_url(&self.url),
        };
        for Attribute { name, kind, value } in attributes {
            let attribute = MessageAttributeValue::builder().data_type(kind);
            let attribute = match value {
                AttributeValue::Text(text) => attribute.string_value(text),
                AttributeValue::Binary(bytes) => attribute.binary_value(Blob::new(bytes)),
            };
            request = request.message_attributes(name, attribute.build()?);
        }
        request.send().await.map_err(|error| CallFailure::of(&error).at(&target, "sqs:SendMessage"))?;
        Ok(())
    }
}
