//! Given what happened, when a message arrives, then events are recorded and messages leave: tests
//! of deciders without a table and a runtime.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;
use waxseal::{
    Decider, Envelope, EventSourced, Folded, Message, Record, Refusal, Timestamp,
    handler::{HistoryDecision, decide_history},
};

use crate::expected::{self, Messages};

/// The domain event of a decider's state.
type EventOf<D> = <<D as Decider>::State as EventSourced>::Event;

/// Begins a test of a decider whose entity has this history; it may be empty.
///
/// ```
/// use std::borrow::Cow;
/// use serde::{Deserialize, Serialize};
/// use waxseal::{Decider, DomainEvent, Envelope, EventSourced, Record, Recorded, Recorder, Refusal, Translation};
/// use waxseal_testing::given_history;
///
/// #[derive(Serialize, Deserialize)] struct Withdraw { account: String, cents: u64 }
/// waxseal::command!(Withdraw { name: "withdraw", version: 1, recipient: "bank" });
/// #[derive(Serialize, Deserialize)] struct AccountEmptied { account: String }
/// waxseal::event!(AccountEmptied { name: "account.emptied", version: 1, owner: "bank" });
///
/// #[derive(Serialize, Deserialize)] enum Moved { In { cents: u64 }, Out { cents: u64 } }
/// impl DomainEvent for Moved {}
/// #[derive(Debug, Default, PartialEq, Serialize, Deserialize)] struct Account { cents: u64 }
/// impl EventSourced for Account {
///     const KIND: &'static str = "account";
///     type Event = Moved;
///     fn apply(account: &mut Option<Self>, event: &Moved) {
///         let account = account.get_or_insert_default();
///         match event { Moved::In { cents } => account.cents += cents, Moved::Out { cents } => account.cents -= cents }
///     }
/// }
/// #[derive(Debug, PartialEq, thiserror::Error)] #[error("{0} cents are missing")] struct Missing(u64);
///
/// struct Accounts;
/// impl Decider for Accounts {
///     const NAME: &str = "accounts";
///     type State = Account;
///     type Decides = (Withdraw,);
///     type Emits = (AccountEmptied,);
///     type Refusal = Missing;
///     fn translate(moved: &Recorded<Moved>, account: Option<&Account>, out: &mut Translation<Self>) {
///         if account.is_some_and(|account| account.cents == 0) { out.emit(AccountEmptied { account: moved.entity.clone() }); }
///     }
/// }
/// impl Record<Withdraw> for Accounts {
///     fn key(withdraw: &Withdraw) -> Cow<'_, str> { (&*withdraw.account).into() }
///     fn decide(&self, account: Option<&Account>, withdraw: &Envelope<Withdraw>, out: &mut Recorder<Self>) -> Result<(), Refusal<Missing>> {
///         let (cents, has) = (withdraw.data.cents, account.map_or(0, |account| account.cents));
///         if cents > has { return Err(Missing(cents - has).into()); }
///         out.record(Moved::Out { cents });
///         Ok(())
///     }
/// }
/// let withdraw = |cents| Withdraw { account: "a-1".into(), cents };
/// given_history(Accounts, [Moved::In { cents: 500 }, Moved::Out { cents: 100 }])
///     .when(withdraw(150))
///     .then([Moved::Out { cents: 150 }], ())
///     .when(withdraw(300))
///     .then_refused(Missing(50))
///     .when(withdraw(250))
///     .then([Moved::Out { cents: 250 }], (AccountEmptied { account: "a-1".into() },))
///     .then_state(Account { cents: 0 });
/// ```
#[must_use = "nothing is decided before a message comes"]
pub fn given_history<D: Decider>(
    decider: D,
    events: impl IntoIterator<Item = EventOf<D>>,
) -> GivenHistory<D> {
    let past = events.into_iter().collect();
    GivenHistory { decider, past, now: Timestamp::UNIX_EPOCH, messages: 0 }
}

/// A decider and the history of its entity, before a message arrives.
pub struct GivenHistory<D: Decider> {
    decider: D,
    past: Vec<EventOf<D>>,
    now: Timestamp,
    messages: u32,
}

impl<D: Decider> std::fmt::Debug for GivenHistory<D> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GivenHistory").field("past", &list(&self.past)).finish_non_exhaustive()
    }
}

impl<D: Decider> GivenHistory<D> {
    /// Sets the time of all further messages; the default is 1970.
    pub fn at(mut self, now: Timestamp) -> Self {
        self.now = now;
        self
    }

