//! The declaration of a message: its members in any order, and a text for each mistake.

/// Declares a struct as an event.
///
/// The members stand in any order. A value may be a constant:
///
/// - `name` and `version` are required; with a version from the start, the first change of a schema
///   is one line away.
/// - `owner` is required.
/// - `previous` names the struct of the version before; an `impl From` lifts it.
/// - `channel` is [`Channel::Bus`](crate::Channel::Bus) by default.
/// - `claim_check_over` is the size in bytes above which the payload is checked in to a store.
/// - `tenant` gives the [tenant](crate::Message::tenant) of a payload.
///
/// A tenant takes effect on a topic and for a [`command!`](crate::command): SNS and SQS carry it to
/// fair queues. A rule of EventBridge holds at most one constant, so an event on the bus reaches
/// its queues without a tenant.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// #[derive(Serialize, Deserialize)]
/// struct OrderPlacedV1 { sku: String }
/// #[derive(Serialize, Deserialize)]
/// struct OrderPlaced { sku: String, quantity: u32 }
/// impl From<OrderPlacedV1> for OrderPlaced {
///     fn from(v1: OrderPlacedV1) -> Self { Self { sku: v1.sku, quantity: 1 } }
/// }
/// waxseal_message::event!(OrderPlacedV1 { name: "order.placed", version: 1, owner: "orders" });
/// waxseal_message::event!(OrderPlaced { name: "order.placed", version: 2, owner: "orders", previous: OrderPlacedV1 });
///
/// #[derive(Serialize, Deserialize)]
/// struct LevelChanged { sku: String, warehouse: Option<String> }
/// waxseal_message::event!(LevelChanged {
///     name: "level.changed",
///     version: 1,
///     owner: "inventory",
///     channel: waxseal_message::Channel::Topic("levels"),
///     tenant: |level| level.warehouse.as_deref(),
/// });
/// ```
///
/// A gap in the versions does not compile:
/// ```compile_fail
/// # #[derive(serde::Serialize, serde::Deserialize)] struct Late {}
/// waxseal_message::event!(Late { name: "order.placed", version: 2, owner: "orders" });
/// ```
#[macro_export]
macro_rules! event {
    ($type:ty { $($members:tt)* }) => {
        $crate::__declare!(event $type; [] [] [] [] [] [] [] []; $($members)*);
    };
    ($($other:tt)*) => {
        ::core::compile_error!(
            "an event is declared as `event!(OrderPlaced { name: \"order.placed\", version: 1, owner: \"orders\" })`"
        );
    };
}

