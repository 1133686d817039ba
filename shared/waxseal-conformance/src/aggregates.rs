//! Aggregates: several messages about one entity, which may not exist.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{
    domain::{OrderPlaced, SKU, StockReserved, envelope, order},
    env::ContractEnv,
    world::{RecordedDeadLetters, World, record},
};
use waxseal::{
    Aggregate, Decide, Entity, Envelope, Failure, Out, Outcome, Raw, Refusal, Service,
    batch::{Policy, Record, RecordOutcome},
    row::state,
    table::attribute,
};

/// An article is taken out of the shop.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct ArticleRetired {
    sku: String,
}
waxseal::event!(ArticleRetired { name: "article.retired", version: 1, owner: "shop" });

/// The ordered pieces of an article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Demand {
    pieces: u32,
}
impl Entity for Demand {
    const KIND: &'static str = "demand";
}

/// The aggregate's own refusal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Refused {
    #[error("nobody ordered {0}")]
    NoDemand(String),
    #[error("{0} pieces are not delivered to one customer")]
    TooMany(u32),
    #[error("the shelves are counted")]
    Stocktaking,
}

/// Counts the ordered pieces of an article until it is retired.
struct Demands;
impl Aggregate for Demands {
    const NAME: &'static str = "demands";
    type State = Demand;
    type Decides = (OrderPlaced, ArticleRetired);
    type Emits = (StockReserved,);
    type Refusal = Refused;
}
impl Decide<OrderPlaced> for Demands {
    fn key(order: &OrderPlaced) -> Cow<'_, str> {
        Cow::Borrowed(&order.sku)
    }
    fn decide(
        &self,
        demand: &mut Option<Demand>,
        order: &Envelope<OrderPlaced>,
        out: &mut Out<Self>,
    ) -> Result<(), Refusal<Refused>> {
        let quantity = order.data.quantity;
        out.emit(StockReserved { order: order.id.clone(), left: -1 });
        match quantity {
            0 => return Ok(()),
            77 => return Err(Refusal::retry(Refused::Stocktaking)),
            100.. => return Err(Refused::TooMany(quantity).into()),
            _ => {}
        }
        demand.get_or_insert(Demand { pieces: 0 }).pieces += quantity;
        if order.data.currency == "SEQ" {
            out.emit_in_sequence(StockReserved { order: order.id.clone(), left: 0 });
        }
        Ok(())
    }
}
impl Decide<ArticleRetired> for Demands {
    fn key(retired: &ArticleRetired) -> Cow<'_, str> {
        Cow::Borrowed(&retired.sku)
    }
    fn decide(
        &self,
        demand: &mut Option<Demand>,
        retired: &Envelope<ArticleRetired>,
        _: &mut Out<Self>,
    ) -> Result<(), Refusal<Refused>> {
        demand.take().map(drop).ok_or_else(|| Refused::NoDemand(retired.data.sku.clone()).into())
    }
}

fn demands() -> Service {
    Service::new("inventory").aggregate(Demands)
}

fn retired(id: &str) -> Raw {
    let mut raw = envelope(id, "shop", 1, &format!(r#"{{"sku":"{SKU}"}}"#));
    raw.name = "article.retired".to_owned();
    raw
}

fn records(messages: &[Raw]) -> Vec<Record> {
    messages.iter().enumerate().map(|(n, raw)| record(&format!("m-{n}"), raw)).collect()
}

const PLACED: &str = "inventory/demands/order.placed";
const RETIRED: &str = "inventory/demands/article.retired";

/// Messages of several kinds about one entity, in one batch: one read, one write, a receipt each,
/// in the order of arrival.
pub async fn c1_two_kinds_of_message_about_one_entity_share_a_write(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let function = world.function(demands());
    let messages = [order("o-1", 1), order("o-2", 2), retired("r-1"), order("o-3", 4), order("o-4", 8)];
    let (failed, outcomes) =
        function.batch(&records(&messages), &RecordedDeadLetters::default(), Policy::default()).await;
    assert!(failed.is_empty(), "{outcomes:?}");
    assert_eq!(function.line.counts(), (1, 1));
    assert_eq!(
        world.entity(SKU).await,
        Some(Demand { pieces: 12 }),
        "what came before it was retired is gone"
    );
    let item = world.item(&state::key::<Demand>(SKU)).await.unwrap();
    assert_eq!(item.get_number(attribute::VERSION), Some(1), "one write");
    for raw in &messages {
        let consumer = if raw.name == "order.placed" { PLACED } else { RETIRED };
        assert!(world.receipt(consumer, raw).await.is_some(), "{}", raw.id);
    }
    let again = world.cold(demands());
    let (_, outcomes) =
        again.batch(&records(&messages), &RecordedDeadLetters::default(), Policy::default()).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, RecordOutcome::Done(Some(Outcome::Duplicate)))));
}

