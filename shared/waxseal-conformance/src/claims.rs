//! The claim check: a payload is fetched before a body runs, and checked in before the commit.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use serde::{Deserialize, Serialize};

use super::{
    domain::{OrderPlaced, SKU, Script, Tally, announcing, mailing, order, order_of, tallying},
    env::ContractEnv,
    world::{Function, RecordedDeadLetters, World, breathe, received, record, settings},
};
use waxseal::{
    End, Envelope, Fault, Handler, Outcome, Raw, Service, Settings, Table, Unit,
    batch::{Batches, Policy, RecordOutcome, failures},
    claim_check::{Claim, ClaimCheck, Claims, StoreError},
};

/// A store in memory that counts fetches, and hangs on demand.
#[derive(Debug, Clone, Default)]
struct Store(Arc<Stored>);

#[derive(Debug, Default)]
struct Stored {
    payloads: Mutex<BTreeMap<String, Vec<u8>>>,
    fetched: AtomicUsize,
    hangs: AtomicBool,
}

impl Store {
    fn payloads(&self) -> MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
        self.0.payloads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fetched(&self) -> usize {
        self.0.fetched.load(Ordering::SeqCst)
    }

    async fn check_in(&self, raw: Raw) -> Raw {
        ClaimCheck::new(self.clone()).check_in(raw).await.expect("the store takes it")
    }

    fn settings(&self) -> Settings {
        settings(|it| it.claims = ClaimCheck::new(self.clone()))
    }
}

