//! A dead letter as a queue's message: the body first, and as much of the rest as the limit allows.

use crate::dead_letter::{
    definition::{ATTRIBUTE, Attribute, DeadLetter},
    note::{Encoding, Note},
};
use waxseal_message::{base64, sqs::MOST_ATTRIBUTES};

/// The longest reason in bytes: a page, enough for an error with its causes.
const LONGEST_REASON: usize = 4096;

/// The message that a queue gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetterMessage {
    /// The body.
    pub body: String,
    /// The message attributes: [`waxseal`](ATTRIBUTE), and the record's own.
    pub attributes: Vec<Attribute>,
}

/// The error for a dead letter whose body alone exceeds the queue's limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the body of record {record} is {bytes} bytes as a dead letter, and its queue takes {largest} at most: move it by hand"
)]
pub struct DeadLetterTooLarge {
    record: String,
    bytes: usize,
    largest: usize,
}

impl DeadLetter {
    /// The message for a queue that takes at most `largest` bytes for body and attributes, and only
    /// the texts that `takes` accepts.
    ///
    /// Where the whole does not fit, the reason is clipped first. Then the record's own attributes
    /// are left out from the last one on, then the rest of the note. The body is never shortened.
    ///
    /// # Errors
    /// Where the body alone exceeds the limit.
    pub fn message(
        &self,
        largest: usize,
        takes: impl Fn(&str) -> bool,
    ) -> Result<DeadLetterMessage, DeadLetterTooLarge> {
        let (body, encoding) = self.encoded(&takes);
        let note = |note: &Note<'_>| Attribute::text(ATTRIBUTE, note.json(&takes));
        let needed = body.len() + encoding.map_or(0, |_| note(&Note::of_encoding(encoding)).size());
        let Some(mut room) = largest.checked_sub(body.len()).filter(|_| needed <= largest) else {
            return Err(DeadLetterTooLarge { record: self.record.clone(), bytes: needed, largest });
        };
        let fits = |tried: &Note<'_>| !tried.is_empty() && note(tried).size() <= room;
        let tried = [
            Note::whole(self, encoding),
            Note::of_identity(self, encoding),
            Note::least(self, encoding),
            Note::of_encoding(encoding),
        ];
        let Some(mut chosen) = tried.into_iter().find(fits) else {
            return Ok(DeadLetterMessage { body, attributes: Vec::new() });
        };
        let bare = note(&chosen).size();
        room -= bare;
        let mut own = Vec::new();
        for attribute in self.attributes.iter().filter(|attribute| attribute.name != ATTRIBUTE) {
            if own.len() + 1 < MOST_ATTRIBUTES
                && let Some(rest) = room.checked_sub(attribute.size())
            {
                room = rest;
                own.push(attribute.clone());
            }
        }
        let mut most = self.whole_reason().len().min(LONGEST_REASON);
        loop {
            chosen.reason = self.whole_reason()[..self.whole_reason().floor_char_boundary(most)].into();
            let over = note(&chosen).size().saturating_sub(bare + room);
            if over == 0 {
                break;
            }
            // An escape turns one byte into six at most.
            most = most.saturating_sub(over.div_ceil(6));
        }
        let attributes = std::iter::once(note(&chosen)).chain(own).collect();
        Ok(DeadLetterMessage { body, attributes })
    }

    /// The body in a form that the queue takes.
    fn encoded(&self, takes: impl Fn(&str) -> bool) -> (String, Option<Encoding>) {
        match str::from_utf8(&self.body) {
            Ok("") => ("-".to_owned(), Some(Encoding::Empty)),
            Ok(text) if takes(text) => (text.to_owned(), None),
            Ok(_) | Err(_) => (base64::encode(&self.body), Some(Encoding::Base64)),
        }
    }
}

impl DeadLetterMessage {
    /// The value of [`waxseal`](ATTRIBUTE); empty where the body left no room for it.
    #[must_use]
    pub fn note(&self) -> &str {
        let note = self.attributes.iter().find(|attribute| attribute.name == ATTRIBUTE);
        note.and_then(Attribute::as_text).unwrap_or_default()
    }

    /// The bytes that count towards a queue's limit.
    #[must_use]
    pub fn size(&self) -> usize {
        self.body.len() + self.attributes.iter().map(Attribute::size).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        code::Code,
        dead_letter::{
            definition::{AttributeValue, FailedHandler},
            message::*,
            note::Returned,
        },
    };
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn dead_letter(body: impl Into<Vec<u8>>) -> DeadLetter {
        DeadLetter {
            body: body.into(),
            attributes: vec![
                Attribute::text("tenant", "hüte & söhne"),
                Attribute {
                    name: "signature".to_owned(),
                    kind: "Binary.ed25519".to_owned(),
                    value: AttributeValue::Binary(vec![0, 255]),
                },
            ],
            queue: Some("arn:aws:sqs:eu-central-1:123456789012:shop-prod-payment-events".to_owned()),
            group: None,
            code: Code::HandlerFailed,
            reason: "the gateway refuses /charges with 401 \"no such key\"".to_owned(),
            quoted_reason: None,
            time: "2026-11-21T09:30:00.123Z".parse().unwrap(),
            record: "059f36b4-87a3-44ab-83d2-661975830a7d".to_owned(),
            service: "payment".to_owned(),
            identity: Some(("orders".to_owned(), "e-1".to_owned())),
            name: Some("stock.reserved".to_owned()),
            handler: Some("charge-card".to_owned()),
            handlers: vec![FailedHandler { name: "charge-card".to_owned(), token: "018f".to_owned() }],
        }
    }

