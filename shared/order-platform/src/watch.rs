//! A look at an order that waits: the question "where is this order right now?" in the middle of a
//! run.

use std::{sync::Arc, time::Duration};

use waxseal::{Engine, Timestamp, handler::AnyInstance, lock::Lock};
use waxseal_local::Local;

/// Between two looks.
const PACE: Duration = Duration::from_millis(500);
/// The number of looks. A watch that never ends would keep a run alive.
const MOST: u32 = 240;
/// An order that has been charged for so long waits for a gateway that lost its answer.
const LONG: Duration = Duration::from_secs(1);

/// The first order that was seen waiting. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Watch(Arc<Lock<Option<Seen>>>);

/// An order that waits, and the time at which it was seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// The order.
    pub order_id: String,
    /// Its instance at that time.
    pub instance: AnyInstance,
    /// That time.
    pub at: Timestamp,
}

impl Watch {
    /// Watches these orders, on a platform with a process. Without one nothing is seen.
    #[must_use]
    pub fn start(local: &Local, orders: Vec<String>) -> Self {
        let watch = Self::default();
        if let Ok(engine) = local.engine("fulfilment") {
            let (seen, local) = (watch.clone(), local.clone());
            drop(local.executor().clone().spawn(async move {
                for _ in 0..MOST {
                    local.clock().sleep(PACE).await;
                    if let Some(waiting) = look(&engine, &orders).await {
                        *seen.0.lock() = Some(waiting);
                        return;
                    }
                }
            }));
        }
        watch
    }

    /// The order that was seen, if there was one.
    #[must_use]
    pub fn seen(&self) -> Option<Seen> {
        self.0.lock().clone()
    }
}

/// The first of these orders that waits for `payment` for long.
async fn look(engine: &Engine, orders: &[String]) -> Option<Seen> {
    for order in orders {
        let at = engine.now();
        // A table that cannot be reached is looked at again.
        let Ok(Some(instance)) = engine.instance(fulfilment::KIND, order).await else { continue };
        let charging = instance.state.as_ref().filter(|state| state.step == "charging");
        let since = charging.map(|state| at.saturating_duration_since(state.since));
        if instance.wakes_at().is_some() && since.is_some_and(|since| since >= LONG) {
            return Some(Seen { order_id: order.clone(), instance, at });
        }
    }
    None
}
