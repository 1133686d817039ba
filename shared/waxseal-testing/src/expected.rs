//! The messages that a test expects, in the same form as the emitted ones.

use std::time::Duration;

use serde_json::{Value, json};
use waxseal::{Declared, Message, StagedMessage};

/// A message that a test expects: the message itself, [`InSequence`] or [`Delayed`].
pub trait Expected {
    #[doc(hidden)]
    fn shown(&self) -> Value;
}

/// An event that is expected as the next one in the sequence of its entity.
#[derive(Debug, Clone)]
pub struct InSequence<M>(pub M);

/// A command with the delay that is expected for it.
#[derive(Debug, Clone)]
pub struct Delayed<M>(pub M, pub Duration);

/// The messages that a test expects, in order: `()`, `(A,)`, `(A, B)`, up to eight.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of messages",
    label = "expected `()`, `(a,)`, `(a, b)`, …",
    note = "a list of one is written with a comma: `(confirmed,)`"
)]
pub trait Messages {
    #[doc(hidden)]
    fn shown(&self) -> Vec<Value>;
}

impl<M: Message> Expected for M {
    fn shown(&self) -> Value {
        let data = serde_json::to_value(self).unwrap_or_else(|error| json!(error.to_string()));
        show(&Declared::of::<M>(), data, false, None)
    }
}

impl<M: Message> Expected for InSequence<M> {
    fn shown(&self) -> Value {
        let mut shown = self.0.shown();
        shown["inSequence"] = json!(true);
        shown
    }
}

impl<M: Message> Expected for Delayed<M> {
    fn shown(&self) -> Value {
        let mut shown = self.0.shown();
        shown["after"] = json!(self.1);
        shown
    }
}

/// One staged message in the form of an expected one.
pub(crate) fn staged(message: &StagedMessage) -> Value {
    let data = match message.data() {
        Some(data) => serde_json::from_str(data.get()).unwrap_or_default(),
        None => json!("this message cannot be written as JSON"),
    };
    show(message.declared(), data, message.is_in_sequence(), message.after())
}

fn show(declared: &Declared, data: Value, in_sequence: bool, after: Option<Duration>) -> Value {
    let mut shown = json!({ "name": declared.name, "version": declared.version, "data": data });
    if in_sequence {
        shown["inSequence"] = json!(true);
    }
    if let Some(after) = after {
        shown["after"] = json!(after);
    }
    shown
}

impl Messages for () {
    fn shown(&self) -> Vec<Value> {
        Vec::new()
    }
}

macro_rules! messages {
    ($($m:ident $at:tt)+) => {
        impl<$($m: Expected),+> Messages for ($($m,)+) {
            fn shown(&self) -> Vec<Value> {
                vec![$(self.$at.shown()),+]
            }
        }
    };
}
messages!(A 0);
messages!(A 0 B 1);
messages!(A 0 B 1 C 2);
messages!(A 0 B 1 C 2 D 3);
messages!(A 0 B 1 C 2 D 3 E 4);
messages!(A 0 B 1 C 2 D 3 E 4 F 5);
messages!(A 0 B 1 C 2 D 3 E 4 F 5 G 6);
messages!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7);
