//! Records of Lambda destinations: the result of an asynchronous invocation, as a foreign event.
//!
//! On a bus Lambda gives the record a detail type and a source. In a queue, from a topic and to a function it comes bare, and has the
//! same name here. Source: Lambda developer guide, "Capturing records of Lambda asynchronous invocations".

use std::collections::BTreeMap;

use waxseal::{
    Envelope, Malformed, Raw, Service, Transport,
    batch::{Content, Record},
};

use super::{
    batch::{Batch, Kind},
    delivery::Delivery,
    shape,
};
use crate::json::Object;

const SUCCESS: &str = "Lambda Function Invocation Result - Success";
const FAILURE: &str = "Lambda Function Invocation Result - Failure";
const SOURCE: &str = "lambda";

/// The record as an event, where the service takes it. Otherwise it is `None`.
pub(crate) fn read(
    text: &str,
    record: &Object<'_>,
    delivery: &Delivery<'_>,
) -> Option<Result<Raw, Malformed>> {
    // The record of a batch of a stream holds no payload, so it is no event.
    if record.members().any(|name| name.ends_with("BatchInfo")) {
        return None;
    }
    let context = record.object("requestContext")?;
    let name = if context.string("condition")? == "Success" { SUCCESS } else { FAILURE };
    delivery.takes(name, SOURCE).then(|| event(name, text, record, &context))
}

fn event(name: &str, text: &str, record: &Object<'_>, context: &Object<'_>) -> Result<Raw, Malformed> {
    const WHAT: &str = "the record of a Lambda destination";
    let id = shape::identifier(context, WHAT, "requestId", "is missing")?;
    let timestamp = shape::time(record, "timestamp")
        .ok_or_else(|| Malformed::new(format!("{WHAT} whose timestamp is no RFC 3339 time")))?;
    Ok(Envelope {
        correlation_id: id.clone(),
        id,
        name: name.to_owned(),
        version: 1,
        timestamp,
        source: SOURCE.to_owned(),
        causation_id: None,
        data: serde_json::from_str(text)?,
        metadata: BTreeMap::new(),
    })
}

/// A record that invokes the function itself, where the service takes it.
pub(crate) fn batch(text: &str, service: Option<&Service>) -> Option<Batch> {
    let record = Object::parse(text)?;
    let transport = Transport::Bus { source: SOURCE, detail_type: FAILURE };
    let delivery = Delivery { service, transport, id: "", sent: &|| None, attributes: &[], returned: None };
    let content = match read(text, &record, &delivery)? {
        Ok(raw) => Content::Message(Box::new(raw)),
        Err(malformed) => Content::Malformed(malformed),
    };
    let records = vec![Record::new("record", text.as_bytes().to_vec(), content)];
    Some(Batch { kind: Kind::Destination, records })
}
