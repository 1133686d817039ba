//! Records of Lambda destinations, which Lambda sends to a function, a queue or a topic.
//!
//! The record of an asynchronous invocation has the name and the source that it has on EventBridge, so one handler takes it on
//! every way. The record of a discarded batch of a stream says which records were discarded, without their payload. It has the
//! name of the member that says so.
//!
//! Source: Lambda developer guide, "Capturing records of Lambda asynchronous invocations", "Retain discarded batch records".

use serde_json::value::RawValue;
use waxseal::{
    Malformed,
    batch::{Content, Record},
};

use super::{
    batch::{Batch, Kind},
    delivery::Sent,
    event, shape,
};
use crate::json::Object;

const SOURCE: &str = "lambda";
const SUCCESS: &str = "Lambda Function Invocation Result - Success";
const FAILURE: &str = "Lambda Function Invocation Result - Failure";
/// Of a stream's batch.
const BATCHES: [&str; 2] = ["DDBStreamBatchInfo", "KinesisBatchInfo"];

/// A record that Lambda sent to the function itself, by an asynchronous invocation.
pub(crate) fn batch(text: &str) -> Batch {
    let content = Object::parse(text).map(|object| content(text, &object, &|| None));
    let content = content.unwrap_or_else(|| Content::Malformed(Malformed::new("no object")));
    Batch::new(Kind::Destination, vec![Record::new("destination", text.as_bytes().to_vec(), content)])
}

/// The event of a record.
pub(crate) fn content(text: &str, object: &Object<'_>, sent: Sent<'_>) -> Content {
    let context = object.object("requestContext").unwrap_or_default();
    let (Some(id), Ok(data)) = (context.string("requestId"), RawValue::from_string(text.to_owned())) else {
        return Content::Malformed(Malformed::new(
            "the record of a Lambda destination without requestContext.requestId",
        ));
    };
    let name = match BATCHES.into_iter().find(|name| object.has(name)) {
        Some(batch) => batch,
        None if context.string("condition").as_deref() == Some("Success") => SUCCESS,
        None => FAILURE,
    };
    event::content((name, SOURCE, &id), shape::time(object, "timestamp").or_else(sent), data)
}
