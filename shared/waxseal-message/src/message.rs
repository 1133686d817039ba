//! Events and commands, each declared once with [`event!`](crate::event) and
//! [`command!`](crate::command).
//!
//! Everything else (rules, permissions, routes, the catalog) is derived from these declarations, so
//! they carry all of it: name, version, owner and channel. A derive macro would read the same, but
//! every user would compile `syn` for it. With a declarative macro `cargo check` and the editor
//! also see the version assertion.

use std::{borrow::Cow, error::Error, fmt};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use crate::{destination::Channel, json, stated_version, text::Quoted};

/// An event, a command or a foreign event: a named, versioned payload.
///
/// Declare one with [`event!`](crate::event), [`command!`](crate::command) or
/// [`foreign!`](crate::foreign); implementing it by hand skips their checks.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not declared as an event or a command",
    label = "not a message",
    note = "declare it: `waxseal::event!({Self} {{ name: \"thing.happened\", version: 1, owner: \"service\" }});`"
)]
pub trait Message: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The catalog name: `order.placed` for an event, `reserve-stock` for a command, the owner's own
    /// name for a foreign event.
    const NAME: &'static str;
    /// The schema version of this struct, from 1.
    const VERSION: u16;
    /// The service that owns the name: an event's only publisher, a command's only recipient. Of a
    /// foreign event it is the source, and empty where any source is meant.
    const OWNER: &'static str;
    /// The channel on which it travels.
    const CHANNEL: Channel;
    /// The size in bytes of JSON above which the payload is checked in to a store and the envelope
    /// carries a claim (S-42). With `None`, the default, the payload always travels in the
    /// envelope.
    const CLAIM_CHECK_OVER: Option<usize> = None;
    /// The JSON pointer at which a payload of a [foreign event](crate::foreign) states its version.
    /// With `None`, the default, the envelope states it.
    const VERSION_AT: Option<&'static str> = None;
    /// The name of the command that undoes this one; `None` for all other messages.
    const UNDO: Option<&'static str> = None;
    /// The struct of the version before, or [`Origin`] for the first.
    type Previous: Ancestor<Self>;

    /// The tenant of a fair queue on whose behalf the message travels, as a function of the payload
    /// (S-48). The default is none.
    ///
    /// A text that is no [`Tenant`](crate::Tenant) is left off with a warning, and the message
    /// travels without one.
    fn tenant(&self) -> Option<Cow<'_, str>> {
        None
    }

    /// Reads any known version of `data` and lifts it, step by step, to this struct.
    ///
    /// # Errors
    /// [`DecodeError::Newer`] for a version that this build does not know (S-43),
    /// [`DecodeError::Shape`] where the JSON does not fit.
    fn decode(version: u16, data: &RawValue) -> Result<Self, DecodeError> {
        let version = match Self::VERSION_AT {
            Some(pointer) => stated_version::read(pointer, data).map_err(|(reason, quoted)| {
                DecodeError::Shape { name: Self::NAME, version: Self::VERSION, reason, quoted }
            })?,
            None => version,
        };
        if version == Self::VERSION {
            serde_json::from_str(data.get()).map_err(|error| DecodeError::Shape {
                name: Self::NAME,
                version,
                reason: json::misfit(&error),
                quoted: Quoted::new(error.to_string()),
            })
        } else if version > Self::VERSION {
            Err(DecodeError::Newer { name: Self::NAME, version, known: Self::VERSION })
        } else {
            Self::Previous::lift(version, data)
        }
    }
}

/// A fact about the past, with one owner. The relay publishes it, never a handler.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event, so it cannot be emitted",
    label = "not an event",
    note = "a command goes to its one recipient: `unit.send(..)`",
    note = "a foreign event is its owner's to publish: emit an event of your own that says what it means",
    note = "a query is asked for by `GET`, and never published",
    note = "a domain event stays inside its service: `Decider::translate` makes an event of it for others",
    note = "an event is declared with `waxseal::event!`"
)]
pub trait Event: Message {}

/// A request to one recipient, which may refuse. It goes to that recipient's queue, never to the
/// bus.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a command, so it cannot be sent",
    label = "not a command",
    note = "an event is published to its readers: `unit.emit(..)`",
    note = "a command is declared with `waxseal::command!`"
)]
pub trait Command: Message {
    /// The payload of the command that undoes this one, as JSON; `None` where it names none.
    fn undo(&self) -> Option<Encoded> {
        None
    }
}

/// A payload as JSON.
pub type Encoded = Result<Box<RawValue>, serde_json::Error>;

#[doc(hidden)]
pub fn __encode<M: Message>(message: &M) -> Encoded {
    serde_json::value::to_raw_value(message)
}

