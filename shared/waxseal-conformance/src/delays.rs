//! Delayed commands: the receipt carries the time before which a recipient does not see them (O-7).

use std::time::Duration;

use serde::{Deserialize, Serialize};
use waxseal::{
    DelayError, Emission, Envelope, Failure, Fault, Handler, LONGEST_SEND_DELAY, Outcome, Raw, Service,
    Table, Timestamp, Unit, hint,
    row::times::{SHARDS, shard_name},
    table::{Due, Scan, attribute},
};

use super::{
    domain::{OrderPlaced, order},
    env::ContractEnv,
    world::{World, WriteFault},
};

#[derive(Debug, Serialize, Deserialize)]
struct RemindCustomer {
    order_id: String,
}
waxseal::command!(RemindCustomer { name: "remind-customer", version: 1, recipient: "notification" });

/// Sends one command with a delay, and one without.
struct Remind(Duration);
impl Handler for Remind {
    const NAME: &str = "remind";
    type Event = OrderPlaced;
    type Emits = (RemindCustomer,);
    async fn handle(
        &self,
        event: &Envelope<OrderPlaced>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        unit.send_after(RemindCustomer { order_id: event.id.clone() }, self.0);
        unit.send(RemindCustomer { order_id: event.id.clone() });
        Ok(())
    }
}

fn reminding(after: Duration) -> Service {
    Service::new("orders").handler(Remind(after))
}

/// The time is in the receipt. The delay is the remaining time at each publication.
pub async fn o7_a_command_that_waits_carries_its_time_in_the_receipt(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let raw = order("o-7", 1);
    let after = Duration::from_millis(90_500);
    world.function(reminding(after)).deliver(&raw).await.unwrap();
    let emitted = world.emitted("orders/remind", &raw).await;
    assert_eq!(emitted.iter().map(|it| it.not_before).collect::<Vec<_>>(), [Some(env.start() + after), None]);
    for (passed, left) in [(0, 91), (500, 90), (90_499, 1), (90_500, 0), (86_400_000, 0)] {
        let now = env.start() + Duration::from_millis(passed);
        assert_eq!(emitted[0].delay(now), Duration::from_secs(left), "after {passed} ms");
        assert_eq!(emitted[1].delay(now), Duration::ZERO);
    }
}

/// A queue delays by 900 s at most. A unit that asks for more commits nothing.
pub async fn o7_a_delay_that_no_queue_has_fails_for_good_and_commits_nothing(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let longest = order("o-8", 1);
    world.function(reminding(LONGEST_SEND_DELAY)).deliver(&longest).await.unwrap();
    let raw = order("o-9", 1);
    let after = LONGEST_SEND_DELAY + Duration::from_millis(1);
    let failure = world.function(reminding(after)).deliver(&raw).await.unwrap_err();
    assert!(failure.is_permanent());
    let Failure::Fault(fault) = failure else { panic!("{failure}") };
    let error = fault.reason().downcast_ref::<DelayError>();
    assert_eq!(error, Some(&DelayError::TooLong { name: "remind-customer", after }));
    assert!(world.receipt_item("orders/remind", &raw).await.is_none());
}

fn scheduling(after: Duration) -> Service {
    reminding(after).schedules_messages()
}

/// The hint about the only scheduled message, as the index of timers gives it.
async fn due<T: Table + Clone>(world: &World<T>, at: Timestamp) -> Vec<Raw> {
    let mut hints = Vec::new();
    for shard in 0..SHARDS {
        let page = world.table.due(&Due::of(shard_name(shard), at)).await.unwrap();
        hints.extend(page.items.iter().map(|item| {
            let emission = hint("orders", (&*item.key.partition, &*item.key.sort), at, at);
            Raw::parse(emission.envelope.get()).unwrap()
        }));
    }
    hints
}

/// A command that is sent later is an item of its own until its time. Then it is sent once, with the
/// id that it had, however often it is hinted at.
pub async fn s71_a_scheduled_command_is_sent_once_at_its_time(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let (raw, after) = (order("o-10", 1), Duration::from_secs(365 * 24 * 3600));
    let function = world.function(scheduling(after));
    function.deliver(&raw).await.unwrap();
    assert_eq!(function.deliver(&raw).await.unwrap(), Outcome::Duplicate);
    let now = world.emitted("orders/remind", &raw).await;
    assert_eq!(now.len(), 1, "the command without a delay");

    let at = env.start() + after;
    assert!(due(&world, at - Duration::from_millis(1)).await.is_empty());
    let hints = due(&world, at).await;
    assert_eq!(hints.len(), 1);
    assert_eq!(function.deliver(&hints[0]).await.unwrap(), Outcome::Stale, "early");
    world.clock.pass(after);
    assert_eq!(function.deliver(&hints[0]).await.unwrap(), Outcome::Applied);
    for function in [&function, &world.function(scheduling(after))] {
        assert_eq!(function.deliver(&hints[0]).await.unwrap(), Outcome::Stale, "doubled");
    }
    assert!(due(&world, Timestamp::MAX).await.is_empty());

    let page = world.table.scan(&Scan::having(attribute::EMITTED)).await.unwrap();
    let texts = page.items.iter().filter_map(|item| item.get_text(attribute::EMITTED));
    let emitted: Vec<Emission> = texts.flat_map(|text| waxseal::read_emissions(text).unwrap()).collect();
    let sent: Vec<&Emission> = emitted.iter().filter(|it| it.not_before == Some(at)).collect();
    assert_eq!(sent.len(), 1);
    let envelope = Raw::parse(sent[0].envelope.get()).unwrap();
    assert_eq!((&*envelope.name, envelope.causation_id.as_deref()), ("remind-customer", Some(&*raw.id)));
    assert_ne!(envelope.id, Raw::parse(now[0].envelope.get()).unwrap().id);
    assert_eq!(sent[0].delay(at), Duration::ZERO);
}

/// A crash between the two requests of a scheduled command, and two hints at once: it is sent once.
pub async fn s71_a_scheduled_command_survives_a_crash_and_a_race(env: &impl ContractEnv) {
    for fault in [WriteFault::NeverArrives, WriteFault::AnswerLost, WriteFault::Echo] {
        let world = World::of(env).await;
        let (raw, after) = (order("o-11", 1), Duration::from_secs(901));
        world.function(scheduling(after)).deliver(&raw).await.unwrap();
        world.clock.pass(after);
        let hints = due(&world, env.start() + after).await;
        let crashing = world.function(scheduling(after));
        crashing.line.fail_writes([fault]);
        drop(crashing.deliver(&hints[0]).await);
        let (first, second) = (world.function(scheduling(after)), world.function(scheduling(after)));
        let (engine, hint) = (second.engine.clone(), hints[0].clone());
        first.line.meanwhile(async move { assert!(engine.handle(&hint).await.is_ok()) });
        assert!(first.deliver(&hints[0]).await.is_ok());
        let page = world.table.scan(&Scan::having(attribute::EMITTED)).await.unwrap();
        let texts = page.items.iter().filter_map(|item| item.get_text(attribute::EMITTED));
        let emitted = texts.flat_map(|text| waxseal::read_emissions(text).unwrap());
        assert_eq!(emitted.filter(|it| it.not_before.is_some()).count(), 1, "{fault:?}");
    }
}
