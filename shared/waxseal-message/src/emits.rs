//! The declaration of the messages that a handler may emit: a tuple of types.

use crate::{bus::Bus, destination::Channel, message::Message};

/// One message that a handler declares, with the facts that the catalog, the permissions and the
/// routes need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Declared {
    /// [`Message::NAME`].
    pub name: &'static str,
    /// [`Message::VERSION`].
    pub version: u16,
    /// [`Message::OWNER`].
    pub owner: &'static str,
    /// [`Message::CHANNEL`].
    pub channel: Channel,
    /// [`Message::CLAIM_CHECK_OVER`].
    pub claim_check_over: Option<usize>,
    /// [`Message::UNDO`].
    pub undo: Option<&'static str>,
}

impl Declared {
    /// Version 1 of a message that is known by its facts alone, for the tests of what reads
    /// catalogs.
    #[must_use]
    pub const fn new(name: &'static str, owner: &'static str, channel: Channel) -> Self {
        Self { name, version: 1, owner, channel, claim_check_over: None, undo: None }
    }

    /// The same declaration, with payloads of more than this many bytes checked in.
    #[must_use]
    pub const fn claim_checked_over(self, bytes: Option<usize>) -> Self {
        Self { claim_check_over: bytes, ..self }
    }

    /// The same command, which another command undoes.
    #[must_use]
    pub const fn undone_by(self, undo: &'static str) -> Self {
        Self { undo: Some(undo), ..self }
    }

    /// The declaration of `M`.
    #[must_use]
    pub const fn of<M: Message>() -> Self {
        Self {
            name: M::NAME,
            version: M::VERSION,
            owner: M::OWNER,
            channel: M::CHANNEL,
            claim_check_over: M::CLAIM_CHECK_OVER,
            undo: M::UNDO,
        }
    }

    /// As [`Declared::of`], for a message that a handler emits. A foreign event does not compile.
    const fn emitted<M: Message>() -> Self {
        assert!(
            !matches!(M::CHANNEL, Channel::Foreign(_)),
            "`type Emits` names a foreign event, which only its owner publishes: emit an event of your own that says what it means"
        );
        Self::of::<M>()
    }
}

impl Declared {
    /// Whether somebody else defines the event.
    #[must_use]
    pub const fn is_foreign(&self) -> bool {
        matches!(self.channel, Channel::Foreign(_))
    }

    /// Whether an event of this name from `source` is the declared one.
    ///
    /// A foreign event is of one source, of a partner's sources, or of any. For the application's
    /// own messages the source does not count: a command's is its sender.
    #[must_use]
    pub fn is_from(&self, source: &str) -> bool {
        match self.channel {
            Channel::Foreign(Some(Bus::Partner(name))) => {
                source.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
            Channel::Foreign(_) => self.owner.is_empty() || self.owner == source,
            Channel::Bus | Channel::Topic(_) | Channel::Queue(_) => true,
        }
    }
}

/// A declared set of messages: `()`, `(A,)`, `(A, B)`, up to sixteen.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a set of messages",
    label = "expected `()`, `(A,)`, `(A, B)`, …",
    note = "a set of one is written with a comma: `(OrderPlaced,)`"
)]
pub trait Emits: 'static {
    /// Every member, in order.
    const DECLARED: &'static [Declared];
}

/// Proof that `M` is a member of the set; `At` is inferred.
#[diagnostic::on_unimplemented(
    message = "this handler does not declare that it emits `{M}`",
    label = "add `{M}` to `type Emits`",
    note = "the catalog, the permissions and the routes are derived from `type Emits`"
)]
pub trait Contains<M, At> {}

#[doc(hidden)]
#[derive(Debug)]
pub struct At<const N: usize>;

impl Emits for () {
    const DECLARED: &'static [Declared] = &[];
}

macro_rules! set {
    ($($m:ident $n:literal),+) => {
        impl<$($m: Message),+> Emits for ($($m,)+) {
            const DECLARED: &'static [Declared] = &[$(Declared::emitted::<$m>()),+];
        }
        set!(@members ($($m),+) $($m $n),+);
    };
    (@members $all:tt $($m:ident $n:literal),+) => { $(set!(@member $all $m $n);)+ };
    (@member ($($all:ident),+) $m:ident $n:literal) => {
        #[diagnostic::do_not_recommend]
        impl<$($all),+> Contains<$m, At<$n>> for ($($all,)+) {}
    };
}
set!(A 0);
// Candidates that no other code can name. With fewer than two candidates the compiler guesses the
// type of an undeclared event, and reports mismatched types instead of the missing declaration.
#[diagnostic::do_not_recommend]
impl<A: Message> Contains<Nothing, At<1>> for (A,) {}
#[diagnostic::do_not_recommend]
impl Contains<Nothing, At<0>> for () {}
#[diagnostic::do_not_recommend]
impl Contains<Nothing, At<1>> for () {}
#[doc(hidden)]
#[derive(Debug)]
pub enum Nothing {}
set!(A 0, B 1);
set!(A 0, B 1, C 2);
set!(A 0, B 1, C 2, D 3);
set!(A 0, B 1, C 2, D 3, E 4);
set!(A 0, B 1, C 2, D 3, E 4, F 5);
set!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
set!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
set!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);
set!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9);
set!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10);
set!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11);
set!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12);
set!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13);
set!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13, O 14);
set!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13, O 14, P 15);
