//! The promises of the embedded environment: the delivery contract through bus, topics, queues and
//! streams.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use serde::{Deserialize, Serialize};
use serde_json::json;
use waxseal::{
    Attempt, Channel, Effect, Entity, Envelope, Fault, Handler, Message, Raw, Service, Timestamp, Unit,
};
use waxseal_local::{Faults, Input, Local, NewMessage, Pattern, QueueSettings, Subscription};

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Ordered {
    order: String,
    pieces: u32,
}
waxseal::event!(Ordered { name: "order.placed", version: 1, owner: "shop" });

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Packed {
    order: String,
}
waxseal::event!(Packed { name: "parcel.packed", version: 1, owner: "warehouse" });

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Scanned {
    parcel: String,
}
waxseal::event!(Scanned {
    name: "parcel.scanned",
    version: 1,
    owner: "warehouse",
    channel: Channel::Topic("parcels")
});

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Collect {
    order: String,
}
waxseal::command!(Collect { name: "collect-parcel", version: 1, recipient: "courier" });

/// How often something happened: visible in the table.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Tally {
    count: u32,
}
impl Entity for Tally {
    const KIND: &'static str = "tally";
}

async fn tally<S: waxseal::Emits>(unit: &mut Unit<'_, S>, id: &str) -> Result<(), Fault> {
    let mut tally = match unit.load::<Tally>(id).await? {
        Some(tally) => tally,
        None => unit.create(id, Tally::default()),
    };
    tally.count += 1;
    unit.save(tally);
    Ok(())
}

struct Pack;
impl Handler for Pack {
    const NAME: &str = "pack";
    type Event = Ordered;
    type Emits = (Packed, Scanned, Collect);
    async fn handle(&self, event: &Envelope<Ordered>, unit: &mut Unit<'_, Self::Emits>) -> Result<(), Fault> {
        let order = &event.data.order;
        tally(unit, order).await?;
        match event.data.pieces {
            0 => return Err(Fault::permanent("nothing to pack")),
            u32::MAX => return Err(Fault::retry("the warehouse is on fire")),
            _ => {}
        }
        unit.emit(Packed { order: order.clone() });
        unit.emit(Scanned { parcel: order.clone() });
        unit.send(Collect { order: order.clone() });
        Ok(())
    }
}

struct Count<E>(std::marker::PhantomData<fn() -> E>);
macro_rules! count {
    ($event:ty, $name:literal, $id:ident) => {
        impl Handler for Count<$event> {
            const NAME: &str = $name;
            type Event = $event;
            type Emits = ();
            async fn handle(&self, event: &Envelope<$event>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
                tally(unit, &format!("{}/{}", $name, event.data.$id)).await
            }
        }
    };
}
count!(Packed, "count-packed", order);
count!(Scanned, "count-scanned", parcel);
count!(Collect, "collect", order);

fn count<E>() -> Count<E> {
    Count(std::marker::PhantomData)
}

fn deployed(faults: Faults, seed: u64) -> Local {
    let local = Local::builder().seed(seed).faults(faults).build();
    local.deploy_service(Service::new("warehouse").handler(Pack)).unwrap();
    local
        .deploy_service(
            Service::new("courier")
                .handler(count::<Packed>())
                .handler(count::<Scanned>())
                .handler(count::<Collect>()),
        )
        .unwrap();
    local
}

fn ordered(local: &Local, id: &str, pieces: u32) -> Raw {
    let data = Ordered { order: id.into(), pieces };
    Envelope::starting(id, "shop", local.now(), data).into_raw().unwrap()
}

fn tallies(local: &Local, id: &str) -> [Option<u32>; 4] {
    let of = |service: &str, id: &str| local.read::<Tally>(service, id).map(|tally| tally.count);
    [
        of("warehouse", id),
        of("courier", &format!("count-packed/{id}")),
        of("courier", &format!("count-scanned/{id}")),
        of("courier", &format!("collect/{id}")),
    ]
}

#[test]
fn what_a_handler_emits_reaches_its_readers_by_bus_topic_and_queue_once() {
    let local = deployed(Faults::none(), 1);
    for _ in 0..3 {
        local.put(&ordered(&local, "größe-1", 2)).unwrap();
    }
    local.run_until_idle();
    assert_eq!(tallies(&local, "größe-1"), [Some(1); 4]);
    assert_eq!((local.deliveries(), local.duplicates()), (6, 2));
}

