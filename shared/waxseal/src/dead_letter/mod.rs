//! Dead letters: records that could not be handled, verbatim, with the reason and the way back (S-19, S-27).
//!
//! A dead letter keeps its record's body byte for byte and its message attributes, and adds one attribute,
//! [`waxseal`](ATTRIBUTE). Its value is JSON:
//!
//! | member | holds |
//! |---|---|
//! | `queue` | the ARN of the queue that delivered the record: the destination of a redrive |
//! | `code` | the kind of failure, a [`Code`](crate::Code) |
//! | `reason` | why, as one line |
//! | `time` | when the record was given up |
//! | `service`, `record` | the service that gave up, the record's id |
//! | `source`, `id`, `type` | the envelope's identity and name, where it has one |
//! | `handlers` | for each effect that failed for good its `name` and the `token` of its receipt's writer |
//! | `encoding` | `base64` or `empty`, where the queue does not take the body as it is |
//!
//! A dead letter that comes back releases the effects that it names (S-19).

mod letter;
mod message;
mod note;
mod write;

pub(crate) use letter::AnyDeadLetters;
pub use letter::{Attribute, AttributeValue, DeadLetter, DeadLetters, FailedHandler};
pub use message::{DeadLetterMessage, DeadLetterTooLarge};
pub use note::{Encoding, Note, Returned};

/// The name of the attribute that a dead letter adds to its record.
pub const ATTRIBUTE: &str = "waxseal";
