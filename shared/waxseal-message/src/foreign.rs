//! Foreign events: declared with the names that their owner gave them, handled, and never emitted.

use crate::{
    bus::Bus,
    destination::Channel,
    message::{Ancestor, Message},
};

/// Declares a struct as the payload of an event that somebody else defines: an AWS service, a
/// partner, another team.
///
/// It is handled like an event. It cannot be emitted or sent: it implements neither
/// [`Event`](crate::Event) nor [`Command`](crate::Command). Its id, time and source come from its
/// transport, such as EventBridge's `id`, `time` and `source`. Receipts remember (source, id).
///
/// The members stand in this order:
///
/// - `detail_type`, of EventBridge, or `type`, of CloudEvents and of adapted JSON, is required. It is
///   the owner's own name: with spaces, capitals, whatever there is.
/// - `source` is the source of its events. Two events of one name are told apart by it. Without it an
///   event of any source is meant.
/// - `bus` is `default` (AWS services), `partner` or `application`: the rule for it lies there. An
///   event without a bus comes in a queue, from a topic or in a stream. A `partner` has the name of its
///   event source in `source`, or the beginning of that name, `aws.partner/auth0.com`.
/// - `version` is the version of this struct, 1 by default.
/// - `version_at` is a JSON pointer to the version in the payload: a whole number, also as a text, of
///   which the part before the first `.` counts. Without it, or where nothing is there, an event is
///   version 1. Only CloudEvents may say another one, in the extension `eventversion`.
/// - `previous` names the struct of the version before; an `impl From` lifts it.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use waxseal_message::{Bus, Channel, Message as _};
///
/// #[derive(Serialize, Deserialize)]
/// struct ObjectCreated { bucket: Bucket, object: Object }
/// # #[derive(Serialize, Deserialize)] struct Bucket { name: String }
/// # #[derive(Serialize, Deserialize)] struct Object { key: String }
/// waxseal_message::foreign!(ObjectCreated { detail_type: "Object Created", source: "aws.s3", bus: default });
/// assert_eq!(ObjectCreated::CHANNEL, Channel::Foreign(Some(Bus::Default)));
///
/// #[derive(Serialize, Deserialize)]
/// struct InvoiceV1 { number: u32 }
/// #[derive(Serialize, Deserialize)]
/// struct Invoice { number: String }
/// impl From<InvoiceV1> for Invoice {
///     fn from(v1: InvoiceV1) -> Self { Self { number: v1.number.to_string() } }
/// }
/// waxseal_message::foreign!(InvoiceV1 { type: "com.example.Invoice", version_at: "/schema" });
/// waxseal_message::foreign!(Invoice { type: "com.example.Invoice", version: 2, version_at: "/schema", previous: InvoiceV1 });
/// let read = |json: &str| Invoice::decode(1, &serde_json::value::RawValue::from_string(json.into()).unwrap());
/// assert_eq!(read(r#"{"schema":"1.7","number":9}"#).unwrap().number, "9");
/// assert_eq!(read(r#"{"schema":2,"number":"9-a"}"#).unwrap().number, "9-a");
/// ```
///
/// On the default bus an event without a source is one of any AWS service. On other buses it has a
/// source, since its rule must name one:
/// ```compile_fail
/// # #[derive(serde::Serialize, serde::Deserialize)] struct Created {}
/// waxseal_message::foreign!(Created { detail_type: "Object Created", bus: application });
/// ```
#[macro_export]
macro_rules! foreign {
    ($type:ty { detail_type: $name:literal $($members:tt)* }) => {
        // EventBridge allows 128 characters in a detail type.
        $crate::__foreign!($type, $name, 128, $($members)*);
    };
    ($type:ty { type: $name:literal $($members:tt)* }) => {
        $crate::__foreign!($type, $name, $crate::LONGEST_ID, $($members)*);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __foreign {
    ($type:ty, $name:literal, $longest:expr, $(, source: $source:literal)? $(, bus: $bus:ident)?
        $(, version: $version:literal)? $(, version_at: $pointer:literal)? $(, previous: $previous:ty)? $(,)?) => {
        $crate::__foreign!(@ $type, $name, $longest, [$($source)?], $crate::__or!([$($source)?] ""), [$($bus)?],
            $crate::__or!([$($version)?] 1), [$($pointer)?], [$($previous)?]);
    };
    (@ $type:ty, $name:literal, $longest:expr, [$($given:literal)?], $source:expr, [$($bus:ident)?],
        $version:expr, [$($pointer:literal)?], []) => {
        $crate::__foreign!(@ $type, $name, $longest, [$($given)?], $source, [$($bus)?], $version, [$($pointer)?],
            [$crate::Origin]);
    };
    (@ $type:ty, $name:literal, $longest:expr, [$($given:literal)?], $source:expr, [$($bus:ident)?],
        $version:expr, [$($pointer:literal)?], [$previous:ty]) => {
        impl $crate::Message for $type {
            const NAME: &'static str = $name;
            const VERSION: u16 = $version;
            const OWNER: &'static str = $source;
            const CHANNEL: $crate::Channel = $crate::Channel::Foreign($crate::__bus!([$($bus)?] $source));
            $(const VERSION_AT: ::core::option::Option<&'static str> = ::core::option::Option::Some($pointer);)?
            type Previous = $previous;
        }
        const _: () = $crate::__check_foreign::<$type>($longest);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __bus {
    ([] $source:expr) => {
        ::core::option::Option::None
    };
    ([default] $source:expr) => {
        ::core::option::Option::Some($crate::Bus::Default)
    };
    ([partner] $source:expr) => {
        ::core::option::Option::Some($crate::Bus::Partner($source))
    };
    ([application] $source:expr) => {
        ::core::option::Option::Some($crate::Bus::Application)
    };
}

/// The assertions behind [`foreign!`](crate::foreign).
#[doc(hidden)]
pub const fn __check_foreign<M: Message>(longest: usize) {
    assert!(
        <M::Previous as Ancestor<M>>::VERSION + 1 == M::VERSION,
        "the versions have a gap: a message's version is that of `previous` plus 1, and 1 without `previous`"
    );
    if let Some(name) = <M::Previous as Ancestor<M>>::NAME {
        assert!(
            crate::message::same(name, M::NAME),
            "`previous` has another name: versions of one message share its name"
        );
    }
    let characters = characters(M::NAME);
    assert!(
        characters > 0 && characters <= longest && M::NAME.len() <= crate::LONGEST_ID,
        "the name of a foreign event is empty or too long: a detail type has 1 to 128 characters, and a CloudEvents type 1 to 256 bytes"
    );
    assert!(M::OWNER.len() <= crate::LONGEST_ID, "a source has 256 bytes at most");
    if let Channel::Foreign(Some(bus)) = M::CHANNEL {
        assert!(
            !M::OWNER.is_empty() || matches!(bus, Bus::Default),
            "a foreign event on a bus has a `source`, since its rule must name one: `source: \"aws.s3\"`"
        );
        if let Bus::Partner(name) = bus {
            assert!(
                starts_with(name, "aws.partner/"),
                "the `source` of a partner begins with `aws.partner/`: it is the name of its event source, or its beginning"
            );
        }
    }
    if let Some(pointer) = M::VERSION_AT {
        assert!(starts_with(pointer, "/"), "`version_at` is a JSON pointer: `/schema/version`");
    }
}

/// The characters of a text.
const fn characters(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut count, mut i) = (0, 0);
    while i < bytes.len() {
        // A byte that continues a character does not count.
        if bytes[i] & 0xc0 != 0x80 {
            count += 1;
        }
        i += 1;
    }
    count
}

const fn starts_with(text: &str, start: &str) -> bool {
    let (text, start) = (text.as_bytes(), start.as_bytes());
    let mut i = 0;
    while i < start.len() {
        if i >= text.len() || text[i] != start[i] {
            return false;
        }
        i += 1;
    }
    true
}
