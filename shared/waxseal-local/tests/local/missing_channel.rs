//! A command to a service that is not deployed blocks its shard for five minutes. Then it is a dead
//! letter of the relay.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use waxseal::{Entity, Envelope, Fault, Handler, Service, Unit};
use waxseal_local::Local;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Ordered {
    order: String,
}
waxseal::event!(Ordered { name: "order.placed", version: 1, owner: "shop" });

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Packed {
    order: String,
}
waxseal::event!(Packed { name: "parcel.packed", version: 1, owner: "warehouse" });

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Collect {
    order: String,
}
waxseal::command!(Collect { name: "collect-parcel", version: 1, recipient: "courier" });

/// Orders `by-hand` need no courier.
struct Pack;
impl Handler for Pack {
    const NAME: &str = "pack";
    type Event = Ordered;
    type Emits = (Packed, Collect);
    async fn handle(&self, event: &Envelope<Ordered>, unit: &mut Unit<'_, Self::Emits>) -> Result<(), Fault> {
        let order = &event.data.order;
        unit.emit(Packed { order: order.clone() });
        if !order.starts_with("by-hand") {
            unit.send(Collect { order: order.clone() });
        }
        Ok(())
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Tally {
    count: u32,
}
impl Entity for Tally {
    const KIND: &'static str = "tally";
}

struct Fetch;
impl Handler for Fetch {
    const NAME: &str = "collect";
    type Event = Collect;
    type Emits = ();
    async fn handle(&self, event: &Envelope<Collect>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
        let order = &event.data.order;
        let mut tally = match unit.load::<Tally>(order).await? {
            Some(tally) => tally,
            None => unit.create(order, Tally::default()),
        };
        tally.count += 1;
        unit.save(tally);
        Ok(())
    }
}

fn local() -> Local {
    let local = Local::builder().seed(7).quiet_dead_letters().build();
    local.deploy_service(Service::new("warehouse").handler(Pack)).unwrap();
    local
}

fn order(local: &Local, id: &str) {
    let event = Envelope::starting(id, "shop", local.now(), Ordered { order: id.into() });
    local.put(&event.into_raw().unwrap()).unwrap();
}

#[test]
fn o6_a_command_to_nobody_is_a_relay_letter_after_five_minutes_and_all_else_is_published_once() {
    let local = local();
    let watch = local.watch(&[]).unwrap();
    let start = local.now();
    let orders = ["a", "by-hand-1", "b", "by-hand-2"];
    for id in orders {
        order(&local, id);
    }
    local.run_until_idle();

    let published = |order: &str| {
        let packed = |body: &String| {
            body.contains("parcel.packed") && body.contains(&format!("\"order\":\"{order}\""))
        };
        watch.peek().into_iter().map(|message| message.content.body).filter(packed).count()
    };
    assert_eq!(orders.map(published), [1; 4], "published again at each retry, or not at all");

    let letters = local.relay_dead_letters("warehouse").unwrap().peek();
    assert_eq!(letters.len(), 2);
    for letter in &letters {
        assert!(letter.content.body.contains("collect-parcel"), "the envelope itself: {letter:?}");
        let waited = letter.sent.checked_duration_since(start).unwrap();
        assert!((300..420).contains(&waited.as_secs()), "{waited:?}");
    }
    assert!(local.dead_letters("warehouse").unwrap().is_empty(), "redriven there it would reach its emitter");

    // Later messages flow at once: nothing is left of the trouble.
    let before = local.now();
    order(&local, "by-hand-3");
    local.run_until_idle();
    assert_eq!(published("by-hand-3"), 1);
    assert!(local.now().checked_duration_since(before).unwrap() < Duration::from_secs(60));
}

#[test]
fn o6_the_way_back_of_a_relay_letter_is_a_sweep() {
    let local = local();
    let start = local.now();
    order(&local, "a");
    local.run_until_idle();
    assert_eq!(local.relay_dead_letters("warehouse").unwrap().len(), 1);
    local.deploy_service(Service::new("courier").handler(Fetch)).unwrap();
    let (sweeping, end) = (local.clone(), local.now());
    let swept = local.executor().block_on(async move {
        sweeping.sweep("warehouse", start, end).await.map_err(|error| error.to_string())
    });
    assert_eq!(swept, Ok(1));
    local.run_until_idle();
    assert_eq!(local.read::<Tally>("courier", "a").unwrap().count, 1);
}

#[test]
fn o6_a_recipient_that_is_deployed_in_time_costs_no_letter() {
    let local = local();
    order(&local, "a");
    let clock = local.clock().clone();
    local.executor().block_on(async move { clock.sleep(Duration::from_secs(200)).await });
    assert!(local.relay_dead_letters("warehouse").unwrap().is_empty());
    local.deploy_service(Service::new("courier").handler(Fetch)).unwrap();
    local.run_until_idle();
    assert_eq!(local.read::<Tally>("courier", "a").unwrap().count, 1);
    assert!(local.relay_dead_letters("warehouse").unwrap().is_empty());
}
