//! The event-sourced accounts of the statements about histories.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use waxseal::{
    Decider, DomainEvent, Envelope, EventSourced, Fault, Handler, Raw, Record as DecideMove, Recorded,
    Recorder, Refusal, Service, Snapshots, Translation, Unit,
};

/// Money is moved: a positive amount comes in, a negative one goes out, in as many parts.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Move {
    pub(super) account: String,
    pub(super) cents: i64,
    pub(super) parts: u32,
    /// The bytes of a note that is recorded with each part.
    pub(super) note: usize,
}
waxseal::command!(Move { name: "move-money", version: 1, recipient: "bank" });

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Moved {
    pub(super) account: String,
    pub(super) cents: i64,
    pub(super) version: u64,
}
waxseal::event!(Moved { name: "money.moved", version: 1, owner: "bank" });

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Fact {
    In { cents: i64, note: String },
    Out { cents: i64, note: String },
}
impl DomainEvent for Fact {}

/// The same kind as a later build knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "lowercase")]
pub(super) enum LaterFact {
    In { rappen: i64 },
    Out { rappen: i64 },
}
impl DomainEvent for LaterFact {
    const VERSION: u16 = 2;
    fn lift(version: u16, event: Value) -> Result<Value, String> {
        let (fact, body) = event.as_object().and_then(|event| event.iter().next()).ok_or("no object")?;
        if version != 1 {
            return Err(format!("version {version} is unknown"));
        }
        Ok(serde_json::json!({ "fact": fact.to_lowercase(), "rappen": body["cents"] }))
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Balance {
    pub(super) cents: i64,
    pub(super) moves: u64,
}

impl Balance {
    /// `counts` is what a move counts in this form: the same JSON has another meaning in each.
    pub(super) fn add(balance: &mut Option<Self>, cents: i64, counts: u16) {
        let balance = balance.get_or_insert_default();
        balance.cents += cents;
        balance.moves += u64::from(counts);
    }
}

/// A state of the kind `account` in one form: with its version, its snapshots and its events.
macro_rules! account {
    ($name:ident, $version:literal, $snapshots:expr, $event:ident, $cents:ident) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(transparent)]
        pub(super) struct $name(pub(super) Balance);
        impl EventSourced for $name {
            const KIND: &'static str = "account";
            const VERSION: u16 = $version;
            const SNAPSHOTS: Snapshots = $snapshots;
            type Event = $event;
            fn apply(account: &mut Option<Self>, event: &$event) {
                let mut balance = account.map(|account| account.0);
                match event {
                    $event::In { $cents, .. } => Balance::add(&mut balance, *$cents, Self::VERSION),
                    $event::Out { $cents, .. } => Balance::add(&mut balance, -$cents, Self::VERSION),
                }
                *account = balance.map(Self);
            }
        }
    };
}
account!(Account, 1, Snapshots::Every(1), Fact, cents);
account!(SeldomKept, 1, Snapshots::Every(4), Fact, cents);
account!(NeverKept, 1, Snapshots::Never, Fact, cents);
account!(Later, 2, Snapshots::Every(1), LaterFact, rappen);

pub(super) trait Facts: EventSourced {
    fn balance(&self) -> Balance;
    fn fact(cents: i64, note: String) -> Self::Event;
}
macro_rules! facts {
    ($($name:ident),+) => { $(impl Facts for $name {
        fn balance(&self) -> Balance { self.0 }
        fn fact(cents: i64, note: String) -> Fact {
            if cents < 0 { Fact::Out { cents: -cents, note } } else { Fact::In { cents, note } }
        }
    })+ };
}
facts!(Account, SeldomKept, NeverKept);
impl Facts for Later {
    fn balance(&self) -> Balance {
        self.0
    }
    fn fact(cents: i64, _: String) -> LaterFact {
        if cents < 0 { LaterFact::Out { rappen: -cents } } else { LaterFact::In { rappen: cents } }
    }
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the account has {0} cents less than that")]
pub(super) struct TooLittle(pub(super) i64);

/// Keeps accounts. Nothing moves for an amount of 0, and the sender has an answer.
pub(super) struct Accounts<S>(std::marker::PhantomData<fn() -> S>);

impl<S: Facts> Decider for Accounts<S> {
    const NAME: &str = "accounts";
    type State = S;
    type Decides = (Move,);
    type Emits = (Moved,);
    type Refusal = TooLittle;
    fn translate(recorded: &Recorded<S::Event>, account: Option<&S>, out: &mut Translation<Self>) {
        let cents = account.map_or(0, |account| account.balance().cents);
        let Recorded { entity, version, .. } = recorded;
        out.emit_in_sequence(Moved { account: entity.clone(), cents, version: *version });
    }
}

impl<S: Facts> DecideMove<Move> for Accounts<S> {
    fn key(command: &Move) -> Cow<'_, str> {
        Cow::Borrowed(&command.account)
    }
    fn decide(
        &self,
        account: Option<&S>,
        command: &Envelope<Move>,
        out: &mut Recorder<Self>,
    ) -> Result<(), Refusal<TooLittle>> {
        let Move { account: name, cents, parts, note } = &command.data;
        let has = account.map_or(0, |account| account.balance().cents);
        let left = has + cents * i64::from(*parts);
        if left < 0 {
            return Err(TooLittle(-left).into());
        }
        if *cents == 0 {
            out.emit(Moved { account: name.clone(), cents: has, version: 0 });
            return Ok(());
        }
        for _ in 0..*parts {
            out.record(S::fact(*cents, "x".repeat(*note)));
        }
        Ok(())
    }
}

pub(super) fn accounts<S: Facts>() -> Service {
    Service::new("bank").decider(Accounts::<S>(std::marker::PhantomData))
}

pub(super) const ACCOUNT: &str = "Zürich #7";

pub(super) fn moving(id: &str, cents: i64, parts: u32, note: usize) -> Raw {
    let command = Move { account: ACCOUNT.to_owned(), cents, parts, note };
    let data = serde_json::value::to_raw_value(&command).unwrap();
    let json = format!(
        r#"{{"eventId":"{id}","eventType":"move-money","eventVersion":1,"timestamp":"2026-11-21T09:29:58.250Z",
        "source":"till","correlationId":"cart-7","data":{data},"metadata":{{}}}}"#
    );
    Raw::parse(&json).unwrap()
}

pub(super) fn moves(id: &str, cents: i64) -> Raw {
    moving(id, cents, 1, 0)
}

/// A handler that continues a history through its unit.
pub(super) struct Keep;
impl Handler for Keep {
    const NAME: &str = "keep";
    type Event = Move;
    type Emits = (Moved,);
    async fn handle(&self, command: &Envelope<Move>, unit: &mut Unit<'_, Self::Emits>) -> Result<(), Fault> {
        let Move { account, cents, .. } = &command.data;
        let mut history = unit.history::<Account>(account).await?;
        let recorded = history.record(Account::fact(*cents, String::new()));
        let version = recorded.version;
        unit.append(history);
        // A unit reads its own earlier events.
        let history = unit.history::<Account>(account).await?;
        let cents = history.state().map_or(0, |account| account.0.cents);
        assert_eq!(history.version(), version);
        unit.emit(Moved { account: account.clone(), cents, version });
        Ok(())
    }
}

pub(super) fn keeping() -> Service {
    Service::new("bank").handler(Keep).keeps_history::<Account>()
}