/// Declares a struct as a command: the recipient's queue is its channel.
///
/// ```
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct ReserveStock { sku: String, quantity: u32 }
/// waxseal_message::command!(ReserveStock { name: "reserve-stock", version: 1, recipient: "inventory" });
/// ```
///
/// Many customers may share the recipient's queue. The [tenant](crate::Message::tenant) keeps one of them
/// from delaying the others:
/// ```
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct RenderInvoice { customer: String, order: String }
/// waxseal_message::command!(RenderInvoice {
///     name: "render-invoice",
///     version: 1,
///     recipient: "invoices",
///     tenant: |invoice| &invoice.customer,
/// });
/// use waxseal_message::Message as _;
/// let invoice = RenderInvoice { customer: "c-17".into(), order: "o-4".into() };
/// assert_eq!(invoice.tenant().as_deref(), Some("c-17"));
/// ```
///
/// A command may name the command that undoes it. Both have the same recipient, and an
/// `impl From<&ReserveStock>` makes the one of the other:
/// ```
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct ReserveStock { order: String, quantity: u32 }
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct ReleaseStock { order: String }
/// impl From<&ReserveStock> for ReleaseStock {
///     fn from(reserve: &ReserveStock) -> Self { Self { order: reserve.order.clone() } }
/// }
/// waxseal_message::command!(ReserveStock { name: "reserve-stock", version: 1, recipient: "inventory", undo: ReleaseStock });
/// waxseal_message::command!(ReleaseStock { name: "release-stock", version: 1, recipient: "inventory" });
/// use waxseal_message::{Command as _, Message as _};
/// assert_eq!(ReserveStock::UNDO, Some("release-stock"));
/// let reserve = ReserveStock { order: "o-4".into(), quantity: 2 };
/// assert_eq!(reserve.undo().unwrap().unwrap().get(), r#"{"order":"o-4"}"#);
/// ```
#[macro_export]
macro_rules! command {
    ($type:ty { $($members:tt)* }) => {
        $crate::__declare!(command $type; [] [] [] [] [] [] [] []; $($members)*);
    };
    ($($other:tt)*) => {
        ::core::compile_error!(
            "a command is declared as `command!(ReserveStock { name: \"reserve-stock\", version: 1, recipient: \"inventory\" })`"
        );
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __or {
    ([] $default:expr) => {
        $default
    };
    ([$given:expr] $default:expr) => {
        $given
    };
}

/// Collects the members of a declaration into places: name, version, owner or recipient, previous, channel, bytes, tenant,
/// undo.
#[doc(hidden)]
#[macro_export]
macro_rules! __declare {
    ($kind:ident $type:ty; [] $v:tt $o:tt $p:tt $c:tt $b:tt $t:tt $u:tt; name: $name:expr $(, $($rest:tt)*)?) => {
        $crate::__declare!($kind $type; [$name] $v $o $p $c $b $t $u; $($($rest)*)?);
    };
    ($kind:ident $type:ty; $n:tt [] $o:tt $p:tt $c:tt $b:tt $t:tt $u:tt; version: $version:expr $(, $($rest:tt)*)?) => {
        $crate::__declare!($kind $type; $n [$version] $o $p $c $b $t $u; $($($rest)*)?);
    };
    (event $type:ty; $n:tt $v:tt [] $p:tt $c:tt $b:tt $t:tt $u:tt; owner: $owner:expr $(, $($rest:tt)*)?) => {
        $crate::__declare!(event $type; $n $v [$owner] $p $c $b $t $u; $($($rest)*)?);
    };
    (command $type:ty; $n:tt $v:tt [] $p:tt $c:tt $b:tt $t:tt $u:tt; recipient: $recipient:expr $(, $($rest:tt)*)?) => {
        $crate::__declare!(command $type; $n $v [$recipient] $p $c $b $t $u; $($($rest)*)?);
    };
    ($kind:ident $type:ty; $n:tt $v:tt $o:tt [] $c:tt $b:tt $t:tt $u:tt; previous: $previous:ty $(, $($rest:tt)*)?) => {
        $crate::__declare!($kind $type; $n $v $o [$previous] $c $b $t $u; $($($rest)*)?);
    };
    (event $type:ty; $n:tt $v:tt $o:tt $p:tt [] $b:tt $t:tt $u:tt; channel: $channel:expr $(, $($rest:tt)*)?) => {
        $crate::__declare!(event $type; $n $v $o $p [$channel] $b $t $u; $($($rest)*)?);
    };
    ($kind:ident $type:ty; $n:tt $v:tt $o:tt $p:tt $c:tt [] $t:tt $u:tt; claim_check_over: $bytes:expr $(, $($rest:tt)*)?) => {
        $crate::__declare!($kind $type; $n $v $o $p $c [$bytes] $t $u; $($($rest)*)?);
    };
    ($kind:ident $type:ty; $n:tt $v:tt $o:tt $p:tt $c:tt $b:tt [] $u:tt; tenant: |$payload:pat_param| $tenant:expr $(, $($rest:tt)*)?) => {
        $crate::__declare!($kind $type; $n $v $o $p $c $b [|$payload| $tenant] $u; $($($rest)*)?);
    };
    (command $type:ty; $n:tt $v:tt $o:tt $p:tt $c:tt $b:tt $t:tt []; undo: $undo:ty $(, $($rest:tt)*)?) => {
        $crate::__declare!(command $type; $n $v $o $p $c $b $t [$undo]; $($($rest)*)?);
    };

    // All members are read.
    (event $type:ty; [$name:expr] [$version:expr] [$owner:expr] $previous:tt $channel:tt $bytes:tt $tenant:tt [];) => {
        impl $crate::Event for $type {}
        $crate::__message!($type, $name, $version, $owner, $crate::__or!($channel $crate::Channel::Bus), $bytes, $tenant,
            [], $previous);
    };
    (command $type:ty; [$name:expr] [$version:expr] [$recipient:expr] $previous:tt [] $bytes:tt $tenant:tt $undo:tt;) => {
        $crate::__command!($type, $undo);
        $crate::__message!($type, $name, $version, $recipient, $crate::Channel::Queue($recipient), $bytes, $tenant,
            $undo, $previous);
    };

    // A member is missing.
    (event $type:ty; [] $v:tt $o:tt $p:tt $c:tt $b:tt $t:tt $u:tt;) => {
        ::core::compile_error!("an event has a `name`: lower-case words, `name: \"order.placed\"`");
    };
    (command $type:ty; [] $v:tt $o:tt $p:tt $c:tt $b:tt $t:tt $u:tt;) => {
        ::core::compile_error!("a command has a `name`: lower-case words, `name: \"reserve-stock\"`");
    };
    ($kind:ident $type:ty; $n:tt [] $o:tt $p:tt $c:tt $b:tt $t:tt $u:tt;) => {
        ::core::compile_error!("a message has a `version`, the first is 1: `version: 1`");
    };
    (event $type:ty; $n:tt $v:tt [] $p:tt $c:tt $b:tt $t:tt $u:tt;) => {
        ::core::compile_error!("an event has an `owner`, the one service that emits it: `owner: \"orders\"`");
    };
    (command $type:ty; $n:tt $v:tt [] $p:tt $c:tt $b:tt $t:tt $u:tt;) => {
        ::core::compile_error!("a command has a `recipient`, the one service that handles it: `recipient: \"inventory\"`");
    };

    // A member belongs to the other kind.
    (command $type:ty; $n:tt $v:tt $o:tt $p:tt $c:tt $b:tt $t:tt $u:tt; owner: $($rest:tt)*) => {
        ::core::compile_error!("a command has no `owner`: name its `recipient`, the one service that handles it");
    };
    (command $type:ty; $n:tt $v:tt $o:tt $p:tt $c:tt $b:tt $t:tt $u:tt; channel: $($rest:tt)*) => {
        ::core::compile_error!("a command has no `channel`: it travels to its recipient's queue");
    };
    (event $type:ty; $n:tt $v:tt $o:tt $p:tt $c:tt $b:tt $t:tt $u:tt; recipient: $($rest:tt)*) => {
        ::core::compile_error!("an event has no `recipient`: name its `owner`, the one service that emits it; a request to one recipient is declared by `command!`");
    };

    (event $type:ty; $n:tt $v:tt $o:tt $p:tt $c:tt $b:tt $t:tt $u:tt; undo: $($rest:tt)*) => {
        ::core::compile_error!("an event has no `undo`: it has happened; a command names the command that undoes it");
    };

    // A tenant is a function of the payload.
    ($kind:ident $type:ty; $n:tt $v:tt $o:tt $p:tt $c:tt $b:tt [] $u:tt; tenant: $($rest:tt)*) => {
        ::core::compile_error!("a `tenant` is a function of the payload: `tenant: |order| &order.customer`");
    };

    // A member stands twice, is unknown, or cannot be read.
    ($kind:ident $type:ty; $n:tt $v:tt $o:tt $p:tt $c:tt $b:tt $t:tt $u:tt; name: $($rest:tt)*) => {
        ::core::compile_error!("`name` stands twice, or its value is not followed by a comma");
    };
    ($kind:ident $type:ty; $n:tt $v:tt $o:tt $p:tt $c:tt $b:tt $t:tt $u:tt; version: $($rest:tt)*) => {
        ::core::compile_error!("`version` stands twice, or its value is not followed by a comma");
    };
    ($kind:ident $type:ty; $n:tt $v:tt $o:tt $p:tt $c:tt $b:tt $t:tt $u:tt; owner: $($rest:tt)*) => {
        ::core::compile_error!("`owner` stands twice, or its value is not followed by a comma");
    };
    ($kind:ident $type:ty; $n:tt $v:tt $o:tt $p:tt $c:tt $b:tt $t:tt $u:tt; recipient: $($rest:tt)*) => {
        ::core::compile_error!("`recipient` stands twice, or its value is not followed by a comma");
    };
    ($kind:ident $type:ty; $n:tt $v:tt $o:tt $p:tt $c:tt $b:tt $t:tt $u:tt; previous: $($rest:tt)*) => {
        ::core::compile_error!("`previous` stands twice, or its value is not followed by a comma");
    };
    ($kind:ident $type:ty; $n:tt $v:tt $o:tt $p:tt $c:tt $b:tt $t:tt $u:tt; channel: $($rest:tt)*) => {
        ::core::compile_error!("`channel` stands twice, or its value is not followed by a comma");
    };
    ($kind:ident $type:ty; $n:tt $v:tt $o:tt $p:tt $c:tt $b:tt $t:tt $u:tt; claim_check_over: $($rest:tt)*) => {
        ::core::compile_error!("`claim_check_over` stands twice, or its value is not followed by a comma");
    };
    ($kind:ident $type:ty; $n:tt $v:tt $o:tt $p:tt $c:tt $b:tt $t:tt $u:tt; tenant: $($rest:tt)*) => {
        ::core::compile_error!("`tenant` stands twice, or its value is not followed by a comma");
    };
    (command $type:ty; $n:tt $v:tt $o:tt $p:tt $c:tt $b:tt $t:tt $u:tt; undo: $($rest:tt)*) => {
        ::core::compile_error!("`undo` stands twice, or its value is not followed by a comma");
    };
    ($kind:ident $type:ty; $n:tt $v:tt $o:tt $p:tt $c:tt $b:tt $t:tt $u:tt; $member:ident: $($rest:tt)*) => {
        ::core::compile_error!(::core::concat!(
            "`",
            ::core::stringify!($member),
            "` is no member of a message: there are `name`, `version`, `owner` (of an event) or `recipient` (of a command), \
             `previous`, `channel`, `claim_check_over`, `tenant` and `undo` (of a command)"
        ));
    };
    ($kind:ident $type:ty; $n:tt $v:tt $o:tt $p:tt $c:tt $b:tt $t:tt $u:tt; $($rest:tt)*) => {
        ::core::compile_error!(::core::concat!(
            "a member of a message is `name: value`, and a comma follows it; this is none: `",
            ::core::stringify!($($rest)*),
            "`"
        ));
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __command {
    ($type:ty, []) => {
        impl $crate::Command for $type {}
    };
    ($type:ty, [$undo:ty]) => {
        impl $crate::Command for $type {
            fn undo(&self) -> ::core::option::Option<$crate::Encoded> {
                ::core::option::Option::Some($crate::__encode(
                    &<$undo as ::core::convert::From<&$type>>::from(self),
                ))
            }
        }
        const _: () = $crate::__check_undo::<$type, $undo>();
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __message {
    ($type:ty, $name:expr, $version:expr, $owner:expr, $channel:expr, $bytes:tt, $tenant:tt, $undo:tt, []) => {
        $crate::__message!($type, $name, $version, $owner, $channel, $bytes, $tenant, $undo, [$crate::Origin]);
    };
    ($type:ty, $name:expr, $version:expr, $owner:expr, $channel:expr, [$($bytes:expr)?],
        [$(|$payload:pat_param| $tenant:expr)?], [$($undo:ty)?], [$previous:ty]) => {
        impl $crate::Message for $type {
            const NAME: &'static str = $name;
            const VERSION: u16 = $version;
            const OWNER: &'static str = $owner;
            const CHANNEL: $crate::Channel = $channel;
            $(const CLAIM_CHECK_OVER: ::core::option::Option<usize> = ::core::option::Option::Some($bytes);)?
            $(const UNDO: ::core::option::Option<&'static str> =
                ::core::option::Option::Some(<$undo as $crate::Message>::NAME);)?
            type Previous = $previous;
            $(fn tenant(&self) -> ::core::option::Option<::std::borrow::Cow<'_, str>> {
                let $payload = self;
                $crate::IntoTenant::into_tenant($tenant)
            })?
        }
        // The check stands at the declaration, so that `cargo check` and the editor see it.
        const _: () = $crate::__check::<$type>();
    };
}
