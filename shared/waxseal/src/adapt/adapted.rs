//! The event that an adapter sees in a record.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::{adapt::foreign::Foreign, dead_letter::Returned, panic};
use waxseal_message::{Envelope, LONGEST_ID, Malformed, Raw, Timestamp};

/// An event in somebody else's JSON: its name, its identity, its time, its version and its payload.
///
/// A name is needed. Everything else has a default:
///
/// | part | default |
/// |---|---|
/// | [source](Self::source) | the ARN of the queue, topic or stream; `kafka/` and Kafka's topic; EventBridge's `source` |
/// | [id](Self::id) | the transport's id |
/// | [time](Self::time) | the time at which the transport took it |
/// | [version](Self::version) | 1 |
/// | [payload](Self::payload) | the whole JSON |
///
/// # What a transport's id is worth
///
/// Source and id are the event's identity: a second event of the same identity takes no effect. SQS, SNS
/// and EventBridge give an id to each message that they *take*, and deliver it again under that id. A
/// producer that sends twice, because it did not hear the first answer, gets two ids: two events. So let
/// the producer's own id decide wherever the JSON or a message attribute has one.
///
/// A record of a stream or of Kafka has its place as its id: shard and sequence number, or partition and
/// offset. It keeps that place, and is read again from there. Here too, a producer that puts twice makes
/// two events.
///
/// A dead letter that Waxseal wrote keeps the identity, and its redrive does not change it, although the
/// queue gives the message a new id. A message that SQS itself moved to a dead-letter queue has no such
/// note: redriven, it is a new event, unless its id is told.
#[derive(Debug)]
#[must_use = "an adapter returns it"]
pub struct Adapted {
    name: String,
    source: Option<String>,
    id: Option<String>,
    time: Option<Timestamp>,
    version: u16,
    payload: Option<Result<Box<RawValue>, serde_json::Error>>,
}

impl Adapted {
    /// An event of this name.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), source: None, id: None, time: None, version: 1, payload: None }
    }

    /// Its source: the first part of its identity. A [foreign event](crate::foreign!) that names a
    /// source takes events of that source alone.
    pub fn source(mut self, source: impl Into<String>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Its id: the second part of its identity, the same whenever its producer sends it.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// The time at which it happened.
    pub fn time(mut self, time: Timestamp) -> Self {
        self.time = Some(time);
        self
    }

    /// The version of its payload, from 1.
    pub fn version(mut self, version: u16) -> Self {
        self.version = version;
        self
    }

    /// Its payload, where that is not the whole JSON: a part of it, or a value that is made of it.
    pub fn payload(mut self, payload: &(impl Serialize + ?Sized)) -> Self {
        self.payload = Some(serde_json::value::to_raw_value(payload));
        self
    }

    fn into_raw(self, record: &Foreign<'_>, returned: Option<&Returned>) -> Result<Raw, Malformed> {
        let Self { name, source, id, time, version, payload } = self;
        let (source, id) = match returned.and_then(Returned::identity) {
            Some((source, id)) => (source.to_owned(), id.to_owned()),
            None => (
                source.unwrap_or_else(|| record.transport.source().to_owned()),
                id.unwrap_or_else(|| record.id.to_owned()),
            ),
        };
        let wrong = |what: String| Malformed::new(format!("adapted to an event {what}"));
        for (part, text) in [("name", &name), ("source", &source), ("id", &id)] {
            match text.len() {
                0 => return Err(wrong(format!("whose {part} is empty"))),
                1..=LONGEST_ID => {}
                bytes => {
                    return Err(wrong(format!("whose {part} has {bytes} bytes: {LONGEST_ID} at most")));
                }
            }
        }
        if version == 0 {
            return Err(wrong("of version 0: versions start at 1".to_owned()));
        }
        let timestamp = time.or(record.time).ok_or_else(|| {
            wrong("without a time: its transport says none, so the adapter must".to_owned())
        })?;
        let data =
            payload.unwrap_or_else(|| serde_json::from_str::<&RawValue>(record.json).map(ToOwned::to_owned));
        Ok(Envelope {
            correlation_id: id.clone(),
            id,
            name,
            version,
            timestamp,
            source,
            causation_id: None,
            data: data
                .map_err(|error| Malformed::from(error).within("adapted to a payload that is no JSON: "))?,
            metadata: BTreeMap::new(),
        })
    }
}

