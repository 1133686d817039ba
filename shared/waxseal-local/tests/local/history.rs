//! What a test is told: dead letters, the history, the causes of a message (L-6, L-7).

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::{Deserialize, Serialize};
use waxseal::{Entity, Envelope, Fault, Handler, Service, Unit, observe::HandledAs};
use waxseal_catalog::Deployed;
use waxseal_local::{Builder, Faults, History, Local, What};

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
    type Emits = (Packed, Collect);
    async fn handle(&self, event: &Envelope<Ordered>, unit: &mut Unit<'_, Self::Emits>) -> Result<(), Fault> {
        let order = &event.data.order;
        tally(unit, order).await?;
        unit.emit(Packed { order: order.clone() });
        unit.send(Collect { order: order.clone() });
        Ok(())
    }
}

/// Beside [`Pack`]: the handler of two that fails.
struct Weigh;
impl Handler for Weigh {
    const NAME: &str = "weigh";
    type Event = Ordered;
    type Emits = ();
    async fn handle(&self, event: &Envelope<Ordered>, _: &mut Unit<'_, ()>) -> Result<(), Fault> {
        match &*event.data.order {
            "heavy" => Err(Fault::permanent("too heavy")),
            "odd" => panic!("no scale for {}", event.data.order),
            "rude" => Err(Fault::permanent("the scale refuses").quoting("secret of Ada")),
            _ => Ok(()),
        }
    }
}

struct Pick;
impl Handler for Pick {
    const NAME: &str = "pick-up";
    type Event = Collect;
    type Emits = ();
    async fn handle(&self, event: &Envelope<Collect>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
        tally(unit, &event.data.order).await
    }
}

pub(crate) fn run(builder: Builder, orders: &[&str]) -> Local {
    let local = builder.build();
    let warehouse = Service::new("warehouse").handler(Pack).handler(Weigh);
    local.deploy_service(Deployed::new(warehouse).max_receives(2)).unwrap();
    local.deploy_service(Service::new("courier").handler(Pick)).unwrap();
    for order in orders {
        let event = Envelope::starting(*order, "shop", local.now(), Ordered { order: (*order).into() });
        local.put(&event.into_raw().unwrap()).unwrap();
    }
    local.run_until_idle();
    local
}

pub(crate) fn told(orders: &[&str]) -> Local {
    run(Local::builder().keep_history().quiet_dead_letters(), orders)
}

/// The text of a failed expectation, `None` where it holds.
pub(crate) fn expected(local: &Local) -> Option<String> {
    let failed = catch_unwind(AssertUnwindSafe(|| local.expect_no_dead_letters())).err()?;
    Some(*failed.downcast::<String>().unwrap())
}

/// The text of an expectation that fails.
fn expectation(local: &Local) -> String {
    expected(local).expect("there are dead letters")
}

#[test]
fn l6_expected_dead_letters_are_none_or_listed_with_code_reason_handler_and_event() {
    told(&["light"]).expect_no_dead_letters();
    assert_eq!(
        expectation(&told(&["heavy", "light"])),
        "1 dead letter:\n  warehouse-dlq: WX0006: too heavy; handler warehouse/weigh; order.placed heavy of shop"
    );
    // A record that is no envelope has no handler and no event.
    let local = told(&["heavy"]);
    local.queue("warehouse").unwrap().send(waxseal_local::NewMessage::new("{no envelope")).unwrap();
    local.run_until_idle();
    let text = expectation(&local);
    assert!(text.starts_with("2 dead letters:\n"), "{text}");
    assert!(text.lines().any(|line| line.contains("; record ") && !line.contains("handler")), "{text}");
}

#[test]
fn l6_a_panic_shows_its_place() {
    let local = told(&["odd"]);
    let text = expectation(&local);
    let place = "the handler panicked at shared/waxseal-local/tests/local/history.rs:";
    assert!(text.contains(place) && text.contains("handler warehouse/weigh"), "{text}");
    assert!(!text.contains("no scale for odd"), "the text of a panic may quote a payload: {text}");
    let failures =
        count(&local.history(), |what| matches!(what, What::Failed { reason, .. } if reason.contains(place)));
    assert_eq!(failures, 2, "one for each receive");
}

#[test]
fn l6_other_peoples_words_stand_in_the_dead_letter_alone() {
    let local = told(&["rude"]);
    let shown = [expectation(&local), local.history().to_string(), local.why("rude").to_string()];
    for text in shown {
        assert!(text.contains("the scale refuses") && !text.contains("Ada"), "{text}");
    }
    let note = local.dead_letters("warehouse").unwrap().peek()[0].note().unwrap();
    assert!(note.reason.contains("secret of Ada"), "{note:?}");
    assert_eq!(note.handler.as_deref(), Some("weigh"));
}

