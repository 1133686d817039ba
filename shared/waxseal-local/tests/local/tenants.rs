//! Tenants on fair queues: from a payload to the message group of a standard queue, through
//! receipt, relay, queue and topic.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use waxseal::{Channel, Entity, Envelope, Fault, Handler, Service, Unit};
use waxseal_local::{Local, Queue, QueueSettings, Subscription};

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Ordered {
    order: String,
    customer: Option<String>,
}
waxseal::event!(Ordered { name: "order.placed", version: 1, owner: "shop" });

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Collect {
    order: String,
    customer: Option<String>,
}
waxseal::command!(Collect {
    name: "collect-parcel",
    version: 1,
    recipient: "courier",
    tenant: |collect| collect.customer.as_deref(),
});

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Scanned {
    customer: Option<String>,
}
waxseal::event!(Scanned {
    name: "parcel.scanned",
    version: 1,
    owner: "warehouse",
    channel: Channel::Topic("scans"),
    tenant: |scanned| scanned.customer.clone(),
});

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Packed {
    customer: Option<String>,
}
waxseal::event!(Packed {
    name: "parcel.packed",
    version: 1,
    owner: "warehouse",
    tenant: |Packed { customer }| customer.as_ref(),
});

struct Pack;
impl Handler for Pack {
    const NAME: &str = "pack";
    type Event = Ordered;
    type Emits = (Collect, Scanned, Packed);
    async fn handle(&self, event: &Envelope<Ordered>, unit: &mut Unit<'_, Self::Emits>) -> Result<(), Fault> {
        let Ordered { order, customer } = &event.data;
        unit.send(Collect { order: order.clone(), customer: customer.clone() });
        unit.emit(Scanned { customer: customer.clone() });
        unit.emit(Packed { customer: customer.clone() });
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

/// Finds no address for an order that is `broken`.
struct Fetch;
impl Handler for Fetch {
    const NAME: &str = "collect";
    type Event = Collect;
    type Emits = ();
    async fn handle(&self, event: &Envelope<Collect>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
        let order = &event.data.order;
        if order == "broken" {
            return Err(Fault::retry("no such address yet"));
        }
        let mut tally = match unit.load::<Tally>(order).await? {
            Some(tally) => tally,
            None => unit.create(order, Tally::default()),
        };
        tally.count += 1;
        unit.save(tally);
        Ok(())
    }
}

fn deployed() -> Local {
    let local = Local::builder().seed(7).quiet_dead_letters().build();
    local.deploy_service(Service::new("warehouse").handler(Pack)).unwrap();
    local.deploy_service(Service::new("courier").handler(Fetch)).unwrap();
    local
}

fn order(local: &Local, id: &str, customer: Option<&str>) {
    let data = Ordered { order: id.into(), customer: customer.map(Into::into) };
    local.put(&Envelope::starting(id, "shop", local.now(), data).into_raw().unwrap()).unwrap();
}

fn pass(local: &Local, time: Duration) {
    let clock = local.clock().clone();
    local.executor().block_on(async move { clock.sleep(time).await });
}

fn groups(queue: &Queue) -> Vec<Option<String>> {
    queue.peek().into_iter().map(|message| message.content.group).collect()
}

#[test]
fn s48_a_failing_record_of_a_tenant_fails_alone_on_a_standard_queue() {
    let local = deployed();
    let orders = ["broken", "a-2", "a-3", "a-4"];
    for id in orders {
        order(&local, id, Some("customer/a"));
    }
    order(&local, "b-1", Some("customer/b"));
    // Until it has failed once: it waits for its next attempt, with its tenant, and its siblings
    // are done.
    let queue = local.commands("courier").unwrap();
    for _ in 0..1000 {
        if queue.peek().iter().any(|message| message.receives > 0) {
            break;
        }
        pass(&local, Duration::from_millis(10));
    }
    pass(&local, Duration::from_millis(200));
    assert_eq!(groups(&queue), [Some("customer/a".to_owned())]);
    for id in ["a-2", "a-3", "a-4", "b-1"] {
        assert_eq!(local.read::<Tally>("courier", id).unwrap().count, 1, "{id}");
    }
    local.run_until_idle();
    let letters = local.dead_letters("courier").unwrap().peek();
    assert_eq!(letters.len(), 1, "{letters:#?}");
    assert!(letters[0].content.body.contains("broken"));
}

#[test]
fn s48_relay_and_sweep_hand_the_tenant_to_queues_and_topics_and_a_rule_has_none() {
    let local = deployed();
    let start = local.now();
    let subscribed = |name: &str, raw: bool| {
        let queue = local.create_queue(name, QueueSettings::default());
        let subscription = Subscription { queue: queue.clone(), filter: None, raw };
        local.topic("scans").subscribe(name, subscription).unwrap();
        queue
    };
    let (raw, wrapped) = (subscribed("raw", true), subscribed("wrapped", false));
    let bus = local.watch(&[]).unwrap();
    order(&local, "o-1", Some("customer/a"));
    order(&local, "o-2", None);
    // SQS would refuse it, so it is left off; the messages are not.
    order(&local, "o-3", Some("Zoë Núñez"));
    local.run_until_idle();
    let tenant = Some("customer/a".to_owned());
    for queue in [&raw, &wrapped] {
        let mut groups = groups(queue);
        groups.sort();
        assert_eq!(groups, [None, None, tenant.clone()], "{}", queue.name());
    }
    for id in ["o-1", "o-2", "o-3"] {
        assert_eq!(local.read::<Tally>("courier", id).unwrap().count, 1, "{id}");
    }
    assert_eq!((bus.len(), groups(&bus)), (6, vec![None; 6]), "orders and parcels");

    pass(&local, Duration::from_secs(1));
    let (sweeping, end) = (local.clone(), local.now());
    let swept = local.executor().block_on(async move {
        sweeping.sweep("warehouse", start, end).await.map_err(|error| error.to_string())
    });
    assert_eq!(swept, Ok(3));
    local.run_until_idle();
    for queue in [&raw, &wrapped] {
        assert_eq!(groups(queue).iter().filter(|group| **group == tenant).count(), 2, "{}", queue.name());
    }
}
