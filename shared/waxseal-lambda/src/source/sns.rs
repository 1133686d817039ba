//! SNS, delivered to the function directly.

use waxseal::{
    Malformed, Service, Transport,
    batch::{Content, Record},
};

use super::{attributes, body, delivery::Delivery, s3};
use crate::{
    json::{self, Object},
    trace,
};

/// The records of a notification: one, or one for each entry of a notification of S3. `trace` is the invocation's: SNS delivers
/// one event at a time.
pub(crate) fn records(
    index: usize,
    object: &Object<'_>,
    trace: Option<&str>,
    service: Option<&Service>,
) -> Vec<Record> {
    let outer = Delivery::by(Transport::Topic(""), service);
    s3::divided(record(index, object, trace, &outer), &outer, trace)
}

fn record(index: usize, object: &Object<'_>, trace: Option<&str>, outer: &Delivery<'_>) -> Record {
    let sns = object.object("Sns");
    let message = sns.as_ref().and_then(|sns| sns.get("Message"));
    let id = sns.as_ref().and_then(|sns| sns.string("MessageId")).filter(|id| !id.is_empty());
    // The response names no record, so a position is enough for the log.
    let id = id.map_or_else(|| format!("notification {index}"), std::borrow::Cow::into_owned);
    let body = message.map(json::bytes).unwrap_or_default();
    let attributes = sns
        .as_ref()
        .and_then(|sns| sns.object("MessageAttributes"))
        .map(|attributes| attributes::read(&attributes, attributes::SNS))
        .unwrap_or_default();
    let content = match sns {
        Some(sns) => trace::continued(body::notification(&sns, outer), trace),
        None => Content::Malformed(Malformed::new("Sns must be an object")),
    };
    let mut record = Record::new(id, body, content);
    record.attributes = attributes;
    record
}
