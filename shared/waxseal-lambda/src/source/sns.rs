//! SNS, delivered to the function directly.

use waxseal::{
    Malformed,
    batch::{Content, Record},
};

use super::{body, continue_trace};
use crate::json::{self, Object};

/// One notification. `trace` is the invocation's: SNS delivers one event at a time.
pub(crate) fn record(index: usize, object: &Object<'_>, trace: Option<&str>) -> Record {
    let sns = object.object("Sns");
    let message = sns.as_ref().and_then(|sns| sns.get("Message"));
    let id = sns.as_ref().and_then(|sns| sns.string("MessageId")).filter(|id| !id.is_empty());
    Record {
        // Nothing is named in the response, so a position will do for the log.
        id: id.map_or_else(|| format!("notification {index}"), std::borrow::Cow::into_owned),
        group: None,
        receives: 1,
        ticket: None,
        body: message.map(json::bytes).unwrap_or_default(),
        content: match sns {
            Some(sns) => continue_trace(body::notification(&sns, &|| None), trace),
            None => Content::Malformed(Malformed::new("Sns must be an object")),
        },
    }
}
