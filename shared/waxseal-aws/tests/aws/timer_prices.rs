//! What timers cost: the lines of section C about the index of timers, in units of the table and of the index.

use std::{borrow::Cow, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use waxseal::{
    Begin, Engine, Envelope, Fault, Flow, Handler, Host as _, Outcome, Process, Raw, Service, Step, Unit,
    hint, table::Key,
};
use waxseal_aws::testing::{Capacity, WireTable};
use waxseal_testing::ManualHost;

use crate::support::{clock, engine};

/// A parcel is sent; it arrives within so many seconds, where it says so.
#[derive(Serialize, Deserialize)]
struct ParcelSent {
    parcel: String,
    within: Option<u64>,
}
waxseal::event!(ParcelSent { name: "parcel.sent", version: 1, owner: "depot" });

/// What is said of a parcel on its way.
#[derive(Serialize, Deserialize)]
enum News {
    /// Nothing that changes its timer.
    Seen,
    /// It arrives within so many seconds.
    Within(u64),
    /// Nobody knows when it arrives.
    Lost,
}

#[derive(Serialize, Deserialize)]
struct ParcelToldOf {
    parcel: String,
    news: News,
}
waxseal::event!(ParcelToldOf { name: "parcel.told-of", version: 1, owner: "depot" });

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Wait {
    Arrival,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
enum At {
    #[default]
    Underway,
}

struct Delivery;
impl Process for Delivery {
    const NAME: &'static str = "delivery";
    const KIND: &'static str = "delivery";
    type Data = ();
    type Step = At;
    type Timer = Wait;
    type Begins = (ParcelSent,);
    type Inputs = (ParcelToldOf,);
    type Emits = ();
    fn timeout(&self, flow: &mut Flow<Self>, Wait::Arrival: Wait) {
        flow.finish("late");
    }
}
impl Begin<ParcelSent> for Delivery {
    fn key(sent: &ParcelSent) -> Cow<'_, str> {
        sent.parcel.as_str().into()
    }
    fn data(_: &ParcelSent) {}
    fn begin(&self, flow: &mut Flow<Self>, sent: &Envelope<ParcelSent>) {
        if let Some(seconds) = sent.data.within {
            flow.arm(Wait::Arrival, Duration::from_secs(seconds));
        }
    }
}
impl Step<ParcelToldOf> for Delivery {
    fn key(told: &ParcelToldOf) -> Cow<'_, str> {
        told.parcel.as_str().into()
    }
    fn step(&self, flow: &mut Flow<Self>, told: &Envelope<ParcelToldOf>) {
        match told.data.news {
            News::Seen => flow.note("seen"),
            News::Within(seconds) => flow.arm(Wait::Arrival, Duration::from_secs(seconds)),
            News::Lost => flow.clear(&Wait::Arrival),
        }
    }
}

/// Asks the customer how it was.
#[derive(Serialize, Deserialize)]
struct AskCustomer {
    parcel: String,
}
waxseal::command!(AskCustomer { name: "ask-customer", version: 1, recipient: "depot" });

/// Has the customer asked in 30 days.
struct AskLater;
impl Handler for AskLater {
    const NAME: &'static str = "ask-later";
    type Event = ParcelSent;
    type Emits = (AskCustomer,);
    async fn handle(
        &self,
        sent: &Envelope<ParcelSent>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        unit.send_after(AskCustomer { parcel: sent.data.parcel.clone() }, Duration::from_hours(30 * 24));
        Ok(())
    }
}

struct Ask;
impl Handler for Ask {
    const NAME: &'static str = "ask";
    type Event = AskCustomer;
    type Emits = ();
    async fn handle(&self, _: &Envelope<AskCustomer>, _: &mut Unit<'_, ()>) -> Result<(), Fault> {
        Ok(())
    }
}

/// The depot with its table.
struct Depot {
    wire: WireTable,
    clock: Arc<ManualHost>,
    engine: Engine,
}

impl Depot {
    fn of(service: Service) -> Self {
        let (wire, clock) = (WireTable::new("depot"), clock());
        let engine = engine(service, &wire, &clock);
        Self { wire, clock, engine }
    }

    fn event<E: waxseal::Event + Serialize>(&self, id: &str, data: E) -> Raw {
        Envelope::starting(id, "depot", self.clock.now(), data).into_raw().unwrap()
    }

    /// The requests that write, and the units of table and index that a message bills.
    async fn price(&self, message: &Raw) -> (Vec<String>, f64, f64) {
        let outcome = self.engine.handle(message).await.unwrap();
        assert_eq!(outcome, Outcome::Applied);
        let Capacity { write, index_write, .. } = self.wire.take_capacity();
        let mut actions = self.wire.take_actions();
        actions.retain(|action| !["BatchGetItem", "GetItem"].contains(&&**action));
        (actions, write, index_write)
    }

    /// A hint about the only row with a timer, at its time.
    fn hint_at_its_time(&self) -> Raw {
        let items = self.wire.items();
        let waiting = |item: &&waxseal::table::Item| item.get_number("wake_at").is_some();
        let Key { partition, sort } = items.iter().find(waiting).unwrap().key.clone();
        self.clock.pass(Duration::from_hours(31 * 24));
        let now = self.clock.now();
        let hint = hint("depot", (&*partition, &*sort), now, now);
        Raw::parse(hint.envelope.get()).unwrap()
    }
}

/// One transaction of two writes, and so many units of the index.
fn a_step(index: f64) -> (Vec<String>, f64, f64) {
    (vec!["TransactWriteItems".to_owned()], 4.0, index)
}

#[tokio::test]
async fn c1_a_step_costs_one_unit_to_arm_a_timer_two_to_move_it_and_one_to_clear_it() {
    let depot = Depot::of(Service::new("depot").process(Delivery));
    let sent = |within| ParcelSent { parcel: "tea".to_owned(), within };
    let told = |news| ParcelToldOf { parcel: "tea".to_owned(), news };
    let price = async |message: Raw| depot.price(&message).await;
    assert_eq!(price(depot.event("e1", sent(None))).await, a_step(0.0), "begun, without a timer");
    assert_eq!(price(depot.event("e2", told(News::Seen))).await, a_step(0.0), "no timer, as before");
    assert_eq!(price(depot.event("e3", told(News::Within(60)))).await, a_step(1.0), "armed");
    assert_eq!(price(depot.event("e4", told(News::Seen))).await, a_step(0.0), "armed, as before");
    assert_eq!(price(depot.event("e5", told(News::Within(90)))).await, a_step(2.0), "moved");
    assert_eq!(price(depot.event("e6", told(News::Lost))).await, a_step(1.0), "cleared");
    assert_eq!(price(depot.event("e7", told(News::Within(60)))).await, a_step(1.0), "armed again");
    assert_eq!(price(depot.hint_at_its_time()).await, a_step(1.0), "fired: the last timer is gone");
}

#[tokio::test]
async fn c1_a_command_that_is_sent_later_costs_an_action_and_a_unit_of_the_index_twice() {
    let depot = Depot::of(Service::new("depot").schedules_messages().handler(AskLater).handler(Ask));
    let sent = depot.event("e1", ParcelSent { parcel: "tea".to_owned(), within: None });
    assert_eq!(depot.price(&sent).await, a_step(1.0), "the receipt and the waiting item");
    let sending = depot.price(&depot.hint_at_its_time()).await;
    assert_eq!(sending, a_step(1.0), "the item goes, and a receipt holds the command");
}
