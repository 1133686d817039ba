//! The facts of an environment in their order.

use std::fmt;

use crate::history::fact::Fact;

/// What happened in an environment, in order. Its text has a line for each fact.
///
/// One seed gives the same text in every run, byte for byte, unless the run met the outside
/// ([`Local::is_repeatable`](crate::Local::is_repeatable)). So two runs can be compared with `diff`.
///
/// ```
/// # use serde::{Deserialize, Serialize};
/// # use waxseal::{Envelope, Fault, Handler, Service, Unit};
/// use waxseal_local::{Local, What};
/// # #[derive(Serialize, Deserialize)] struct ParcelScanned { parcel: String }
/// # waxseal::event!(ParcelScanned { name: "parcel.scanned", version: 1, owner: "shipping" });
/// # struct Count;
/// # impl Handler for Count {
/// #     const NAME: &str = "count";
/// #     type Event = ParcelScanned;
/// #     type Emits = ();
/// #     async fn handle(&self, _: &Envelope<ParcelScanned>, _: &mut Unit<'_, ()>) -> Result<(), Fault> { Ok(()) }
/// # }
///
/// let local = Local::builder().keep_history().build();
/// local.deploy_service(Service::new("counter").handler(Count)).unwrap();
/// let scanned = ParcelScanned { parcel: "p-1".into() };
/// let event = Envelope::starting("e-1", "shipping", local.now(), scanned).into_raw().unwrap();
/// local.put(&event).unwrap();
/// local.run_until_idle();
///
/// let history = local.history();
/// let commits = history.facts().iter().filter(|fact| matches!(fact.what, What::Committed { .. }));
/// assert_eq!(commits.count(), 1);
/// let first = "2026-01-01T00:00:00Z published parcel.scanned e-1 of shipping to bus";
/// assert_eq!(history.to_string().lines().next(), Some(first));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    facts: Vec<Fact>,
}

impl History {
    pub(super) fn new(facts: Vec<Fact>) -> Self {
        Self { facts }
    }

    /// The facts, in order.
    #[must_use]
    pub fn facts(&self) -> &[Fact] {
        &self.facts
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.facts.iter().try_for_each(|fact| writeln!(f, "{fact}"))
    }
}