    /// Decides on a message, in an envelope that begins a flow. Its id is `message-1`, `message-2`
    /// and so on.
    pub fn when<M: Message>(self, message: M) -> Happened<D>
    where
        D: Record<M>,
    {
        let id = format!("message-{}", self.messages + 1);
        let envelope = Envelope::starting(id, M::OWNER, self.now, message);
        self.when_envelope(&envelope)
    }

    /// As [`GivenHistory::when`], with an envelope of the test's own.
    pub fn when_envelope<M: Message>(self, envelope: &Envelope<M>) -> Happened<D>
    where
        D: Record<M>,
    {
        let result = decide_history(&self.decider, self.folded(), envelope);
        Happened { given: Self { messages: self.messages + 1, ..self }, result }
    }

    /// Compares the fold of the history with the state that is expected.
    ///
    /// # Panics
    /// Where they differ, with both in full.
    #[track_caller]
    pub fn then_state(self, state: impl Into<Option<D::State>>) -> Self {
        let (found, expected) = (json(&self.folded().state), json(&state.into()));
        assert!(found == expected, "expected\n  state: {expected:#}\nfound\n  state: {found:#}");
        self
    }

    fn folded(&self) -> Folded<D::State> {
        let mut folded = Folded::default();
        for event in &self.past {
            D::State::apply(&mut folded.state, event);
            folded.version += 1;
            folded.at = Some(self.now);
        }
        folded
    }
}

/// What a message led to.
#[must_use = "a decision that is not compared proves nothing"]
pub struct Happened<D: Decider> {
    given: GivenHistory<D>,
    result: Result<HistoryDecision<D::State>, Refusal<D::Refusal>>,
}

impl<D: Decider> std::fmt::Debug for Happened<D> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.found())
    }
}

impl<D: Decider> Happened<D> {
    /// Compares the recorded events and the messages with those that are expected, in their stored
    /// form, JSON. The next message meets the history with these events.
    ///
    /// # Panics
    /// Where they differ, with both in full; and where the decider refused.
    #[track_caller]
    pub fn then(
        self,
        events: impl IntoIterator<Item = EventOf<D>>,
        messages: impl Messages,
    ) -> GivenHistory<D> {
        let (events, messages): (Vec<_>, _) = (events.into_iter().collect(), messages.shown());
        let (expected, found) = (happened(&list(&events), &messages), self.found());
        assert!(self.result.is_ok() && expected == found, "expected\n{expected}\nfound\n{found}");
        let Self { mut given, .. } = self;
        given.past.extend(events);
        given
    }

    /// Compares the refusal with the one that is expected. The next message meets the history as it
    /// was.
    ///
    /// # Panics
    /// Where they differ, with both in full; and where the decider decided.
    #[track_caller]
    pub fn then_refused(self, refusal: D::Refusal) -> GivenHistory<D>
    where
        D::Refusal: PartialEq,
    {
        let found = self.result.as_ref().err().and_then(Refusal::reason);
        assert!(
            found == Some(&refusal),
            "expected\n  refused: {refusal}\n           {refusal:?}\nfound\n{}",
            self.found()
        );
        self.given
    }

    fn found(&self) -> String {
        match &self.result {
            Ok(decision) => {
                let recorded: Vec<_> =
                    decision.recorded.iter().map(|recorded| json(&recorded.event)).collect();
                let messages: Vec<_> = decision.messages.iter().map(expected::staged).collect();
                happened(&recorded, &messages)
            }
            Err(refusal) => match refusal.reason() {
                Some(reason) => format!("  refused: {refusal}\n           {reason:?}"),
                None => format!("  failed: {refusal}"),
            },
        }
    }
}

fn happened(events: &[Value], messages: &[Value]) -> String {
    let mut text = String::new();
    for (what, all) in [("recorded", events), ("emitted", messages)] {
        for (n, one) in all.iter().enumerate() {
            // A write to a text cannot fail.
            let _ = write!(text, "\n  {what} {}: {one:#}", n + 1);
        }
        if all.is_empty() {
            let _ = write!(text, "\n  {what} nothing");
        }
    }
    text.trim_start_matches('\n').to_owned()
}

fn list<E: Serialize>(events: &[E]) -> Vec<Value> {
    events.iter().map(json).collect()
}

fn json<S: Serialize>(value: &S) -> Value {
    serde_json::to_value(value).unwrap_or_else(|error| Value::from(format!("no JSON: {error}")))
}
