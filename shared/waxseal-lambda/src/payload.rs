//! The kind of a payload, by its shape: each source has members that only it sends.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;
use waxseal::{
    Malformed, Service,
    batch::{Content, Record},
    is_plain_name,
};

use crate::{
    error::InvokeError,
    invocation::Invocation,
    json::{self, Object, Objects, kind},
    source::{
        batch::{Batch, Kind},
        destination, eventbridge, kafka, kinesis, pipe, s3,
        shape::DESTINATION,
        sns, sqs,
    },
};

/// A payload, taken apart into records.
pub(crate) enum Payload<'a> {
    Batch(Batch),
    /// Unread records: a relay reads them in another way than every other function.
    Stream(Objects<'a>),
    /// The unread records of a source that EventBridge Pipes reads.
    Pipe(Kind, Objects<'a>),
    Http,
    /// A request of a person to a relay.
    Sweep,
    /// The request of a rule to a relay.
    Tick,
    /// A statement of a person about an effect.
    Release,
    /// A question, or a decision, of a person about a process.
    Process,
}

impl<'a> Payload<'a> {
    /// Reads a payload for a service, or for a relay, which has none.
    pub(crate) fn read(
        text: &'a str,
        invocation: &Invocation,
        service: Option<&Service>,
    ) -> Result<Self, InvokeError> {
        let trace = invocation.trace.as_deref();
        if let Some(records) = sqs::fast_path(text, service) {
            return Ok(Self::Batch(Batch::new(Kind::Sqs, records)));
        }
        if kind(text) == "an array" {
            let unknown = || InvokeError::Unrecognised { saw: pipe::UNKNOWN.to_owned() };
            return pipe::objects(text).map(|(kind, objects)| Self::Pipe(kind, objects)).ok_or_else(unknown);
        }
        match serde_json::from_str(text).map_err(|error| unreadable(text, error))? {
            Top::Records(objects) => records(text, objects, trace, service),
            Top::Event => {
                let event = Object::parse(text).unwrap_or_default();
                let record = eventbridge::record(&event, text, trace, service);
                Ok(Self::Batch(Batch::new(Kind::EventBridge, vec![record])))
            }
            Top::Http => Ok(Self::Http),
            Top::Sweep => Ok(Self::Sweep),
            Top::Tick => Ok(Self::Tick),
            Top::Release => Ok(Self::Release),
            Top::Process => Ok(Self::Process),
            Top::Destination => Ok(Self::Batch(destination::batch(text))),
            Top::Other => match Object::parse(text) {
                Some(object) if s3::is_test(&object) => Ok(Self::Batch(s3::test(text))),
                Some(object) if let Some(batch) = kafka::batch(&object, service) => Ok(Self::Batch(batch)),
                object => {
                    let saw = object.map_or_else(|| kind(text).to_owned(), |object| object.names());
                    Err(InvokeError::Unrecognised { saw })
                }
            },
        }
    }
}

/// The reason why a payload could not be read. It is looked for a second time, since serde's own words would quote the payload.
fn unreadable(text: &str, error: serde_json::Error) -> InvokeError {
    if !error.is_data() {
        return InvokeError::NotJson(error);
    }
    let Some(records) = Object::parse(text).and_then(|object| object.get("Records")) else {
        return InvokeError::Unrecognised { saw: kind(text).to_owned() };
    };
    let elements: Option<Vec<&RawValue>> = serde_json::from_str(records.get()).ok();
    let strange =
        elements.iter().flatten().enumerate().find(|(_, element)| kind(element.get()) != "an object");
    InvokeError::Unrecognised {
        saw: match strange {
            Some((index, element)) => {
                format!("Records of which element {index} is {}, not an object", kind(element.get()))
            }
            None => format!("an object whose Records are {}, not an array", kind(records.get())),
        },
    }
}

fn records<'a>(
    text: &str,
    records: Objects<'a>,
    trace: Option<&str>,
    service: Option<&Service>,
) -> Result<Payload<'a>, InvokeError> {
    let objects = &records.0;
    // Without records the source is unknown, and nothing can fail (S-1).
    let Some(first) = objects.first() else {
        return Ok(Payload::Batch(Batch::new(Kind::Sqs, Vec::new())));
    };
    // A batch has one source. A record that names none, or another, is malformed alone.
    let batch = match objects.iter().find_map(known) {
        Some(Kind::Stream) => return Ok(Payload::Stream(records)),
        Some(Kind::Kinesis) => kinesis::batch(objects, service)?,
        Some(Kind::Sqs) => {
            let records = |object| checked(Kind::Sqs, object, sqs::records(object, service));
            Batch::new(Kind::Sqs, objects.iter().flat_map(records).collect())
        }
        Some(Kind::Sns) => {
            let records =
                |(index, object)| checked(Kind::Sns, object, sns::records(index, object, trace, service));
            Batch::new(Kind::Sns, objects.iter().enumerate().flat_map(records).collect())
        }
        Some(Kind::S3) => s3::batch(text, service),
        Some(Kind::EventBridge | Kind::Kafka | Kind::Destination) | None => {
            // The name of a source is AWS's own word, such as `aws:kinesis`. Any other text may be personal data.
            let from = match source_of(first) {
                None => "no eventSource".to_owned(),
                Some(source) if is_plain_name(&source.replace(':', "-")) => format!("eventSource {source}"),
                Some(_) => "an eventSource that is not shown".to_owned(),
            };
            return Err(InvokeError::Unrecognised {
                saw: format!("Records with {from}, the first {}", first.names()),
            });
        }
    };
    Ok(Payload::Batch(batch))
}

