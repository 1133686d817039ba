//! Given a state, when a message arrives, then a state and messages: tests of aggregates without a
//! table and a runtime.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;
use waxseal::{Aggregate, Decide, Envelope, Message, Out, Refusal, Timestamp};

use crate::expected::{self, Messages};

/// Begins a test of an aggregate with this state, or with `None` for an entity that does not exist.
///
/// ```
/// use std::borrow::Cow;
/// use serde::{Deserialize, Serialize};
/// use waxseal::{Aggregate, Decide, Entity, Envelope, Out, Refusal};
/// use waxseal_testing::given;
///
/// #[derive(Serialize, Deserialize)] struct Withdraw { account: String, cents: u64 }
/// waxseal::command!(Withdraw { name: "withdraw", version: 1, recipient: "bank" });
/// #[derive(Serialize, Deserialize)] struct Withdrawn { cents: u64 }
/// waxseal::event!(Withdrawn { name: "account.withdrawn", version: 1, owner: "bank" });
/// #[derive(Serialize, Deserialize)] struct Account { cents: u64 }
/// impl Entity for Account { const KIND: &'static str = "account"; }
/// #[derive(Debug, PartialEq, thiserror::Error)] #[error("{0} cents are missing")] struct Missing(u64);
///
/// struct Accounts;
/// impl Aggregate for Accounts {
///     const NAME: &str = "accounts";
///     type State = Account;
///     type Decides = (Withdraw,);
///     type Emits = (Withdrawn,);
///     type Refusal = Missing;
/// }
/// impl Decide<Withdraw> for Accounts {
///     fn key(command: &Withdraw) -> Cow<'_, str> { Cow::Borrowed(&command.account) }
///     fn decide(
///         &self, account: &mut Option<Account>, command: &Envelope<Withdraw>, out: &mut Out<Self>,
///     ) -> Result<(), Refusal<Missing>> {
///         let Withdraw { cents, .. } = command.data;
///         let has = account.as_ref().map_or(0, |account| account.cents);
///         let left = has.checked_sub(cents).ok_or_else(|| Missing(cents - has))?;
///         *account = Some(Account { cents: left });
///         out.emit(Withdrawn { cents });
///         Ok(())
///     }
/// }
/// let withdraw = |cents| Withdraw { account: "a-1".into(), cents };
/// given(Accounts, Account { cents: 500 })
///     .when(withdraw(200))
///     .then(Account { cents: 300 }, (Withdrawn { cents: 200 },))
///     .when(withdraw(400))
///     .then_refused(Missing(100));
/// given(Accounts, None).when(withdraw(1)).then_refused(Missing(1));
/// ```
#[must_use = "nothing is decided before a message comes"]
pub fn given<A: Aggregate>(aggregate: A, state: impl Into<Option<A::State>>) -> Given<A> {
    Given { aggregate, state: state.into(), now: Timestamp::UNIX_EPOCH, messages: 0 }
}

/// An aggregate and the state of its entity, before a message arrives.
#[derive(Debug)]
pub struct Given<A: Aggregate> {
    aggregate: A,
    state: Option<A::State>,
    now: Timestamp,
    messages: u32,
}

impl<A: Aggregate> Given<A> {
    /// Sets the time of all further messages; the default is 1970.
    pub fn at(mut self, now: Timestamp) -> Self {
        self.now = now;
        self
    }

    /// Decides on a message, in an envelope that begins a flow. Its id is `message-1`, `message-2`
    /// and so on.
    pub fn when<M: Message>(self, message: M) -> Decision<A>
    where
        A: Decide<M>,
    {
        let id = format!("message-{}", self.messages + 1);
        let envelope = Envelope::starting(id, M::OWNER, self.now, message);
        self.when_envelope(&envelope)
    }

    /// As [`Given::when`], with an envelope of the test's own.
    pub fn when_envelope<M: Message>(self, envelope: &Envelope<M>) -> Decision<A>
    where
        A: Decide<M>,
    {
        let (mut state, mut out) = (copy(self.state.as_ref()), Out::default());
        let result = self.aggregate.decide(&mut state, envelope, &mut out);
        let emitted = out.staged().iter().map(expected::staged).collect();
        Decision { given: Self { messages: self.messages + 1, ..self }, state, emitted, result }
    }
}

/// The decision of an aggregate.
#[must_use = "a decision that is not compared proves nothing"]
pub struct Decision<A: Aggregate> {
    given: Given<A>,
    state: Option<A::State>,
    emitted: Vec<Value>,
    result: Result<(), Refusal<A::Refusal>>,
}

impl<A: Aggregate> std::fmt::Debug for Decision<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.found())
    }
}

impl<A: Aggregate> Decision<A> {
    /// Compares the decision with the state and the messages that are expected. Both are compared
    /// in their stored form, JSON. The next message meets the decided state.
    ///
    /// # Panics
    /// Where they differ, with both in full; and where the aggregate refused.
    #[track_caller]
    pub fn then(self, state: impl Into<Option<A::State>>, emitted: impl Messages) -> Given<A> {
        let (state, emitted) = (state.into(), emitted.shown());
        let is_same = self.result.is_ok() && json(&self.state) == json(&state) && self.emitted == emitted;
        let found = self.found();
        assert!(is_same, "expected\n{}\nfound\n{found}", decided(&state, &emitted));
        Given { state: self.state, ..self.given }
    }

