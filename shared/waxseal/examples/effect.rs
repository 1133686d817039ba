//! `cargo run --profile ci -p waxseal --example effect`: a call to the outside whose answer is lost, and the
//! second attempt with the same key.

use std::{
    collections::BTreeSet,
    error::Error,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use waxseal::{Attempt, Effect, Engine, Envelope, Fault, Outcome, Service, Settings, Timestamp, Unit};
use waxseal_testing::{ManualHost, MemoryTable, block_on};

#[derive(Serialize, Deserialize)]
struct OrderConfirmed {
    order: String,
}
waxseal::event!(OrderConfirmed { name: "order.confirmed", version: 1, owner: "orders" });

/// A carrier that honours keys, and whose first answer is lost.
#[derive(Clone, Default)]
struct Carrier {
    booked: Arc<Mutex<BTreeSet<String>>>,
}

impl Carrier {
    fn book(&self, key: String) -> Result<(), &'static str> {
        let mut booked = self.booked.lock().unwrap_or_else(PoisonError::into_inner);
        if booked.insert(key) { Err("the answer was lost") } else { Ok(()) }
    }
}

struct BookCarrier {
    carrier: Carrier,
}

impl Effect for BookCarrier {
    const NAME: &str = "book-carrier";
    const KEY_TTL: Duration = Duration::from_hours(24);
    type Event = OrderConfirmed;
    type Emits = ();

    async fn act(
        &self,
        event: &Envelope<OrderConfirmed>,
        attempt: &Attempt<'_>,
        _: &mut Unit<'_, ()>,
    ) -> Result<(), Fault> {
        println!("attempt {} books a carrier for {}", attempt.number(), event.data.order);
        self.carrier.book(attempt.effect_key(0)).map_err(Fault::retry)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let carrier = Carrier::default();
    let host = Arc::new(ManualHost::new(Timestamp::UNIX_EPOCH));
    let service = Service::new("shipping").effect(BookCarrier { carrier: carrier.clone() });
    let engine = Engine::new(service, MemoryTable::default(), host, Settings::default())?;

    let confirmed = OrderConfirmed { order: "o-1".into() };
    let event = Envelope::starting("e-1", "orders", engine.now(), confirmed).into_raw()?;
    assert!(block_on(engine.handle(&event)).is_err(), "the answer was lost");
    assert_eq!(block_on(engine.handle(&event))?, Outcome::Applied);

    let booked = carrier.booked.lock().unwrap_or_else(PoisonError::into_inner).len();
    println!("two attempts, {booked} booking");
    assert_eq!(booked, 1);
    Ok(())
}