#[test]
fn o1_what_was_committed_is_published_whatever_crashes() {
    let mut faults = Faults::none();
    (faults.crash_after_commit, faults.crash_after_publish) = (0.3, 0.3);
    for seed in 0..30 {
        let local = deployed(faults.clone(), seed);
        for n in 0..10 {
            local.put(&ordered(&local, &n.to_string(), 1)).unwrap();
        }
        local.run_until_idle();
        for n in 0..10 {
            assert_eq!(tallies(&local, &n.to_string()), [Some(1); 4], "seed {seed}, order {n}");
        }
    }
}

#[test]
fn o3_what_is_published_again_keeps_its_id_and_has_no_further_effect() {
    let mut faults = Faults::none();
    faults.crash_after_publish = 0.5;
    let mut again = 0;
    for seed in 0..20 {
        let local = deployed(faults.clone(), seed);
        let watch = local.watch(&["parcels"]).unwrap();
        local.put(&ordered(&local, "o", 1)).unwrap();
        local.run_until_idle();
        let packed: Vec<Raw> = watch
            .peek()
            .iter()
            .map(|message| Raw::parse(&message.content.body).unwrap())
            .filter(|event| event.name == Packed::NAME)
            .collect();
        again += packed.len() - 1;
        assert!(packed.iter().all(|event| event.id == packed[0].id), "seed {seed}");
        assert_eq!(tallies(&local, "o"), [Some(1); 4], "seed {seed}");
    }
    assert!(again > 0, "no relay ever crashed");
}

/// Publishes again the emissions of all receipts of `warehouse`.
fn sweep(local: &Local, since: Timestamp) -> u64 {
    let (sweeper, now) = (local.clone(), local.now());
    local
        .executor()
        .block_on(
            async move { sweeper.sweep("warehouse", since, now).await.map_err(|error| error.to_string()) },
        )
        .unwrap()
}

#[test]
fn o1_what_a_stream_has_forgotten_is_published_by_a_sweep() {
    let local = Local::builder().seed(5).quiet_dead_letters().build();
    let began = local.now();
    local.deploy_service(Service::new("warehouse").handler(Pack)).unwrap();
    // More than a page of the table, and no service that takes the commands.
    for n in 0..150 {
        local.put(&ordered(&local, &n.to_string(), 1)).unwrap();
    }
    local.run_until_idle();
    // The relay gives the commands up after five minutes (O-6), and a day later its stream knows
    // nothing of them.
    assert_eq!(local.relay_dead_letters("warehouse").unwrap().len(), 150);
    let clock = local.clock().clone();
    local.executor().block_on(async move { clock.sleep(Duration::from_hours(25)).await });
    let courier = Service::new("courier").handler(count::<Packed>()).handler(count::<Scanned>());
    local.deploy_service(courier.handler(count::<Collect>())).unwrap();
    local.run_until_idle();
    assert_eq!(tallies(&local, "7"), [Some(1), None, None, None], "the stream still knows");

    // Twice, and it takes effect once.
    for _ in 0..2 {
        assert_eq!(sweep(&local, began), 150);
        local.run_until_idle();
        for n in 0..150 {
            assert_eq!(tallies(&local, &n.to_string()), [Some(1); 4], "order {n}");
        }
    }
    assert_eq!(sweep(&local, local.now() - Duration::from_secs(60)), 0);
    assert!(local.dead_letters("warehouse").unwrap().peek().is_empty());
    let nobody = local.executor().block_on({
        let local = local.clone();
        async move { local.sweep("florist", began, local.now()).await.map_err(|error| error.to_string()) }
    });
    assert_eq!(nobody.unwrap_err(), "no service florist is deployed");
}