impl Claims for Store {
    async fn get(&self, location: &str, _: u64) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.fetched.fetch_add(1, Ordering::SeqCst);
        if self.0.hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        breathe().await;
        Ok(self.payloads().get(location).cloned())
    }

    async fn put(&self, key: &str, payload: &[u8]) -> Result<String, StoreError> {
        breathe().await;
        let location = format!("s3://claims/{key}");
        self.payloads().insert(location.clone(), payload.to_vec());
        Ok(location)
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct StatementWritten {
    lines: String,
}
waxseal::event!(StatementWritten {
    name: "statement.written",
    version: 1,
    owner: "accounts",
    claim_check_over: 1000
});

/// Emits a statement with as many rows as the order's quantity.
struct Write;
impl Handler for Write {
    const NAME: &str = "write";
    type Event = OrderPlaced;
    type Emits = (StatementWritten,);
    async fn handle(
        &self,
        order: &Envelope<OrderPlaced>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        let length = usize::try_from(order.data.quantity).map_err(Fault::permanent)?;
        unit.emit(StatementWritten { lines: "ü".repeat(length) });
        Ok(())
    }
}

/// One delivery of `raw` in a batch of its own.
async fn delivered<T: Table>(
    function: &Function<T>,
    dead_letters: &RecordedDeadLetters,
    receives: u32,
    raw: &Raw,
) -> RecordOutcome {
    let records = [received(receives, record("m-1", raw))];
    function.batch(&records, dead_letters, Policy::default()).await.1.remove(0)
}

/// The handler sees the payload; a warm duplicate causes no fetch.
pub async fn s42_a_claim_is_redeemed_once_and_a_warm_duplicate_is_not_fetched(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let (store, script, dead_letters) = (Store::default(), Script::default(), RecordedDeadLetters::default());
    let function = world.function_with(announcing(&script), store.settings());
    let claim = store.check_in(order("o-1", 3)).await;
    for _ in 0..3 {
        let outcome = delivered(&function, &dead_letters, 1, &claim).await;
        assert!(matches!(outcome, RecordOutcome::Done(Some(_))), "{outcome:?}");
    }
    // The same event with its payload in the envelope is the same event (S-16).
    let outcome = delivered(&function, &dead_letters, 1, &order("o-1", 3)).await;
    assert!(matches!(outcome, RecordOutcome::Done(Some(Outcome::Duplicate))), "{outcome:?}");
    assert_eq!((script.runs(), store.fetched()), (1, 1));
}

/// A missing payload is retried, and fails for good from the third receive on. An event that took
/// effect is a duplicate even then.
pub async fn s42_a_missing_payload_is_retried_and_then_given_up(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let (store, script, dead_letters) = (Store::default(), Script::default(), RecordedDeadLetters::default());
    let function = world.function_with(announcing(&script), store.settings());
    let (done, lost) = (store.check_in(order("o-1", 3)).await, store.check_in(order("o-2", 3)).await);
    delivered(&function, &dead_letters, 1, &done).await;
    store.payloads().clear();
    for receives in [1, 2] {
        let outcome = delivered(&function, &dead_letters, receives, &lost).await;
        assert!(
            matches!(&outcome, RecordOutcome::Failed { reason, .. } if reason.contains("is missing")),
            "{outcome:?}"
        );
    }
    let outcome = delivered(&function, &dead_letters, 3, &lost).await;
    assert!(
        matches!(&outcome, RecordOutcome::DeadLettered { reason } if reason.contains("is missing")),
        "{outcome:?}"
    );
    // The dead letter holds the claim as it came.
    let body = serde_json::to_vec(&lost).expect("an envelope has a JSON form");
    assert_eq!(
        dead_letters.recorded().iter().map(|dead_letter| &dead_letter.body).collect::<Vec<_>>(),
        [&body]
    );

    let cold = world.function_with(announcing(&script), store.settings());
    let outcome = delivered(&cold, &dead_letters, 3, &done).await;
    assert!(matches!(outcome, RecordOutcome::Done(Some(Outcome::Duplicate))), "{outcome:?}");
    assert_eq!(script.runs(), 1);
}

/// Bytes that differ from the claim reach no handler.
pub async fn s42_a_payload_that_differs_from_its_claim_is_refused_for_good(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let (store, script, dead_letters) = (Store::default(), Script::default(), RecordedDeadLetters::default());
    let function = world.function_with(announcing(&script), store.settings());
    let claim = store.check_in(order("o-1", 3)).await;
    for payload in store.payloads().values_mut() {
        let text = String::from_utf8_lossy(payload).replace("\"quantity\":3", "\"quantity\":9");
        *payload = text.into_bytes();
    }
    let outcome = delivered(&function, &dead_letters, 1, &claim).await;
    assert!(matches!(outcome, RecordOutcome::DeadLettered { .. }), "{outcome:?}");
    assert_eq!((script.runs(), world.receipt("inventory/announce", &claim).await.is_some()), (0, false));
}

/// An emitted event over its threshold is in the store before the commit; one below travels in its
/// envelope.
pub async fn s42_a_large_event_is_checked_in_before_the_commit(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let (store, dead_letters) = (Store::default(), RecordedDeadLetters::default());
    let function = world.function_with(Service::new("accounts").handler(Write), store.settings());
    for (id, length, is_claimed) in [("o-1", 300_000, true), ("o-2", 3, false)] {
        let raw = order(id, length);
        let outcome = delivered(&function, &dead_letters, 1, &raw).await;
        assert!(matches!(outcome, RecordOutcome::Done(Some(Outcome::Applied))), "{outcome:?}");
        let emitted = world.emitted("accounts/write", &raw).await;
        let emitted = Raw::parse(emitted[0].envelope.get()).expect("an outbox holds envelopes");
        let claim = Claim::of(&emitted).expect("a readable claim");
        assert_eq!(claim.is_some(), is_claimed);
        if let Some(claim) = claim {
            assert!(store.payloads().contains_key(&claim.location), "the payload is there first");
        }
    }
    // Without a store the run fails, and nothing is committed.
    let without = world.function(Service::new("accounts").handler(Write));
    let raw = order("o-3", 300_000);
    without.deliver(&raw).await.expect_err("there is no store");
    assert!(world.receipt("accounts/write", &raw).await.is_none());
}

/// Aggregates and effects see payloads too.
pub async fn s42_every_form_of_handler_redeems(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let (store, script, dead_letters) = (Store::default(), Script::default(), RecordedDeadLetters::default());
    let mut claims = Vec::new();
    for n in 0..5 {
        let claim = store.check_in(order(&format!("o-{n}"), 1)).await;
        claims.push(received(1, record(&format!("m-{n}"), &claim)));
    }
    for service in [tallying(&Script::default()), mailing(&script)] {
        let function = world.function_with(service, store.settings());
        let (failed, _) = function.batch(&claims, &dead_letters, Policy::default()).await;
        assert_eq!(failed, Vec::<String>::new());
    }
    assert_eq!((world.entity::<Tally>(SKU).await, script.runs()), (Some(Tally { orders: 5 }), 5));
}

/// A store that does not answer fails its own record, not the invocation (S-20).
pub async fn s42_a_store_that_hangs_holds_nobody_else(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let (store, script) = (Store::default(), Script::default());
    let function = world.function_with(announcing(&script), store.settings());
    let claim = store.check_in(order_of("o-0", "hat")).await;
    store.0.hangs.store(true, Ordering::SeqCst);
    let records: Vec<_> = (0..5)
        .map(|n| match n {
            0 => record("m-0", &claim),
            n => record(&format!("m-{n}"), &order_of(&format!("o-{n}"), "hat")),
        })
        .collect();
    let stop = async {
        while script.runs() < 4 || store.fetched() < 1 {
            breathe().await;
        }
    };
    let batches = Batches::new(function.engine.clone(), RecordedDeadLetters::default(), Policy::default());
    let outcomes = batches.run_until(&records, None, End::stopped_by(stop)).await;
    assert_eq!(failures(&records, &outcomes).expect("the records have ids"), ["m-0"]);
}
