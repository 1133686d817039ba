//! Content filters: what a handler does not want is ignored by it alone, and leaves no trace (S-65).

use std::{borrow::Cow, convert::Infallible, time::Duration};

use super::{
    domain::{KEY_TTL, OrderPlaced, Script, Tally, envelope, order},
    env::ContractEnv,
    world::{RecordedDeadLetters, World, policy, received, record},
};
use waxseal::{
    Aggregate, Attempt, Decide, Effect, Envelope, Fault, Filter, Handler, Out, Outcome, Refusal, Service,
    Table, Unit,
    batch::{Policy, RecordOutcome},
    row::state,
};

/// Orders of ten pieces or more.
const LARGE: Filter = Filter::new(r#"{"quantity":[{"numeric":[">=",10]}]}"#);
/// Orders in francs.
const FRANCS: Filter = Filter::new(r#"{"currency":["CHF"]}"#);

/// Saves the number of orders that it has handled, and follows its script.
async fn count(event: &Envelope<OrderPlaced>, unit: &mut Unit<'_, ()>, id: &str) -> Result<(), Fault> {
    assert!(!event.id.is_empty());
    let mut tally = match unit.load::<Tally>(id).await? {
        Some(tally) => tally,
        None => unit.create(id, Tally::default()),
    };
    tally.orders += 1;
    unit.save(tally);
    Ok(())
}

macro_rules! handlers {
    ($($handler:ident $name:literal $filter:expr;)+) => {$(
        struct $handler;
        impl Handler for $handler {
            const NAME: &str = $name;
            const FILTER: Filter = $filter;
            type Event = OrderPlaced;
            type Emits = ();
            async fn handle(&self, event: &Envelope<OrderPlaced>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
                count(event, unit, $name).await
            }
        }
    )+};
}
handlers! {
    Large "large" LARGE;
    Francs "francs" FRANCS;
    Every "every" Filter::ALL;
}

/// Counts large orders as an aggregate.
struct LargeOrders;
impl Aggregate for LargeOrders {
    const NAME: &'static str = "large-orders";
    type State = Tally;
    type Decides = (OrderPlaced,);
    type Emits = ();
    type Refusal = Infallible;
}
impl Decide<OrderPlaced> for LargeOrders {
    const FILTER: Filter = LARGE;
    fn key(_: &OrderPlaced) -> Cow<'_, str> {
        Cow::Borrowed("large")
    }
    fn decide(
        &self,
        state: &mut Option<Tally>,
        _: &Envelope<OrderPlaced>,
        _: &mut Out<Self>,
    ) -> Result<(), Refusal<Infallible>> {
        state.get_or_insert_default().orders += 1;
        Ok(())
    }
}

/// Acts outside for large orders.
struct ActOnLarge(Script);
impl Effect for ActOnLarge {
    const NAME: &str = "act-on-large";
    const KEY_TTL: Duration = KEY_TTL;
    const FILTER: Filter = LARGE;
    type Event = OrderPlaced;
    type Emits = ();
    async fn act(
        &self,
        event: &Envelope<OrderPlaced>,
        attempt: &Attempt<'_>,
        _: &mut Unit<'_, ()>,
    ) -> Result<(), Fault> {
        self.0.enter(event, Some(attempt)).await
    }
}

/// Every form of handler, with its filter.
fn services() -> [Service; 3] {
    [
        Service::new("stock").handler(Large),
        Service::new("stock").aggregate(LargeOrders),
        Service::new("stock").effect(ActOnLarge(Script::default())),
    ]
}

/// A small order costs the service no request, at whatever receive.
async fn costs_nothing<T: Table + Clone>(world: &World<T>, service: Service) {
    let function = world.cold(service);
    let (small, dead_letters) = (order("small", 1), RecordedDeadLetters::default());
    let (result, requests) = function.count(&small).await;
    assert_eq!((result.unwrap(), requests), (Outcome::Unwanted, 0), "alone");
    let isolated = || policy(|it| it.isolation = true);
    for (receives, policy) in [(1, Policy::default()), (4, Policy::default()), (4, isolated())] {
        let before = function.line.requests();
        let records = [received(receives, record("m-1", &small)), received(receives, record("m-2", &small))];
        let (failed, outcomes) = function.batch(&records, &dead_letters, policy).await;
        let is_unwanted =
            |outcome: &RecordOutcome| matches!(outcome, RecordOutcome::Done(Some(Outcome::Unwanted)));
        assert!(failed.is_empty() && outcomes.iter().all(is_unwanted), "{outcomes:?}");
        assert_eq!(function.line.requests(), before, "in a batch, at receive {receives}");
    }
    assert!(dead_letters.recorded().is_empty());
}

/// A payload that nobody wants costs no request: no receipt, no lease, no marker.
pub async fn s65_what_no_handler_wants_costs_no_request(env: &impl ContractEnv) {
    for service in services() {
        costs_nothing(&World::of(env).await, service).await;
    }
}

/// What is wanted takes effect once, as without a filter.
pub async fn s65_what_is_wanted_takes_effect_once(env: &impl ContractEnv) {
    for service in services() {
        let world = World::of(env).await;
        let large = order("large", 10);
        assert_eq!(world.cold(service.clone()).deliver(&large).await.unwrap(), Outcome::Applied);
        assert_eq!(world.cold(service).deliver(&large).await.unwrap(), Outcome::Duplicate);
    }
}

/// Each handler applies its own filter: a rule holds what any of them wants, and redrives and replays
/// pass by rules. A redelivery gets the same answers.
pub async fn s65_each_handler_applies_its_own_filter(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let service = || Service::new("stock").handler(Large).handler(Francs).handler(Every);
    let euros = |id: &str, quantity: u32| {
        let data = format!(r#"{{"sku":"hat","quantity":{quantity},"total":1,"currency":"EUR"}}"#);
        envelope(id, "orders", 2, &data)
    };
    let deliveries = [order("a", 1), order("b", 10), euros("c", 1), euros("d", 10)];
    for outcome in [Outcome::Applied, Outcome::Duplicate] {
        for raw in &deliveries {
            assert_eq!(world.cold(service()).deliver(raw).await.unwrap(), outcome, "{}", raw.id);
        }
    }
    for (name, orders) in [("large", 2), ("francs", 2), ("every", 4)] {
        assert_eq!(world.entity(name).await, Some(Tally { orders }), "{name}");
    }
    for (raw, wanted) in deliveries.iter().zip([["francs"].as_slice(), &["large", "francs"], &[], &["large"]])
    {
        for handler in ["large", "francs"] {
            let receipt = world.receipt(&format!("stock/{handler}"), raw).await;
            assert_eq!(receipt.is_some(), wanted.contains(&handler), "{handler} on {}", raw.id);
        }
    }
}

/// A record that is not wanted stands in the way of no other, also where records of one entity share
/// a write.
pub async fn s65_a_batch_folds_what_is_wanted_alone(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let function = world.cold(Service::new("stock").aggregate(LargeOrders));
    let records: Vec<_> = (0..6)
        .map(|n| record(&format!("m-{n}"), &order(&format!("o-{n}"), if n % 2 == 0 { 10 } else { 1 })))
        .collect();
    let dead_letters = RecordedDeadLetters::default();
    let (failed, outcomes) = function.batch(&records, &dead_letters, Policy::default()).await;
    assert!(failed.is_empty(), "{outcomes:?}");
    let key = state::key::<Tally>("large");
    assert_eq!(world.entity("large").await, Some(Tally { orders: 3 }));
    assert!(world.item(&key).await.is_some());
    assert_eq!(function.line.counts(), (1, 1), "one read and one write for the three that are wanted");
}

/// A filter sees the payload as it was published: a rule knows no upcasters.
pub async fn s65_a_filter_sees_the_payload_as_it_was_published(env: &impl ContractEnv) {
    let world = World::of(env).await;
    // Version 1 has no currency; its orders are lifted to euros.
    let first = envelope("v1", "orders", 1, r#"{"sku":"hat","quantity":10,"total":1}"#);
    let function = world.cold(Service::new("stock").handler(Large).handler(Francs));
    assert_eq!(function.deliver(&first).await.unwrap(), Outcome::Applied);
    assert!(world.receipt("stock/large", &first).await.is_some());
    assert!(world.receipt("stock/francs", &first).await.is_none());
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;
    use crate::{Memory, block_on};

    /// A wrong way to ignore: the body decides, so that a receipt is written and a lease taken.
    struct DecidesInItsBody;
    impl Handler for DecidesInItsBody {
        const NAME: &str = "large";
        type Event = OrderPlaced;
        type Emits = ();
        async fn handle(&self, event: &Envelope<OrderPlaced>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
            match event.data.quantity {
                10.. => count(event, unit, "large").await,
                _ => Ok(()),
            }
        }
    }

    #[test]
    fn s65_a_handler_that_ignores_in_its_body_costs_a_write_and_fails() {
        let run = || {
            block_on(async {
                let service = Service::new("stock").handler(DecidesInItsBody);
                costs_nothing(&World::of(&Memory).await, service).await;
            });
        };
        assert!(catch_unwind(AssertUnwindSafe(run)).is_err());
    }
}