#[test]
fn o5_an_idle_relay_is_not_invoked() {
    // The only handler emits nothing, so its receipts wake no relay.
    let local = Local::builder().build();
    local.deploy_service(Service::new("courier").handler(count::<Packed>())).unwrap();
    let event =
        Envelope::starting("p", "warehouse", local.now(), Packed { order: "p".into() }).into_raw().unwrap();
    local.put(&event).unwrap();
    local.run_until_idle();
    assert_eq!(local.relay_invocations("courier").unwrap(), 0);

    let local = deployed(Faults::none(), 1);
    local.put(&ordered(&local, "o", 1)).unwrap();
    local.run_until_idle();
    assert_eq!(local.relay_invocations("warehouse").unwrap(), 1);
    local.table("warehouse").unwrap().expire();
    local.run_until_idle();
    assert_eq!(local.relay_invocations("warehouse").unwrap(), 1);
}

#[test]
fn s27_a_permanent_fault_is_dead_lettered_at_once_with_its_reason() {
    let local = deployed(Faults::none(), 1);
    local.put(&ordered(&local, "good", 1)).unwrap();
    local.put(&ordered(&local, "bad", 0)).unwrap();
    local.run_until_idle();
    assert_eq!(tallies(&local, "good")[0], Some(1));
    assert_eq!(tallies(&local, "bad")[0], None, "a failed unit leaves no trace");
    let letters = local.dead_letters("warehouse").unwrap().peek();
    assert_eq!(letters.len(), 1);
    let note = letters[0].note().unwrap();
    assert_eq!((note.code.as_deref(), &*note.reason), (Some("WX0006"), "nothing to pack"));
    assert_eq!((note.source.as_deref(), note.id.as_deref()), (Some("shop"), Some("bad")));
    assert!(note.queue.unwrap().ends_with(":warehouse"));
    assert!(letters[0].content.body.contains(r#""eventId":"bad""#), "the body is verbatim");
}

/// Finds something wrong with every order.
struct Inspect;
impl Handler for Inspect {
    const NAME: &str = "inspect";
    type Event = Ordered;
    type Emits = ();
    async fn handle(&self, _: &Envelope<Ordered>, _: &mut Unit<'_, ()>) -> Result<(), Fault> {
        Err(Fault::permanent("no such customs tariff"))
    }
}

#[test]
fn o4_what_one_handler_committed_is_published_though_another_dead_letters_the_message() {
    let local = Local::builder().build();
    local.deploy_service(Service::new("warehouse").handler(Pack).handler(Inspect)).unwrap();
    local.deploy_service(Service::new("courier").handler(count::<Packed>())).unwrap();
    local.put(&ordered(&local, "o", 1)).unwrap();
    local.run_until_idle();
    let letters = local.dead_letters("warehouse").unwrap().peek();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].note().unwrap().reason, "no such customs tariff");
    let tally = |service: &str, id: &str| local.read::<Tally>(service, id).map(|tally| tally.count);
    assert_eq!((tally("warehouse", "o"), tally("courier", "count-packed/o")), (Some(1), Some(1)));
}

#[test]
fn a_retryable_fault_is_received_five_times_and_then_dead_lettered_with_its_reason() {
    let local = deployed(Faults::none(), 1);
    let start = local.now();
    local.put(&ordered(&local, "hot", u32::MAX)).unwrap();
    local.run_until_idle();
    assert_eq!(local.deliveries(), 5);
    // Full jitter below 30, 60, 120 and 240 s, from the environment's seed.
    let waited = local.now().saturating_duration_since(start).as_secs();
    assert!((1..=30 + 60 + 120 + 240 + 4).contains(&waited), "{waited} s");
    let letters = local.dead_letters("warehouse").unwrap().peek();
    let reason = letters[0].note().unwrap().reason;
    assert_eq!(reason, "gave up after 5 receives: the warehouse is on fire");
}

#[test]
fn s3_what_is_not_an_envelope_is_dead_lettered_and_its_siblings_run() {
    let local = deployed(Faults::none(), 1);
    let queue = local.queue("warehouse").unwrap();
    queue.send(NewMessage::new("{not json")).unwrap();
    queue.send(NewMessage::new(serde_json::to_string(&ordered(&local, "good", 1)).unwrap())).unwrap();
    queue.send(NewMessage::new(r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}"#)).unwrap();
    local.run_until_idle();
    assert_eq!(tallies(&local, "good"), [Some(1); 4]);
    let letters = local.dead_letters("warehouse").unwrap().peek();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].content.body, "{not json");
}

