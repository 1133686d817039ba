//! CloudEvents 1.0 in structured JSON, in and out (S-46).
//!
//! Other teams speak CloudEvents. Our own envelope is smaller and states what CloudEvents leaves
//! open: the version of `data`, the flow and the cause. This module therefore maps one text to the
//! other. An event that is read becomes a [`Raw`](crate::Raw) like any other, and nothing in it tells that it
//! was CloudEvents.
//!
//! | envelope | CloudEvents | |
//! |---|---|---|
//! | `eventId` | `id` | |
//! | `eventType` | `type` | |
//! | `source` | `source` | a URI reference; `orders` is one |
//! | `timestamp` | `time` | read with any offset, written in UTC; where it is absent, the time at which the message was sent |
//! | `eventVersion` | `eventversion` | extension, Integer; 1 where it is absent, as of a plain EventBridge payload |
//! | `correlationId` | `correlationid` | extension "Correlation"; where it is absent the event starts a flow |
//! | `causationId` | `causationid` | extension "Correlation" |
//! | `data` | `data` | byte for byte; absent is `null`; `data_base64` is read where it holds JSON |
//! | `metadata.subject`, `.dataschema` | `subject`, `dataschema` | |
//! | `metadata.datacontenttype` | `datacontenttype` | `application/json` unless the metadata names another type of JSON |
//! | `metadata.<name>` | `<name>` | where name and value are what an extension may have: `traceparent`, `tracestate`, `tenant` |
//! | all other metadata | `waxsealmetadata` | one String: the JSON of an object |
//!
//! An extension's name is lower-case letters and digits, 20 at most; its value a Boolean, an
//! Integer of 32 bits or a String without control characters. `tenantId`, an object, a float or an
//! empty text therefore travel in `waxsealmetadata`, so that a strict reader takes the event and
//! nothing is lost on the way back. Extensions of others become metadata under their own names,
//! whatever their value. An extension wins over an entry of the same name in `waxsealmetadata`,
//! since a later hop wrote it.
//!
//! Sources: CloudEvents 1.0.2, "Context Attributes" and "Type System"; its JSON format, sections
//! 2.2 and 3.1; its extensions "Correlation" and "Distributed Tracing". Binary mode (attributes
//! beside the body) and batches are other formats.

mod read;
mod rules;
mod write;

pub use read::read;
pub use rules::REQUIRED;
pub use write::{Refused, write};
