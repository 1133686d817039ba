//! A domain event is emitted, as if others could read it.

use std::{borrow::Cow, convert::Infallible};

use serde::{Deserialize, Serialize};
use waxseal::{Decider, DomainEvent, Envelope, EventSourced, Record, Recorder, Refusal};

#[derive(Serialize, Deserialize)]
struct Withdraw {}
waxseal::command!(Withdraw { name: "withdraw", version: 1, recipient: "bank" });

#[derive(Serialize, Deserialize)]
enum Moved {
    Out { cents: u64 },
}
impl DomainEvent for Moved {}
#[derive(Serialize, Deserialize)]
struct Account {}
impl EventSourced for Account {
    const KIND: &'static str = "account";
    type Event = Moved;
    fn apply(_: &mut Option<Self>, _: &Moved) {}
}

struct Accounts;
impl Decider for Accounts {
    const NAME: &str = "accounts";
    type State = Account;
    type Decides = (Withdraw,);
    type Emits = ();
    type Refusal = Infallible;
}
impl Record<Withdraw> for Accounts {
    fn key(_: &Withdraw) -> Cow<'_, str> {
        "a-1".into()
    }
    fn decide(
        &self,
        _: Option<&Account>,
        _: &Envelope<Withdraw>,
        out: &mut Recorder<Self>,
    ) -> Result<(), Refusal<Infallible>> {
        out.emit(Moved::Out { cents: 1 });
        Ok(())
    }
}

fn main() {}