fn known(object: &Object<'_>) -> Option<Kind> {
    match source_of(object)?.as_ref() {
        "aws:sqs" => Some(Kind::Sqs),
        "aws:sns" => Some(Kind::Sns),
        "aws:dynamodb" => Some(Kind::Stream),
        "aws:s3" => Some(Kind::S3),
        "aws:kinesis" => Some(Kind::Kinesis),
        _ => None,
    }
}

fn checked(kind: Kind, object: &Object<'_>, mut records: Vec<Record>) -> Vec<Record> {
    if known(object) != Some(kind) {
        let what = format!("the record's eventSource does not say {}, as its batch does", kind.name());
        records.iter_mut().for_each(|record| record.content = Content::Malformed(Malformed::new(&*what)));
    }
    records
}

/// SNS capitalises it.
fn source_of<'a>(object: &Object<'a>) -> Option<std::borrow::Cow<'a, str>> {
    object.string("eventSource").or_else(|| object.string("EventSource"))
}

/// The members that decide; batches are read in the same pass.
enum Top<'a> {
    Records(Objects<'a>),
    Event,
    Http,
    Sweep,
    Tick,
    Release,
    Process,
    /// The record of a Lambda destination: it holds an HTTP request's `requestContext` too.
    Destination,
    Other,
}

impl Top<'_> {
    /// Whether a later member may say more.
    fn is_vague(&self) -> bool {
        matches!(self, Self::Other | Self::Sweep | Self::Tick | Self::Release | Self::Process)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Top<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shape;
        impl<'de> Visitor<'de> for Shape {
            type Value = Top<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut top = Top::Other;
                while let Some(name) = map.next_key_seed(json::Name)? {
                    match &*name {
                        "Records" => {
                            top = Top::Records(map.next_value()?);
                            continue;
                        }
                        "detail-type" if top.is_vague() => top = Top::Event,
                        "requestContext" if top.is_vague() => top = Top::Http,
                        // Beside `requestContext`, which it shares with an HTTP request.
                        name if DESTINATION.contains(&name)
                            && (top.is_vague() || matches!(top, Top::Http)) =>
                        {
                            top = Top::Destination;
                        }
                        "sweep" if matches!(top, Top::Other) => top = Top::Sweep,
                        "tick" if matches!(top, Top::Other) => top = Top::Tick,
                        "release" if matches!(top, Top::Other) => top = Top::Release,
                        "process" if matches!(top, Top::Other) => top = Top::Process,
                        _ => {}
                    }
                    map.next_value::<IgnoredAny>()?;
                }
                Ok(top)
            }
        }
        deserializer.deserialize_map(Shape)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MEMBERS: [&str; 18] = [
        r#""messageId":"m1""#,
        r#""receiptHandle":"r\u0031""#,
        r#""body":"{\"eventId\":\"é\"}""#,
        r#""attributes":{"ApproximateReceiveCount":"2","AWSTraceHeader":"Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8"}"#,
        r#""eventSource":"aws:sqs""#,
        r#""eventSourceARN":"arn:aws:sqs:eu-central-1:123456789012:q""#,
        r#""messageAttributes":{}"#,
        r#""messageAttributes":{"n":{"dataType":"Number.int","stringValue":"7"},"b":{"dataType":"Binary","binaryValue":"AP8="},"odd":7}"#,
        r#""messageAttributes":{"waxseal":{"dataType":"String","stringValue":"{\"encoding\":\"base64\"}"}}"#,
        r#""messageAttributes":7"#,
        r#""messageId":"""#,
        r#""body":7"#,
        r#""body":"\ud800""#,
        r#""attributes":null"#,
        r#""attributes":{"ApproximateReceiveCount":"-2"}"#,
        r#""attributes":{"ApproximateReceiveCount":"1","MessageGroupId":"g"}"#,
        r#""eventSource":"aws:sns""#,
        r#""EventSource":"aws:sns""#,
    ];

    fn lenient(text: &str) -> String {
        let objects: Objects<'_> = serde_json::from_str(text).unwrap();
        match records(text, objects, None, None) {
            Ok(Payload::Batch(batch)) => format!("{:?}", batch.records),
            _ => "no batch of SQS".to_owned(),
        }
    }

    proptest! {
        #[test]
        fn a_usual_batch_is_read_as_any_other_would_be(
            batch in proptest::collection::vec(proptest::sample::subsequence(MEMBERS.to_vec(), 5..10), 0..3),
            usual in 0..3_usize,
        ) {
            let object = |members: &[&str]| format!("{{{}}}", members.join(","));
            let mut objects = vec![object(&MEMBERS[..7]); usual];
            objects.extend(batch.iter().map(|members| object(members)));
            let array = format!("[{}]", objects.join(","));
            let read = sqs::fast_path(&format!(r#"{{"Records":{array}}}"#), None);
            if batch.is_empty() {
                prop_assert_eq!(read.is_some(), usual > 0, "{}", array);
            }
            if let Some(read) = read {
                prop_assert_eq!(format!("{read:?}"), lenient(&array));
            }
        }
    }
}
