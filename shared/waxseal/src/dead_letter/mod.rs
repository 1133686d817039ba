//! Dead letters: records that could not be handled, verbatim, with the reason and the way back
//! (S-19, S-27).
//!
//! A dead letter keeps its record's body byte for byte and its message attributes, and adds one
//! attribute, [`waxseal`](ATTRIBUTE). Its value is JSON:
//!
//! | member | holds |
//! |---|---|
//! | `queue` | the ARN of the queue that delivered the record: the destination of a redrive |
//! | `code` | the kind of failure, a [`Code`](crate::Code) |
//! | `reason` | the reason in one line |
//! | `time` | the time at which the record was dead-lettered |
//! | `service`, `record` | the service that dead-lettered the record, the record's id |
//! | `source`, `id`, `type` | the envelope's identity and name, where it has one |
//! | `handler` | the handler that failed, where one did |
//! | `handlers` | for each effect that failed for good its `name` and the `token` of its receipt's writer |
//! | `encoding` | `base64` or `empty`, where the queue does not take the body as it is |
//!
//! A record of a FIFO queue may have its dead letter in a FIFO queue [beside] it, in its message
//! group: then the dead letters of a group keep their order ([`DeadLetter::fifo`]).
//!
//! A dead letter that is redriven releases the effects that it names (S-19).

mod definition;
mod message;
mod note;
mod write;

pub(crate) use definition::AnyDeadLetters;
pub use definition::{
    ATTRIBUTE, Attribute, AttributeValue, DeadLetter, DeadLetters, FailedHandler, FifoPlace, beside,
};
pub use message::{DeadLetterMessage, DeadLetterTooLarge};
pub use note::{Encoding, Note, Returned};
