//! The claim check: a payload is fetched when a body is to run, and checked in before the commit.

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
    world::{Function, Letters, World, breathe, received, record, settings},
};
use waxseal::{
    End, Envelope, Fault, Handler, Outcome, Raw, Service, Settings, Table, Unit,
    batch::{Batches, Policy, RecordOutcome, failures},
    claim_check::{Claim, ClaimCheck, Claims, StoreError},
};

/// A store in memory that counts what is fetched, and hangs when told.
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

/// Emits a statement as long as the order's quantity says.
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
    letters: &Letters,
    receives: u32,
    raw: &Raw,
) -> RecordOutcome {
    let records = [received(receives, record("m-1", raw))];
    function.batch(&records, letters, Policy::default()).await.1.remove(0)
}

/// The handler sees the payload; a warm duplicate is not even fetched.
pub async fn s42_a_claim_is_redeemed_once_and_a_warm_duplicate_is_not_fetched(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let (store, script, letters) = (Store::default(), Script::default(), Letters::default());
    let function = world.function_with(announcing(&script), store.settings());
    let claim = store.check_in(order("o-1", 3)).await;
    for _ in 0..3 {
        let verdict = delivered(&function, &letters, 1, &claim).await;
        assert!(matches!(verdict, RecordOutcome::Done(Some(_))), "{verdict:?}");
    }
    // The same event with its payload in it is the same event (S-16).
    let verdict = delivered(&function, &letters, 1, &order("o-1", 3)).await;
    assert!(matches!(verdict, RecordOutcome::Done(Some(Outcome::Duplicate))), "{verdict:?}");
    assert_eq!((script.runs(), store.fetched()), (1, 1));
}

/// Missing is for now, and from the third receive on for good; an event that took effect is a duplicate all the same.
pub async fn s42_a_missing_payload_is_retried_and_then_given_up(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let (store, script, letters) = (Store::default(), Script::default(), Letters::default());
    let function = world.function_with(announcing(&script), store.settings());
    let (done, lost) = (store.check_in(order("o-1", 3)).await, store.check_in(order("o-2", 3)).await);
    delivered(&function, &letters, 1, &done).await;
    store.payloads().clear();
    for receives in [1, 2] {
        let verdict = delivered(&function, &letters, receives, &lost).await;
        assert!(
            matches!(&verdict, RecordOutcome::Failed { reason, .. } if reason.contains("is missing")),
            "{verdict:?}"
        );
    }
    let verdict = delivered(&function, &letters, 3, &lost).await;
    assert!(
        matches!(&verdict, RecordOutcome::DeadLettered { reason } if reason.contains("is missing")),
        "{verdict:?}"
    );
    // The letter holds the claim as it came.
    let body = serde_json::to_vec(&lost).expect("an envelope has a JSON form");
    assert_eq!(letters.kept().iter().map(|letter| &letter.body).collect::<Vec<_>>(), [&body]);

    let cold = world.function_with(announcing(&script), store.settings());
    let verdict = delivered(&cold, &letters, 3, &done).await;
    assert!(matches!(verdict, RecordOutcome::Done(Some(Outcome::Duplicate))), "{verdict:?}");
    assert_eq!(script.runs(), 1);
}

/// Bytes that are not what the claim says reach no handler.
pub async fn s42_a_payload_that_differs_from_its_claim_is_refused_for_good(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let (store, script, letters) = (Store::default(), Script::default(), Letters::default());
    let function = world.function_with(announcing(&script), store.settings());
    let claim = store.check_in(order("o-1", 3)).await;
    for payload in store.payloads().values_mut() {
        let text = String::from_utf8_lossy(payload).replace("\"quantity\":3", "\"quantity\":9");
        *payload = text.into_bytes();
    }
    let verdict = delivered(&function, &letters, 1, &claim).await;
    assert!(matches!(verdict, RecordOutcome::DeadLettered { .. }), "{verdict:?}");
    assert_eq!((script.runs(), world.receipt("inventory/announce", &claim).await.is_some()), (0, false));
}

/// What is emitted beyond its event's threshold lies in the store before the commit; what is below travels as it is.
pub async fn s42_a_large_event_is_checked_in_before_the_commit(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let (store, letters) = (Store::default(), Letters::default());
    let function = world.function_with(Service::new("accounts").handler(Write), store.settings());
    for (id, length, is_claimed) in [("o-1", 300_000, true), ("o-2", 3, false)] {
        let raw = order(id, length);
        let verdict = delivered(&function, &letters, 1, &raw).await;
        assert!(matches!(verdict, RecordOutcome::Done(Some(Outcome::Applied))), "{verdict:?}");
        let emitted = world.emitted("accounts/write", &raw).await;
        let emitted = Raw::parse(emitted[0].envelope.get()).expect("an outbox holds envelopes");
        let claim = Claim::of(&emitted).expect("a readable claim");
        assert_eq!(claim.is_some(), is_claimed);
        if let Some(claim) = claim {
            assert!(store.payloads().contains_key(&claim.location), "the payload is there first");
        }
    }
    // Without a store it fails, and nothing is committed.
    let without = world.function(Service::new("accounts").handler(Write));
    let raw = order("o-3", 300_000);
    without.deliver(&raw).await.expect_err("there is no store");
    assert!(world.receipt("accounts/write", &raw).await.is_none());
}

/// The pure form and the leased form see payloads too.
pub async fn s42_every_form_of_handler_redeems(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let (store, script, letters) = (Store::default(), Script::default(), Letters::default());
    let mut claims = Vec::new();
    for n in 0..5 {
        let claim = store.check_in(order(&format!("o-{n}"), 1)).await;
        claims.push(received(1, record(&format!("m-{n}"), &claim)));
    }
    for service in [tallying(&Script::default()), mailing(&script)] {
        let function = world.function_with(service, store.settings());
        let (failed, _) = function.batch(&claims, &letters, Policy::default()).await;
        assert_eq!(failed, Vec::<String>::new());
    }
    assert_eq!((world.entity::<Tally>(SKU).await, script.runs()), (Some(Tally { orders: 5 }), 5));
}

/// A store that does not answer costs its own record, not the invocation (S-20).
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
    let batches = Batches::new(function.engine.clone(), Letters::default(), Policy::default());
    let verdicts = batches.run_until(&records, None, End::stopped_by(stop)).await;
    assert_eq!(failures(&records, &verdicts).expect("the records have ids"), ["m-0"]);
}
