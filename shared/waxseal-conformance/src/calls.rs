//! Commands of callers that wait: the same receipts, and a typed answer.

use std::{borrow::Cow, convert::Infallible};

use serde::{Deserialize, Serialize};

use super::{
    domain::{Announce, OrderPlaced, SKU, Script},
    env::ContractEnv,
    world::World,
};
use waxseal::{
    Aggregate, Answer, Call, Code, Decide, Engine, Entity, Envelope, Out, Outcome, Raw, Refusal, Rejected,
    Service, Timestamp,
};

/// A customer reserves pieces of an article.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Reserve {
    sku: String,
    pieces: u32,
}
waxseal::command!(Reserve { name: "reserve", version: 1, recipient: "inventory" });

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Shelf {
    pieces: u32,
}
impl Entity for Shelf {
    const KIND: &'static str = "shelf";
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} pieces are left")]
struct Short(u32);

/// A shelf of ten pieces. It is removed with its last piece.
struct Shelves;
impl Aggregate for Shelves {
    const NAME: &'static str = "shelves";
    type State = Shelf;
    type Decides = (Reserve,);
    type Emits = ();
    type Refusal = Short;
}
impl Decide<Reserve> for Shelves {
    fn key(command: &Reserve) -> Cow<'_, str> {
        Cow::Borrowed(&command.sku)
    }
    fn decide(
        &self,
        shelf: &mut Option<Shelf>,
        command: &Envelope<Reserve>,
        _: &mut Out<Self>,
    ) -> Result<(), Refusal<Short>> {
        let pieces = shelf.get_or_insert(Shelf { pieces: 10 }).pieces;
        *shelf = match pieces.checked_sub(command.data.pieces).ok_or(Short(pieces))? {
            0 => None,
            pieces => Some(Shelf { pieces }),
        };
        Ok(())
    }
}

fn shelves() -> Service {
    Service::new("inventory").aggregate(Shelves)
}

fn reserve(pieces: u32) -> Reserve {
    Reserve { sku: SKU.to_owned(), pieces }
}

async fn call(engine: &Engine, key: &str, pieces: u32) -> Result<Answer<Shelf>, Rejected<Short>> {
    engine.call::<Shelves, _>(Call::new("http", key, &reserve(pieces))).await
}

fn left(pieces: u32) -> Option<Shelf> {
    Some(Shelf { pieces })
}

/// One key has one effect. The answer has the state after the command, and on a repetition the
/// present state.
pub async fn s15_a_repeated_call_has_one_effect_and_the_present_state(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let function = world.cold(shelves());
    assert_eq!(call(&function.engine, "key-1", 3).await.unwrap(), Answer::Applied(left(7)));
    assert_eq!(function.line.counts(), (1, 1), "the state of the answer costs no request");
    assert_eq!(call(&function.engine, "key-2", 2).await.unwrap(), Answer::Applied(left(5)));
    assert_eq!(call(&function.engine, "key-1", 3).await.unwrap(), Answer::Repeated(left(5)));
    assert_eq!(call(&function.engine, "key-3", 0).await.unwrap(), Answer::Applied(left(5)), "left as it was");
    assert_eq!(call(&function.engine, "key-4", 5).await.unwrap(), Answer::Applied(None), "deleted");
    assert_eq!(call(&function.engine, "key-4", 5).await.unwrap(), Answer::Repeated(None));

    // The same command from a queue is the same command.
    let mut command: Raw =
        Envelope::starting("key-5", "http", Timestamp::UNIX_EPOCH, reserve(4)).into_raw().unwrap();
    assert_eq!(function.deliver(&command).await.unwrap(), Outcome::Applied);
    assert_eq!(call(&function.engine, "key-5", 4).await.unwrap(), Answer::Repeated(left(6)));
    command.source = "elsewhere".to_owned();
    assert_eq!(function.deliver(&command).await.unwrap(), Outcome::Applied);
}

