//! Dead letters to SQS: the body verbatim, and why it is there in message attributes (S-27).

use std::fmt;

use aws_config::SdkConfig;
use aws_sdk_sqs::{Client, types::MessageAttributeValue};
use waxseal::{
    BoxError,
    batch::{DeadLetters, Letter},
};

use crate::{
    call::{CallError, Target, Trouble},
    sqs_text,
};

/// The dead-letter queue.
///
/// A letter's body is the record's, byte for byte, where SQS takes it; where it does not, the attribute
/// `waxseal-encoding` says how to read it: `base64`, or `empty` for a body of no bytes, which SQS refuses (a `-` stands in
/// for it). The other attributes are `waxseal-reason`, `waxseal-record`, `waxseal-service` and, where the record is
/// an envelope, `waxseal-source`, `waxseal-event-id` and `waxseal-event-type`. Where body and attributes together would
/// pass 1 MiB the attributes give way, never the body.
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
            variable: "WAXSEAL_DLQ_URL".to_owned(),
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
    async fn send(&self, letter: Letter) -> Result<(), BoxError> {
        let Message { body, attributes } = message(letter, sqs_text::LARGEST)?;
        let mut request = self.client.send_message().queue_url(&self.url).message_body(body);
        for (name, value) in attributes {
            let value = MessageAttributeValue::builder().data_type(STRING).string_value(value).build()?;
            request = request.message_attributes(name, value);
        }
        request.send().await.map_err(|error| CallError::of(&error).at(&self.target, "sqs:SendMessage"))?;
        Ok(())
    }
}

const STRING: &str = "String";
/// Bytes of a reason: a page, enough for a chain of causes.
const LONGEST_REASON: usize = 4096;

#[derive(Debug)]
struct Message {
    body: String,
    attributes: Vec<(&'static str, String)>,
}

fn message(letter: Letter, largest: usize) -> Result<Message, Trouble> {
    let (body, encoding) = match String::from_utf8(letter.body) {
        Ok(text) if text.is_empty() => ("-".to_owned(), Some("empty")),
        Ok(text) if sqs_text::is_valid(&text) => (text, None),
        Ok(text) => (aws_smithy_types::base64::encode(text), Some("base64")),
        Err(error) => (aws_smithy_types::base64::encode(error.into_bytes()), Some("base64")),
    };
    let needed = body.len() + encoding.map_or(0, |encoding| size("waxseal-encoding", encoding));
    let Some(mut room) = largest.checked_sub(needed) else {
        return Err(Trouble(format!(
            "the body of record {} is {needed} bytes as a dead letter, and SQS takes {largest} at most: move it by hand",
            letter.record,
        )));
    };
    let mut attributes: Vec<_> =
        encoding.map(|encoding| ("waxseal-encoding", encoding.to_owned())).into_iter().collect();
    let (source, id) = letter.identity.unzip();
    // In the order of their worth. A clipped id would be another id, so all but the reason go in whole or not at all.
    for (name, value) in [
        ("waxseal-service", Some(letter.service)),
        ("waxseal-source", source),
        ("waxseal-event-id", id),
        ("waxseal-event-type", letter.name),
        ("waxseal-record", Some(letter.record)),
    ] {
        let Some(value) = value.filter(|value| !value.is_empty()) else { continue };
        let value = sqs_text::mended(&value).into_owned();
        if let Some(rest) = room.checked_sub(size(name, &value)) {
            room = rest;
            attributes.push((name, value));
        }
    }
    let reason = sqs_text::mended(&letter.reason);
    let most = room.saturating_sub(size("waxseal-reason", "")).min(LONGEST_REASON);
    let reason = &reason[..reason.floor_char_boundary(most)];
    if !reason.is_empty() {
        attributes.push(("waxseal-reason", reason.to_owned()));
    }
    Ok(Message { body, attributes })
}

/// What an attribute counts towards the limit: name, type and value. Source: SQS API reference.
fn size(name: &str, value: &str) -> usize {
    name.len() + STRING.len() + value.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn letter(body: impl Into<Vec<u8>>) -> Letter {
        Letter {
            body: body.into(),
            reason: "malformed: eventId is missing".to_owned(),
            record: "059f36b4-87a3-44ab-83d2-661975830a7d".to_owned(),
            service: "inventory".to_owned(),
            identity: Some(("orders".to_owned(), "e-1".to_owned())),
            name: Some("order.placed".to_owned()),
        }
    }

    fn total(message: &Message) -> usize {
        message.body.len() + message.attributes.iter().map(|(name, value)| size(name, value)).sum::<usize>()
    }

    #[test]
    fn s27_the_body_is_verbatim_and_the_reason_beside_it() {
        let body = "{\"note\": \"1.50 € für 🎩\"}\r\n";
        let message = message(letter(body), sqs_text::LARGEST).unwrap();
        assert_eq!(message.body, body);
        assert_eq!(
            message.attributes,
            [
                ("waxseal-service", "inventory".to_owned()),
                ("waxseal-source", "orders".to_owned()),
                ("waxseal-event-id", "e-1".to_owned()),
                ("waxseal-event-type", "order.placed".to_owned()),
                ("waxseal-record", "059f36b4-87a3-44ab-83d2-661975830a7d".to_owned()),
                ("waxseal-reason", "malformed: eventId is missing".to_owned()),
            ]
        );
    }

    #[test]
    fn s27_a_body_that_sqs_does_not_take_is_encoded_and_says_so() {
        for body in [b"\xff\xfe{".to_vec(), b"{\"a\":\"\x01\"}".to_vec()] {
            let message = message(letter(body.clone()), sqs_text::LARGEST).unwrap();
            assert_eq!(message.attributes[0], ("waxseal-encoding", "base64".to_owned()));
            assert_eq!(aws_smithy_types::base64::decode(&message.body).unwrap(), body);
        }
        let empty = message(letter(""), sqs_text::LARGEST).unwrap();
        assert_eq!(
            (empty.body.as_str(), &empty.attributes[0]),
            ("-", &("waxseal-encoding", "empty".to_owned()))
        );
    }

    #[test]
    fn empty_and_absent_values_give_no_attribute() {
        let bare = Letter { identity: None, name: None, record: String::new(), ..letter("x") };
        let names: Vec<_> =
            message(bare, sqs_text::LARGEST).unwrap().attributes.into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["waxseal-service", "waxseal-reason"]);
    }

    #[test]
    fn a_body_beyond_the_limit_is_an_error_that_names_the_record() {
        let error =
            message(letter(vec![b'x'; sqs_text::LARGEST + 1]), sqs_text::LARGEST).unwrap_err().to_string();
        assert!(
            error.starts_with("the body of record 059f36b4-87a3-44ab-83d2-661975830a7d is 1048577 bytes"),
            "{error}"
        );
        assert!(message(letter(vec![0xff; 800_000]), sqs_text::LARGEST).is_err());
    }

    proptest! {
        #[test]
        fn s27_attributes_give_way_and_the_body_never(
            spare in 0_usize..6000,
            reason in "\\PC{0,2000}",
            odd in "(?s).{0,40}",
        ) {
            // The law at a smaller limit: a megabyte a case would be slow.
            let largest = 8000;
            let body = vec![b'x'; largest - spare];
            let message = message(Letter { reason: reason + &odd, ..letter(body.clone()) }, largest).unwrap();
            prop_assert_eq!(message.body.as_bytes(), body);
            prop_assert!(total(&message) <= largest);
            prop_assert!(message.attributes.iter().all(|(_, value)| !value.is_empty() && sqs_text::is_valid(value)));
            prop_assert!(message.attributes.len() <= 10);
        }
    }
}
