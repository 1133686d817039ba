//! A decider lists a message and does not decide it.

use std::convert::Infallible;

use serde::{Deserialize, Serialize};
use waxseal::{Decider, DomainEvent, EventSourced};

#[derive(Serialize, Deserialize)]
struct Withdraw {}
waxseal::command!(Withdraw { name: "withdraw", version: 1, recipient: "bank" });

#[derive(Serialize, Deserialize)]
struct Moved {}
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

fn main() {}
