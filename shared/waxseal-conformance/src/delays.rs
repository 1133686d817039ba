//! Delayed commands: the receipt carries the time before which a recipient does not see them (O-7).

use std::time::Duration;

use serde::{Deserialize, Serialize};
use waxseal::{DelayError, Envelope, Failure, Fault, Handler, LONGEST_SEND_DELAY, Service, Unit};

use super::{
    domain::{OrderPlaced, order},
    env::ContractEnv,
    world::World,
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