/// The function of a service.
pub(crate) type Adapter = dyn Fn(&Foreign<'_>) -> Result<Adapted, Malformed> + Send + Sync;

/// The event that `adapter` sees in a record.
pub(crate) fn adapt(
    adapter: &Adapter,
    record: &Foreign<'_>,
    returned: Option<&Returned>,
) -> Result<Raw, Malformed> {
    match panic::catch(|| adapter(record)) {
        Ok(adapted) => adapted?.into_raw(record, returned),
        Err(caught) => Err(caught.into_malformed("the function of Service::adapt")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapt::foreign::Transport;

    fn adapted(
        adapter: impl Fn(&Foreign<'_>) -> Result<Adapted, Malformed> + Send + Sync + 'static,
    ) -> Result<Raw, Malformed> {
        let time = "2026-11-21T09:30:00Z".parse().ok();
        adapt(&adapter, &Foreign::new("[1]", Transport::Queue("arn:q"), "m1").sent(time), None)
    }

    #[test]
    fn s51_what_an_adapter_leaves_out_comes_from_the_transport() {
        let raw = adapted(|_| Ok(Adapted::named("paid"))).unwrap();
        assert_eq!((&*raw.source, &*raw.id, &*raw.correlation_id), ("arn:q", "m1", "m1"));
        assert_eq!(
            (raw.version, raw.data.get(), raw.timestamp.to_string()),
            (1, "[1]", "2026-11-21T09:30:00Z".to_owned())
        );
    }

    #[test]
    fn s51_an_identity_beyond_the_limits_is_malformed() {
        let long: &str = "é".repeat(129).leak();
        let reasons = [
            adapted(|_| Ok(Adapted::named(""))),
            adapted(move |_| Ok(Adapted::named("paid").id(long))),
            adapted(move |_| Ok(Adapted::named("paid").source(long))),
            adapted(|_| Ok(Adapted::named("paid").version(0))),
        ];
        let reasons = reasons.map(|reason| reason.unwrap_err().to_string());
        assert_eq!(
            reasons,
            [
                "adapted to an event whose name is empty",
                "adapted to an event whose id has 258 bytes: 256 at most",
                "adapted to an event whose source has 258 bytes: 256 at most",
                "adapted to an event of version 0: versions start at 1",
            ]
        );
        let timeless = Foreign::new("{}", Transport::Queue("arn:q"), "m1");
        let error = adapt(&|_: &Foreign<'_>| Ok(Adapted::named("paid")), &timeless, None).unwrap_err();
        assert!(error.to_string().starts_with("adapted to an event without a time"), "{error}");
    }

    #[test]
    fn s51_a_panic_is_a_malformed_record_whose_words_stand_in_the_dead_letter_alone() {
        let user = std::hint::black_box("anna@example.com");
        let error = adapted(move |_| panic!("no account for {user}")).unwrap_err();
        assert!(error.to_string().starts_with("the function of Service::adapt panicked"), "{error}");
        assert!(!error.to_string().contains("anna") && error.whole().contains("anna"), "{error:?}");
    }

    type Adapt = fn(&Adapter, &Foreign<'_>, Option<&Returned>) -> Result<Raw, Malformed>;

    /// A wrong adaptation: it believes the id that the queue gave last.
    fn by_the_newest_id(
        adapter: &Adapter,
        record: &Foreign<'_>,
        _: Option<&Returned>,
    ) -> Result<Raw, Malformed> {
        adapt(adapter, record, None)
    }

    /// Whether a record has one identity before its dead letter and after the redrive.
    fn keeps_its_identity(adapt: Adapt) -> bool {
        let time = Some(Timestamp::UNIX_EPOCH);
        let adapter = |_: &Foreign<'_>| Ok(Adapted::named("paid"));
        let identity = |id, returned: Option<&Returned>| {
            let raw =
                adapt(&adapter, &Foreign::new("{}", Transport::Queue("arn:q"), id).sent(time), returned);
            raw.map(|raw| (raw.source, raw.id)).unwrap()
        };
        let (source, id) = identity("m0", None);
        let note = Returned::read(&format!(r#"{{"source":"{source}","id":"{id}"}}"#)).unwrap();
        identity("m1", Some(&note)) == (source, id)
    }

    #[test]
    fn s52_the_identity_of_a_dead_letter_wins_over_the_queues_new_id() {
        assert!(keeps_its_identity(adapt));
        assert!(!keeps_its_identity(by_the_newest_id));
    }

    #[test]
    fn s52_a_redriven_dead_letter_has_the_identity_that_it_had() {
        let note = r#"{"code":"WX0006","source":"arn:q","id":"m0","type":"paid"}"#;
        let returned = Returned::read(note).unwrap();
        let record =
            Foreign::new("{}", Transport::Queue("arn:other"), "m1").sent(Some(Timestamp::UNIX_EPOCH));
        let raw = adapt(&|_: &Foreign<'_>| Ok(Adapted::named("paid")), &record, Some(&returned)).unwrap();
        assert_eq!((&*raw.source, &*raw.id), ("arn:q", "m0"));
    }
}
