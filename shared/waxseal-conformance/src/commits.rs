//! The commit: its price, the owner of a refusal, and the handling of conflicts.

use std::sync::Arc;

use futures_util::future::join_all;

use super::{
    domain::{Entered, SKU, Script, Stock, Tally, announcing, counting, observing, order, reserving},
    env::ContractEnv,
    world::{World, WriteFault, settings},
};
use waxseal::{Delivery, Failure, Fault, Outcome};

const ANNOUNCE: &str = "inventory/announce";
const RESERVE: &str = "inventory/reserve";

fn is_duplicate(result: &Result<Outcome, Failure>) -> bool {
    matches!(result, Ok(Outcome::Duplicate))
}

/// A handler that reads nothing costs one request; with state it costs one more for its reads.
pub async fn c1_the_first_time_costs_one_write(env: &impl ContractEnv) {
    let world = World::of(env).await;
    for (service, price) in [(announcing as fn(&Script) -> _, 1), (reserving, 2), (|_| counting(), 2)] {
        let (result, requests) = world.function(service(&Script::default())).count(&order("o-1", 1)).await;
        assert_eq!((result.unwrap(), requests), (Outcome::Applied, price));
    }
}

/// A handler that is declared naturally idempotent has no receipt and no price.
pub async fn c1_a_naturally_idempotent_handler_costs_no_receipt(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let (script, raw) = (Script::default(), order("o-1", 1));
    let function = world.function(observing(&script));
    for _ in 0..2 {
        let (result, requests) = function.count(&raw).await;
        assert_eq!((result.unwrap(), requests), (Outcome::Applied, 0));
    }
    assert_eq!(script.runs(), 2);
    assert!(world.receipt("analytics/observe", &raw).await.is_none());
}

/// The client's own retry is refused by the client's own first write. That is a success.
pub async fn c2_our_own_token_in_a_refusal_is_success(env: &impl ContractEnv) {
    for (service, consumer) in [(announcing as fn(&Script) -> _, ANNOUNCE), (reserving, RESERVE)] {
        let world = World::of(env).await;
        let (script, raw) = (Script::default(), order("o-2", 1));
        let function = world.function(service(&script));
        function.line.fail_writes([WriteFault::Echo]);
        assert_eq!(function.deliver(&raw).await.unwrap(), Outcome::Applied);
        assert_eq!((script.runs(), world.emitted(consumer, &raw).await.len()), (1, 1));
        let stock: Option<Stock> = world.entity(SKU).await;
        assert!(stock.is_none_or(|stock| stock.on_hand == 99));
    }
}

/// A lost answer is neither a success nor a loss: the next delivery finds out.
pub async fn c2_a_lost_answer_is_retried_and_found_to_be_applied(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let (script, raw) = (Script::default(), order("o-2", 1));
    let function = world.function(reserving(&script));
    function.line.fail_writes([WriteFault::AnswerLost, WriteFault::NeverArrives]);
    let failure = function.deliver(&raw).await.unwrap_err();
    assert!(!failure.is_permanent(), "{failure}");
    assert!(is_duplicate(&function.engine.deliver(Delivery::of(&raw).received(2)).await));
    assert_eq!((script.runs(), world.entity(SKU).await), (1, Some(Stock { on_hand: 99 })));
    let other = order("o-3", 1);
    assert!(function.deliver(&other).await.is_err(), "it never arrived");
    assert_eq!(function.deliver(&other).await.unwrap(), Outcome::Applied);
    assert_eq!(world.entity(SKU).await, Some(Stock { on_hand: 98 }));
}

/// Another writer changes the entity between the read and the commit: the handler runs again on the
/// fresh state.
pub async fn c2_a_conflict_on_state_runs_the_handler_again_on_fresh_state(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let rival = Arc::new(world.function(reserving(&Script::default())));
    let script = Script::new({
        let tries = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        move |_: Entered| {
            let (rival, tries) = (rival.clone(), tries.clone());
            async move {
                if tries.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0 {
                    rival
                        .deliver(&order("rival", 10))
                        .await
                        .map_err(|failure| Fault::permanent(failure.to_string()))?;
                }
                Ok(())
            }
        }
    });
    let raw = order("o-2", 1);
    assert_eq!(world.function(reserving(&script)).deliver(&raw).await.unwrap(), Outcome::Applied);
    assert_eq!((script.runs(), world.entity(SKU).await), (2, Some(Stock { on_hand: 89 })));
    let emitted = world.emitted(RESERVE, &raw).await;
    assert!(
        emitted.len() == 1 && emitted[0].envelope.get().contains(r#""left":89"#),
        "what the last run decided"
    );
}

/// Another writer is always first: the runs end with a failure that a retry may cure, and without
/// effect.
pub async fn c2_running_again_is_bounded(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let rival = Arc::new(world.function(reserving(&Script::default())));
    let script = Script::new({
        let tries = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        move |_: Entered| {
            let (rival, n) = (rival.clone(), tries.fetch_add(1, std::sync::atomic::Ordering::SeqCst));
            async move {
                let raw = order(&format!("rival-{n}"), 1);
                rival.deliver(&raw).await.map(|_| ()).map_err(|failure| Fault::permanent(failure.to_string()))
            }
        }
    });
    let raw = order("o-2", 50);
    let settings = settings(|it| it.reruns = 3);
    let failure = world.function_with(reserving(&script), settings).deliver(&raw).await.unwrap_err();
    assert!(matches!(failure, Failure::Contended { tries: 4 }), "{failure:?}");
    assert!(!failure.is_permanent());
    assert_eq!((script.runs(), world.entity(SKU).await), (4, Some(Stock { on_hand: 96 })));
    assert!(world.receipt(RESERVE, &raw).await.is_none());
}

/// Many processes handle events about one entity at once: no event is lost, and none is counted
/// twice.
pub async fn c2_racers_on_one_entity_all_take_effect_once(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let settings = settings(|it| it.reruns = 40);
    let functions: Vec<_> = (0..16).map(|_| world.function_with(counting(), settings.clone())).collect();
    let raws: Vec<_> = (0..16).map(|n| order(&format!("o-{n}"), 1)).collect();
    let all = functions.iter().flat_map(|function| raws.iter().take(4).map(move |raw| function.deliver(raw)));
    let results = join_all(all).await;
    assert_eq!(
        results.iter().filter(|result| matches!(result, Ok(Outcome::Applied))).count(),
        4,
        "{results:?}"
    );
    assert_eq!(world.entity(SKU).await, Some(Tally { orders: 4 }));
}