/// A key stands for one payload in its submitted form, members included that the command does not
/// know. A refusal leaves the key free.
pub async fn s16_a_key_stands_for_one_payload_and_a_refusal_leaves_it_free(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let engine = world.cold(shelves()).engine;
    let refused = call(&engine, "key-1", 11).await;
    assert!(matches!(refused, Err(Rejected::Refused(Short(10)))), "{refused:?}");
    assert_eq!(call(&engine, "key-1", 3).await.unwrap(), Answer::Applied(left(7)));
    let reused = call(&engine, "key-1", 4).await;
    assert!(matches!(reused, Err(Rejected::KeyReused)), "{reused:?}");

    let noted = |note: &str| serde_json::json!({"note": note, "pieces": 1, "sku": SKU});
    let submit = |payload| Call::<Reserve>::of_payload("http", "key-2", &payload);
    assert_eq!(
        engine.call::<Shelves, _>(submit(noted("ring twice"))).await.unwrap(),
        Answer::Applied(left(6))
    );
    assert!(engine.call::<Shelves, _>(submit(noted("ring twice"))).await.unwrap().is_repeated());
    let reused = engine.call::<Shelves, _>(submit(noted("do not ring"))).await;
    assert!(matches!(reused, Err(Rejected::KeyReused)), "{reused:?}");
    let unfit = engine.call::<Shelves, _>(submit(serde_json::json!({"pieces": "many"}))).await;
    assert!(
        matches!(&unfit, Err(Rejected::Failed(failure)) if failure.code() == Code::PayloadShape),
        "{unfit:?}"
    );
}

/// A call joins its flow, carries the caller's trace, and starts nothing after its deadline.
pub async fn s44_a_call_joins_its_flow_and_starts_nothing_behind_its_deadline(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let script = Script::default();
    let function = world.function(announced(&script));
    let data = OrderPlaced { sku: SKU.to_owned(), quantity: 1, total: 5, currency: "EUR".to_owned() };
    let trace = serde_json::Value::from("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    let order = |key: &str| {
        let metadata = [("traceparent".to_owned(), trace.clone())].into_iter().collect();
        Call::new("http", key, &data).correlated("cart-7").metadata(metadata)
    };
    let late = order("key-1").deadline(function.engine.now());
    let late = function.engine.call::<Counts, _>(late).await;
    assert!(matches!(&late, Err(Rejected::Failed(failure)) if !failure.is_permanent()), "{late:?}");
    assert_eq!((function.line.requests(), script.runs()), (0, 0));

    let answer = function.engine.call::<Counts, _>(order("key-1")).await.unwrap();
    assert_eq!(answer, Answer::Applied(left(1)));
    assert_eq!(script.runs(), 1, "the message's other handler runs too");
    let raw = Envelope::starting("key-1", "http", Timestamp::UNIX_EPOCH, data.clone()).into_raw().unwrap();
    let emitted = world.emitted("inventory/announce", &raw).await;
    let emitted = Raw::parse(emitted[0].envelope.get()).unwrap();
    assert_eq!(emitted.correlation_id, "cart-7");
    assert_eq!(emitted.metadata.get("traceparent"), Some(&trace));
}

/// Counts orders, beside a handler of the same message.
struct Counts;
impl Aggregate for Counts {
    const NAME: &'static str = "counts";
    type State = Shelf;
    type Decides = (OrderPlaced,);
    type Emits = ();
    type Refusal = Infallible;
}
impl Decide<OrderPlaced> for Counts {
    fn key(order: &OrderPlaced) -> Cow<'_, str> {
        Cow::Borrowed(&order.sku)
    }
    fn decide(
        &self,
        shelf: &mut Option<Shelf>,
        _: &Envelope<OrderPlaced>,
        _: &mut Out<Self>,
    ) -> Result<(), Refusal<Infallible>> {
        shelf.get_or_insert(Shelf { pieces: 0 }).pieces += 1;
        Ok(())
    }
}

fn announced(script: &Script) -> Service {
    Service::new("inventory").handler(Announce(script.clone())).aggregate(Counts)
}