#[test]
fn s37_wrapped_or_raw_through_topic_or_rule_it_is_one_envelope() {
    let local = deployed(Faults::none(), 1);
    let queue = local.queue("courier").unwrap();
    let everything = Pattern::new(&json!({"source": [{"exists": true}]})).unwrap();
    // The same event once more by every other way.
    local.bus().rule("detail", everything, &queue, Input::Detail);
    for (name, raw) in [("raw", true), ("wrapped", false)] {
        let subscription = Subscription { queue: queue.clone(), filter: None, raw };
        local.topic("copies").subscribe(name, subscription).unwrap();
    }
    let event =
        Envelope::starting("p", "warehouse", local.now(), Packed { order: "p".into() }).into_raw().unwrap();
    local.put(&event).unwrap();
    local.topic("copies").publish(&serde_json::to_string(&event).unwrap()).unwrap();
    local.run_until_idle();
    assert_eq!(local.read::<Tally>("courier", "count-packed/p").unwrap().count, 1);
    assert_eq!((local.deliveries(), local.duplicates()), (4, 3));
    assert!(local.dead_letters("courier").unwrap().is_empty());
}

/// An effect on the outside, which counts by key.
struct Notify {
    calls: Arc<std::sync::Mutex<Vec<(u32, String)>>>,
    clock: Arc<waxseal_local::Clock>,
    slow_first: AtomicU32,
}
impl Effect for Notify {
    const NAME: &str = "notify";
    const KEY_TTL: Duration = Duration::from_hours(24);
    const LEASE: Option<Duration> = Some(Duration::from_secs(60));
    type Event = Packed;
    type Emits = ();
    async fn act(
        &self,
        event: &Envelope<Packed>,
        attempt: &Attempt<'_>,
        unit: &mut Unit<'_, ()>,
    ) -> Result<(), Fault> {
        self.calls.lock().unwrap().push((attempt.number(), attempt.effect_key(0)));
        if self.slow_first.fetch_add(1, Ordering::Relaxed) == 0 {
            // Longer than the function may run: Lambda kills it.
            self.clock.sleep(Duration::from_secs(3600)).await;
        }
        tally(unit, &event.data.order).await
    }
}

#[test]
fn s10_an_effect_that_was_killed_acts_again_after_its_lease_with_the_same_key() {
    let local = Local::builder().build();
    let calls = Arc::new(std::sync::Mutex::new(Vec::new()));
    let notify = Notify { calls: calls.clone(), clock: local.clock().clone(), slow_first: AtomicU32::new(0) };
    local.deploy_service(Service::new("notifier").effect(notify)).unwrap();
    let event =
        Envelope::starting("p", "warehouse", local.now(), Packed { order: "p".into() }).into_raw().unwrap();
    local.put(&event).unwrap();
    local.run_until_idle();
    let calls = calls.lock().unwrap();
    assert_eq!(calls.iter().map(|call| call.0).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(calls[0].1, calls[1].1);
    assert_eq!(local.read::<Tally>("notifier", "p").unwrap().count, 1);
}

#[test]
fn s43_a_newer_version_comes_again_until_a_deploy_knows_it() {
    let local = deployed(Faults::none(), 1);
    let mut event = ordered(&local, "later", 1);
    event.version = 9;
    local.put(&event).unwrap();
    local.run_until_idle();
    let letters = local.dead_letters("warehouse").unwrap();
    let reason = letters.peek()[0].note().unwrap().reason;
    assert!(reason.contains("version 9 is newer than 1"), "{reason}");
    // Moved back after a deploy that knows it: here, the same event in the version that this build
    // knows.
    assert_eq!(letters.move_to(&local.create_queue("held", QueueSettings::default())), 1);
    event.version = 1;
    local.put(&event).unwrap();
    local.run_until_idle();
    assert_eq!(tallies(&local, "later"), [Some(1); 4]);
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let run = |seed| {
        let local = deployed(Faults::bad_day(), seed);
        let watch = local.watch(&["parcels"]).unwrap();
        for n in 0..20 {
            local.put(&ordered(&local, &n.to_string(), 1)).unwrap();
        }
        local.run_until_idle();
        let published: Vec<String> = watch.peek().into_iter().map(|message| message.content.body).collect();
        (published, local.deliveries(), local.duplicates(), local.now())
    };
    assert_eq!(run(5), run(5));
    assert_ne!(run(5), run(6));
}