/// The assertions behind the member `undo` of [`command!`](crate::command).
#[doc(hidden)]
pub const fn __check_undo<C: Command, U: Command>() {
    assert!(
        same(C::OWNER, U::OWNER),
        "a command and its `undo` have one recipient, since the undo is decided by the command's receipt"
    );
    assert!(!same(C::NAME, U::NAME), "a command does not undo itself: `undo` names another command");
    assert!(U::UNDO.is_none(), "an `undo` is not undone: send the command again instead");
}

/// The reason why `data` could not be read as the handler's type.
#[derive(Debug)]
#[non_exhaustive]
pub enum DecodeError {
    /// This build does not know the version. A deploy may be under way, so the record is retried
    /// (S-43).
    Newer {
        /// The message's name.
        name: &'static str,
        /// The version that arrived.
        version: u16,
        /// The newest version of this build.
        known: u16,
    },
    /// No build has ever had this version.
    Unknown {
        /// The message's name.
        name: &'static str,
        /// The version that arrived.
        version: u16,
    },
    /// The JSON does not fit the struct of its version.
    Shape {
        /// The message's name.
        name: &'static str,
        /// The version that arrived.
        version: u16,
        /// The place and the cause, by line and column of `data`; it holds no value of `data`.
        reason: String,
        /// The parser's own words, which may quote a value of `data`.
        quoted: Quoted,
    },
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Newer { name, version, known } => write!(
                f,
                "{name} version {version} is newer than {known}, the newest that this build knows: deploy a build \
                 that knows it"
            ),
            Self::Unknown { name, version } => {
                write!(f, "{name} has no version {version}: versions start at 1")
            }
            Self::Shape { name, version, reason, .. } => {
                write!(f, "data of {name} version {version} does not fit: {reason}")
            }
        }
    }
}

impl Error for DecodeError {}

/// One step of the upcaster chain towards `M`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be lifted to `{M}`",
    label = "no upcaster from `{Self}` to `{M}`",
    note = "write `impl From<{Self}> for {M}`: the chain of versions follows from it"
)]
pub trait Ancestor<M> {
    #[doc(hidden)]
    const VERSION: u16;
    #[doc(hidden)]
    const NAME: Option<&'static str>;
    #[doc(hidden)]
    fn lift(version: u16, data: &RawValue) -> Result<M, DecodeError>;
}

/// The end of every upcaster chain: the version before version 1.
#[derive(Debug)]
pub enum Origin {}

impl<M: Message> Ancestor<M> for Origin {
    const VERSION: u16 = 0;
    const NAME: Option<&'static str> = None;
    fn lift(version: u16, _: &RawValue) -> Result<M, DecodeError> {
        Err(DecodeError::Unknown { name: M::NAME, version })
    }
}

// The compiler's error should speak of lifting, not of this implementation's bounds.
#[diagnostic::do_not_recommend]
impl<M: Message, P: Message + Into<M>> Ancestor<M> for P {
    const VERSION: u16 = <P as Message>::VERSION;
    const NAME: Option<&'static str> = Some(<P as Message>::NAME);
    fn lift(version: u16, data: &RawValue) -> Result<M, DecodeError> {
        P::decode(version, data).map(Into::into)
    }
}

/// The assertions behind [`event!`](crate::event) and [`command!`](crate::command).
#[doc(hidden)]
pub const fn __check<M: Message>() {
    assert!(
        <M::Previous as Ancestor<M>>::VERSION + 1 == M::VERSION,
        "the versions have a gap: a message's version is that of `previous` plus 1, and 1 without `previous`"
    );
    if let Some(name) = <M::Previous as Ancestor<M>>::NAME {
        assert!(same(name, M::NAME), "`previous` has another name: versions of one message share its name");
    }
    assert!(
        is_name(M::NAME),
        "a name is lower-case words joined by `.` or `-`, 128 characters at most: `order.placed`, `reserve-stock`"
    );
    assert!(is_name(M::OWNER), "an owner is a service's name: lower-case words joined by `-`");
}

pub(crate) const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut i = 0;
    while i < a.len() && i < b.len() && a[i] == b[i] {
        i += 1;
    }
    i == a.len() && i == b.len()
}

const fn is_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    // EventBridge allows 128 characters in a detail type.
    if bytes.is_empty() || bytes.len() > 128 {
        return false;
    }
    let mut i = 0;
    while i < bytes.len() {
        let joint = bytes[i] == b'.' || bytes[i] == b'-';
        let letter = bytes[i].is_ascii_lowercase() || bytes[i].is_ascii_digit();
        let edge = i == 0 || i + 1 == bytes.len();
        if !(letter || joint && !edge && bytes[i - 1] != b'.' && bytes[i - 1] != b'-') {
            return false;
        }
        i += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_lower_case_words() {
        for good in ["order.placed", "reserve-stock", "stock.level-changed", "a", "v2.x"] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", ".", "Order.placed", "order..placed", "order.", "-x", "a b", "é"] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
