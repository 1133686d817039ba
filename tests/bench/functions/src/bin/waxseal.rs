//! The function on Waxseal.

use std::{borrow::Cow, convert::Infallible, process::ExitCode};

use bench_work::{PaymentCaptured, Workload};
use serde::{Deserialize, Serialize};
use waxseal::{
    Aggregate, BoxError, Decide, Engine, Entity, Envelope, Fault, Handler, Out, Refusal, Service, Unit,
};
use waxseal_aws::Environment;
use waxseal_lambda::Function;

/// `PaymentCaptured` is the peers' own type; a message belongs to the crate that declares it.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Captured(PaymentCaptured);
waxseal::event!(Captured { name: "payment.captured", version: 1, owner: "payment" });

/// The event for other services, once the relay publishes it.
#[derive(Serialize, Deserialize)]
struct PaymentBooked {
    account: String,
    amount: i64,
}
waxseal::event!(PaymentBooked { name: "payment.booked", version: 1, owner: "bench" });

#[derive(Serialize, Deserialize, Default)]
struct Ledger {
    count: i64,
    total: i64,
}
impl Entity for Ledger {
    const KIND: &'static str = "ledger";
}

struct Remember;
impl Handler for Remember {
    const NAME: &'static str = "remember";
    type Event = Captured;
    type Emits = ();

    async fn handle(&self, event: &Envelope<Captured>, _: &mut Unit<'_, ()>) -> Result<(), Fault> {
        check(&event.data)
    }
}

struct Announce;
impl Handler for Announce {
    const NAME: &'static str = "announce";
    type Event = Captured;
    type Emits = (PaymentBooked,);

    async fn handle(
        &self,
        event: &Envelope<Captured>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        check(&event.data)?;
        let PaymentCaptured { account, amount, .. } = &event.data.0;
        unit.emit(PaymentBooked { account: account.clone(), amount: *amount });
        Ok(())
    }
}

struct Book;
impl Aggregate for Book {
    const NAME: &'static str = "book";
    type State = Ledger;
    type Decides = (Captured,);
    type Emits = ();
    type Refusal = Infallible;
}
impl Decide<Captured> for Book {
    fn key(event: &Captured) -> Cow<'_, str> {
        Cow::Borrowed(&event.0.account)
    }

    fn decide(
        &self,
        ledger: &mut Option<Ledger>,
        event: &Envelope<Captured>,
        _: &mut Out<Self>,
    ) -> Result<(), Refusal<Infallible>> {
        let ledger = ledger.get_or_insert_default();
        check(&event.data)?;
        ledger.count += 1;
        ledger.total += event.data.0.amount;
        Ok(())
    }
}

fn check(captured: &Captured) -> Result<(), Fault> {
    if captured.0.adds_up() { Ok(()) } else { Err(Fault::permanent("the lines do not add up")) }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    waxseal_lambda::start(function()).await
}

async fn function() -> Result<Function, BoxError> {
    let service = Service::new("bench");
    let service = match Workload::from_env()? {
        Workload::Receipt => service.handler(Remember),
        Workload::Emit => service.handler(Announce),
        Workload::Ledger => service.aggregate(Book),
    };
    let aws = Environment::from_env();
    let engine = Engine::new(service, aws.table()?, aws.host(), aws.settings()?)?;
    Ok(Function::new(aws.batches(engine)?))
}