fn count(history: &History, is: impl Fn(&What) -> bool) -> usize {
    history.facts().iter().filter(|fact| is(&fact.what)).count()
}

#[test]
fn l7_a_history_has_deliveries_handlings_emissions_publications_and_dead_letters() {
    let history = told(&["light", "heavy"]).history();
    let applied = |what: &What| matches!(what, What::Handled { outcome: HandledAs::Applied, .. });
    let emitting = |what: &What| matches!(what, What::Committed { emitted, .. } if emitted.len() == 2);
    assert_eq!(count(&history, |what| matches!(what, What::Delivered { .. })), 4);
    assert_eq!(count(&history, applied), 3, "the light order and both commands");
    assert_eq!(count(&history, emitting), 2);
    assert_eq!(count(&history, |what| matches!(what, What::Published { .. })), 2 + 4);
    assert_eq!(count(&history, |what| matches!(what, What::DeadLettered { .. })), 1);
    let text = history.to_string();
    assert_eq!(text.lines().count(), history.facts().len());
    assert!(!text.contains("\"order\""), "no payload: {text}");
    assert!(run(Local::builder(), &["light"]).history().facts().is_empty(), "none is kept");
}

#[test]
fn l7_one_seed_gives_one_history_byte_for_byte() {
    let orders: Vec<String> = (0..200).map(|n| format!("o-{n}")).chain(["heavy".to_owned()]).collect();
    let orders: Vec<&str> = orders.iter().map(String::as_str).collect();
    let history = |seed| {
        let builder =
            Local::builder().seed(seed).faults(Faults::bad_day()).keep_history().quiet_dead_letters();
        run(builder, &orders).history().to_string()
    };
    let first = history(7);
    assert!(first.lines().count() > 1_000);
    assert!(first == history(7), "two runs of one seed differ");
    assert!(first != history(8), "another seed gives another run");
}

#[test]
fn l7_a_tree_shows_which_message_caused_which_handlings_and_messages() {
    let local = told(&["light", "heavy"]);
    let history = local.history();
    let ids: Vec<(&str, &str)> = history
        .facts()
        .iter()
        .filter_map(|fact| match &fact.what {
            What::Published { message, cause: Some(cause), .. } if cause == "heavy" => {
                Some((&*message.name, &*message.id))
            }
            _ => None,
        })
        .collect();
    let id_of = |name| ids.iter().find(|(found, _)| *found == name).unwrap().1;
    let (packed, collect) = (id_of("parcel.packed"), id_of("collect-parcel"));
    assert_eq!(
        local.why("heavy").to_string(),
        format!(
            "▶ order.placed heavy of shop, +0 ms\n\
             ├─ warehouse/pack applied, +0 ms\n\
             │  ├─ parcel.packed {packed} of warehouse, +0 ms\n\
             │  └─ collect-parcel {collect} of warehouse, +0 ms\n\
             │     └─ courier/pick-up applied, +0 ms\n\
             ├─ warehouse/weigh failed, +0 ms: WX0006: too heavy\n\
             └─ dead letter in warehouse-dlq, +0 ms: handler weigh: WX0006\n"
        )
    );
    // A message further down: the way to it, and what it caused.
    assert_eq!(
        local.why(collect).to_string(),
        format!(
            "order.placed heavy of shop, +0 ms\n\
             ├─ warehouse/pack applied, +0 ms\n\
             │  └─ ▶ collect-parcel {collect} of warehouse, +0 ms\n\
             │     └─ courier/pick-up applied, +0 ms\n\
             ├─ warehouse/weigh failed, +0 ms: WX0006: too heavy\n\
             └─ dead letter in warehouse-dlq, +0 ms: handler weigh: WX0006\n"
        )
    );
    // A dead letter, by its own id and by that of its record.
    let letter = &local.dead_letters("warehouse").unwrap().peek()[0];
    let note = letter.note().unwrap();
    for id in [&*letter.id, &*note.record] {
        assert_eq!(local.why(id).to_string(), local.why("heavy").to_string());
    }
    assert_eq!(local.why("unknown").to_string(), "nothing is known of the id unknown\n");
    assert!(run(Local::builder(), &["light"]).why("light").to_string().contains("`keep_history`"));
}

#[test]
fn l7_a_tree_survives_a_bad_day() {
    let orders: Vec<String> = (0..40).map(|n| format!("o-{n}")).collect();
    let orders: Vec<&str> = orders.iter().map(String::as_str).collect();
    for seed in 0..10 {
        let local = run(Local::builder().seed(seed).faults(Faults::bad_day()).keep_history(), &orders);
        for order in &orders {
            let tree = local.why(order).to_string();
            assert!(tree.lines().all(|line| line.chars().count() <= 80), "{tree}");
            for message in ["parcel.packed ", "collect-parcel "] {
                assert_eq!(tree.matches(message).count(), 1, "seed {seed}: {tree}");
            }
        }
    }
}
