//! Changes of a table that is not ours: change data capture from its stream.
//!
//! | envelope | stream record |
//! |---|---|
//! | name | `INSERT`, `MODIFY` or `REMOVE` |
//! | source | `aws:dynamodb/` and the table's name, by `eventSourceARN` |
//! | id | `eventID` |
//! | timestamp | `ApproximateCreationDateTime` |
//! | data | `{"keys":…,"new":…,"old":…}` in plain JSON; an image that the stream's view leaves out is null |
//!
//! Source: DynamoDB API reference, `Record`; Lambda developer guide, "Using AWS Lambda with Amazon DynamoDB".

use serde_json::value::RawValue;
use waxseal::{Malformed, batch::Content};

use super::{dynamo_json, event, shape};
use crate::json::Object;

/// The name by which a service ignores the changes of every foreign table.
pub(crate) const KIND: &str = "aws:dynamodb";
/// The name of a removal.
pub(crate) const REMOVE: &str = "REMOVE";

/// Whether an object is a stream record alone, as a pipe puts it into a queue and a dead letter keeps it.
pub(crate) fn is_change(object: &Object<'_>) -> bool {
    object.string("eventSource").as_deref() == Some(KIND) && object.has("dynamodb")
}

/// The event of a stream record.
pub(crate) fn content(object: &Object<'_>) -> Content {
    let malformed = |what: &str| {
        Content::Malformed(Malformed::foreign(
            KIND,
            format!("a record of a table that is not Waxseal's, by its keys, {what}"),
        ))
    };
    let Some(name) =
        object.string("eventName").filter(|name| matches!(&**name, "INSERT" | "MODIFY" | REMOVE))
    else {
        return malformed("whose eventName is none of INSERT, MODIFY and REMOVE");
    };
    let arn = object.string("eventSourceARN").unwrap_or_default();
    let table = arn.split_once(":table/").and_then(|(_, rest)| rest.split('/').next());
    let Some(table) = table.filter(|table| !table.is_empty()) else {
        return malformed("whose eventSourceARN names no table");
    };
    let Some(id) = object.string("eventID") else { return malformed("without eventID") };
    let Some(change) = object.object("dynamodb") else { return malformed("without dynamodb") };
    let Some(data) = payload(&change) else {
        return malformed("with an attribute that is no value of DynamoDB");
    };
    let time = change.get("ApproximateCreationDateTime").and_then(shape::seconds);
    event::content((&name, &format!("{KIND}/{table}"), &id), time, data)
}

fn payload(change: &Object<'_>) -> Option<Box<RawValue>> {
    let mut json = String::from("{");
    for (name, image) in [("\"keys\":", "Keys"), (",\"new\":", "NewImage"), (",\"old\":", "OldImage")] {
        json.push_str(name);
        match change.get(image) {
            Some(item) => dynamo_json::item(&Object::parse(item.get())?, &mut json)?,
            None => json.push_str("null"),
        }
    }
    json.push('}');
    RawValue::from_string(json).ok()
}