    /// Compares the refusal with the one that is expected. The next message meets the state before.
    ///
    /// # Panics
    /// Where they differ, with both in full; and where the aggregate decided.
    #[track_caller]
    pub fn then_refused(self, refusal: A::Refusal) -> Given<A>
    where
        A::Refusal: PartialEq,
    {
        let found = self.result.as_ref().err().and_then(Refusal::reason);
        assert!(
            found == Some(&refusal),
            "expected\n  refused: {refusal}\n           {refusal:?}\nfound\n{}",
            self.found()
        );
        self.given
    }

    /// The refusal, for properties that [`Decision::then_refused`] does not compare, such as
    /// whether it is final.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal<A::Refusal>> {
        self.result.as_ref().err()
    }

    fn found(&self) -> String {
        match &self.result {
            Ok(()) => decided(&self.state, &self.emitted),
            Err(refusal) => match refusal.reason() {
                Some(reason) => format!("  refused: {refusal}\n           {reason:?}"),
                None => format!("  failed: {refusal}"),
            },
        }
    }
}

fn decided<S: Serialize>(state: &Option<S>, emitted: &[Value]) -> String {
    let mut text = format!("  state: {:#}", json(state));
    for (n, message) in emitted.iter().enumerate() {
        // A write to a text cannot fail.
        let _ = write!(text, "\n  emitted {}: {message:#}", n + 1);
    }
    if emitted.is_empty() {
        text.push_str("\n  emitted nothing");
    }
    text
}

fn json<S: Serialize>(state: &Option<S>) -> Value {
    serde_json::to_value(state).unwrap_or_else(|error| Value::from(format!("no JSON: {error}")))
}

/// A copy of the state by way of its stored form, since entities need not be `Clone`.
fn copy<S: waxseal::Entity>(state: Option<&S>) -> Option<S> {
    let copied = |state| serde_json::to_string(state).and_then(|json| serde_json::from_str(&json));
    state.map(|state| match copied(state) {
        Ok(state) => state,
        Err(error) => panic!("the state of a `{}` does not survive its JSON form: {error}", S::KIND),
    })
}

#[cfg(test)]
mod tests {
    use std::{borrow::Cow, panic::catch_unwind};

    use serde::Deserialize;
    use waxseal::Entity;

    use super::*;
    use crate::InSequence;

    #[derive(Serialize, Deserialize)]
    struct Push {
        door: String,
    }
    waxseal::command!(Push { name: "push", version: 1, recipient: "house" });
    #[derive(Serialize, Deserialize)]
    struct Opened {
        times: u32,
    }
    waxseal::event!(Opened { name: "door.opened", version: 1, owner: "house" });
    #[derive(Debug, Serialize, Deserialize)]
    struct Door {
        times: u32,
    }
    impl Entity for Door {
        const KIND: &'static str = "door";
    }
    #[derive(Debug, PartialEq, thiserror::Error)]
    #[error("the hinges are gone after {0} times")]
    struct Broken(u32);

    struct Doors;
    impl Aggregate for Doors {
        const NAME: &'static str = "doors";
        type State = Door;
        type Decides = (Push,);
        type Emits = (Opened,);
        type Refusal = Broken;
    }
    impl Decide<Push> for Doors {
        fn key(push: &Push) -> Cow<'_, str> {
            Cow::Borrowed(&push.door)
        }
        fn decide(
            &self,
            door: &mut Option<Door>,
            _: &Envelope<Push>,
            out: &mut Out<Self>,
        ) -> Result<(), Refusal<Broken>> {
            let door = door.get_or_insert(Door { times: 0 });
            door.times += 1;
            out.emit_in_sequence(Opened { times: door.times });
            if door.times > 2 { Err(Broken(door.times).into()) } else { Ok(()) }
        }
    }

    fn push() -> Push {
        Push { door: "front".to_owned() }
    }

    fn message(test: impl FnOnce() + std::panic::UnwindSafe) -> String {
        match catch_unwind(test) {
            Ok(()) => panic!("nothing differed"),
            Err(panic) => *panic.downcast::<String>().unwrap_or_default(),
        }
    }

    #[test]
    fn decisions_follow_each_other_and_a_refusal_leaves_the_state() {
        given(Doors, None)
            .when(push())
            .then(Door { times: 1 }, (InSequence(Opened { times: 1 }),))
            .when(push())
            .then(Door { times: 2 }, (InSequence(Opened { times: 2 }),))
            .when(push())
            .then_refused(Broken(3))
            .when(push())
            .then_refused(Broken(3));
    }

    #[test]
    fn a_difference_shows_both_sides_in_full() {
        let text = message(|| {
            let _ = given(Doors, None).when(push()).then(Door { times: 2 }, ());
        });
        let (expected, found) = text.split_once("found").unwrap_or_default();
        assert!(expected.contains("\"times\": 2") && expected.contains("emitted nothing"), "{text}");
        assert!(found.contains("\"times\": 1") && found.contains("\"name\": \"door.opened\""), "{text}");
        let text = message(|| {
            let _ = given(Doors, Door { times: 7 }).when(push()).then_refused(Broken(7));
        });
        assert!(text.contains("Broken(7)") && text.contains("Broken(8)"), "{text}");
        let text = message(|| {
            let _ = given(Doors, None).when(push()).then_refused(Broken(7));
        });
        assert!(text.contains("Broken(7)") && text.contains("\"inSequence\": true"), "{text}");
    }
}