    /// The characters that SQS takes: those of XML 1.0.
    fn takes(text: &str) -> bool {
        !text.chars().any(|c| matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}'))
    }

    fn note(message: &DeadLetterMessage) -> Value {
        serde_json::from_str(message.note()).unwrap()
    }

    #[test]
    fn s27_the_body_is_verbatim_the_attributes_stay_and_one_is_added() {
        let body = "{\"note\": \"1.50 € für 🎩\"}\r\n";
        let message = dead_letter(body).message(1 << 20, takes).unwrap();
        assert_eq!(message.body, body);
        assert_eq!(message.attributes[1..], dead_letter("").attributes);
        assert_eq!(
            note(&message),
            json!({
                "queue": "arn:aws:sqs:eu-central-1:123456789012:shop-prod-payment-events",
                "code": "WX0006",
                "reason": "the gateway refuses /charges with 401 \"no such key\"",
                "time": "2026-11-21T09:30:00.123Z",
                "service": "payment",
                "record": "059f36b4-87a3-44ab-83d2-661975830a7d",
                "source": "orders",
                "id": "e-1",
                "type": "stock.reserved",
                "handler": "charge-card",
                "handlers": [{"name": "charge-card", "token": "018f"}],
            })
        );
    }

    #[test]
    fn s27_of_ten_attributes_the_last_gives_way_and_an_earlier_note_is_replaced() {
        let own = (0..10).map(|n| Attribute::text(format!("a{n}"), "x"));
        let attributes = std::iter::once(Attribute::text(ATTRIBUTE, "an earlier note")).chain(own).collect();
        let message = DeadLetter { attributes, ..dead_letter("{}") }.message(1 << 20, takes).unwrap();
        let names: Vec<_> = message.attributes.iter().map(|attribute| &*attribute.name).collect();
        assert_eq!(names, ["waxseal", "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8"]);
        assert_eq!(note(&message)["code"], "WX0006");
    }

    #[test]
    fn s27_a_body_that_the_queue_does_not_take_comes_back_as_it_was() {
        for body in [&b"\xff\xfe{"[..], b"{\"a\":\"\x01\"}", b"", "\u{ffff}".as_bytes(), b"{}"] {
            let message = dead_letter(body).message(1 << 20, takes).unwrap();
            assert!(takes(&message.body) && !message.body.is_empty());
            assert_eq!(Returned::read(message.note()).unwrap().body(message.body), body);
        }
        let forged = Returned::read(r#"{"encoding":"base64"}"#).unwrap();
        assert_eq!(forged.body("no base64!".to_owned()), b"no base64!");
        for other in ["", "7", "waxseal", r#"{"handlers":7}"#, r#"{"encoding":"gzip"}"#] {
            assert_eq!(Returned::read(other), None, "{other}");
        }
    }

    #[test]
    fn a_body_beyond_the_limit_is_an_error_that_names_the_record() {
        let error = dead_letter(vec![b'x'; 1001]).message(1000, takes).unwrap_err().to_string();
        assert!(
            error.starts_with("the body of record 059f36b4-87a3-44ab-83d2-661975830a7d is 1001 bytes"),
            "{error}"
        );
        assert!(dead_letter(vec![0xff; 800]).message(1000, takes).is_err(), "base64 makes it longer");
    }

    proptest! {
        #[test]
        fn s27_s19_attributes_give_way_and_neither_the_body_nor_the_way_back(
            spare in 0_usize..6000,
            reason in "\\PC{0,2000}",
            odd in "(?s).{0,40}",
            binary in any::<bool>(),
        ) {
            // The test uses a smaller limit, since a megabyte for each case would be slow.
            let largest = 8000;
            let bytes = if binary { (largest - spare) / 4 * 3 } else { largest - spare };
            let body = vec![if binary { 0xff } else { b'x' }; bytes];
            let tried = DeadLetter { reason: reason + &odd, ..dead_letter(body.clone()) }.message(largest, takes);
            let Ok(message) = tried else {
                prop_assert!(binary && spare < 50);
                return Ok(());
            };
            prop_assert!(message.size() <= largest);
            prop_assert!(message.attributes.len() <= 10);
            prop_assert!(message.attributes.iter().filter_map(Attribute::as_text).all(takes));
            let returned = Returned::read(message.note()).unwrap_or_default();
            prop_assert_eq!(returned.body(message.body.clone()), body);
            if spare >= 150 {
                prop_assert_eq!(returned.token("charge-card"), Some("018f"));
            }
            if spare >= 600 {
                let note = note(&message);
                prop_assert_eq!(&note["code"], "WX0006");
                prop_assert_eq!(message.attributes.len(), 3);
                let said = note["reason"].as_str().unwrap_or_default();
                prop_assert!(!said.is_empty() || spare < 700);
            }
        }
    }
}