/// A decision that leaves no state deletes the entity, alone and in a batch in which another
/// message starts it anew.
pub async fn c2_a_decision_that_leaves_no_state_deletes_the_entity(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let function = world.function(demands());
    let key = state::key::<Demand>(SKU);
    for raw in [order("o-1", 1), order("o-2", 1)] {
        function.deliver(&raw).await.unwrap();
    }
    assert_eq!(function.deliver(&retired("r-1")).await.unwrap(), Outcome::Applied);
    assert!(world.item(&key).await.is_none());

    function.deliver(&order("o-3", 1)).await.unwrap();
    for (first, orders, left) in [("r-2", Some("o-4"), Some(Demand { pieces: 2 })), ("r-3", None, None)] {
        let messages: Vec<Raw> =
            std::iter::once(retired(first)).chain(orders.map(|id| order(id, 2))).collect();
        let (failed, outcomes) =
            function.batch(&records(&messages), &RecordedDeadLetters::default(), Policy::default()).await;
        assert!(failed.is_empty(), "{outcomes:?}");
        assert_eq!(world.entity(SKU).await, left);
    }

    // An entity that begins and ends in one batch leaves only its receipts.
    let messages = [order("o-5", 1), retired("r-4")];
    let (failed, outcomes) =
        function.batch(&records(&messages), &RecordedDeadLetters::default(), Policy::default()).await;
    assert!(failed.is_empty(), "{outcomes:?}");
    assert!(world.item(&key).await.is_none() && world.receipt(RETIRED, &messages[1]).await.is_some());
}

/// An entity that has emitted in sequence is not deleted: created anew it would count from 1 again.
pub async fn s34_an_aggregate_that_has_emitted_in_sequence_is_not_deleted(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let function = world.function(demands());
    let mut raw = order("o-1", 1);
    raw.data = serde_json::value::RawValue::from_string(raw.data.get().replace("CHF", "SEQ")).unwrap();
    function.deliver(&raw).await.unwrap();
    let failure = function.deliver(&retired("r-1")).await.expect_err("its count would be lost");
    assert!(failure.is_permanent() && failure.to_string().contains("cannot be deleted"), "{failure}");
    assert_eq!(world.entity(SKU).await, Some(Demand { pieces: 1 }));
}

/// A state that did not change, or does not exist, is not written. The commit still depends on it.
pub async fn c2_a_state_that_is_left_as_it_was_is_not_written(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let function = world.function(demands());
    assert_eq!(function.deliver(&order("o-1", 0)).await.unwrap(), Outcome::Applied);
    assert!(world.item(&state::key::<Demand>(SKU)).await.is_none());
    assert_eq!(world.emitted(PLACED, &order("o-1", 0)).await.len(), 1);

    function.deliver(&order("o-2", 1)).await.unwrap();
    let before = world.item(&state::key::<Demand>(SKU)).await;
    function.deliver(&order("o-3", 0)).await.unwrap();
    assert_eq!(world.item(&state::key::<Demand>(SKU)).await, before);
}

/// A refusal commits nothing. A downcast finds its type. A message from a queue is dead-lettered
/// with the refusal's reason, unless the refusal asks for another delivery.
pub async fn s27_a_refusal_commits_nothing_and_is_dead_lettered_with_its_reason(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let function = world.function(demands());
    let failure = function.deliver(&retired("r-1")).await.expect_err("there is nothing to retire");
    let Failure::Fault(fault) = &failure else { panic!("{failure}") };
    assert_eq!(fault.reason().downcast_ref(), Some(&Refused::NoDemand(SKU.to_owned())));

    let dead_letters = RecordedDeadLetters::default();
    let messages = [order("o-1", 2), order("o-2", 100), order("o-3", 77), order("o-4", 3)];
    let (failed, _) = function.batch(&records(&messages), &dead_letters, Policy::default()).await;
    assert_eq!(failed, ["m-2"], "the shelves are counted: it comes again");
    let kept = dead_letters.recorded();
    let reasons: Vec<&str> = kept.iter().map(|dead_letter| dead_letter.reason.as_str()).collect();
    assert_eq!(reasons, ["100 pieces are not delivered to one customer"]);
    assert_eq!(world.entity(SKU).await, Some(Demand { pieces: 5 }), "its neighbours take effect");
    for raw in &messages[1..3] {
        assert!(world.receipt(PLACED, raw).await.is_none(), "{}", raw.id);
    }
}
