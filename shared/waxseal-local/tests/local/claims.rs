//! Checked-in payloads in the embedded environment, over the bus and on a bad day (S-42).

use serde_json::{json, value::RawValue};
use waxseal::{
    Envelope, Raw,
    claim_check::{Claim, ClaimCheck, Limits},
};
use waxseal_local::{ClaimStore, Faults, Input, Local, Pattern, QueueSettings};

fn imported(local: &Local, rows: usize) -> Raw {
    let rows = vec![json!({"sku": "köln-mug-0,33l", "price": 12.5}); rows];
    Envelope {
        id: "import-1".to_owned(),
        name: "catalog.imported".to_owned(),
        version: 1,
        timestamp: local.now(),
        source: "catalog".to_owned(),
        correlation_id: "import-1".to_owned(),
        causation_id: None,
        data: RawValue::from_string(json!({ "rows": rows }).to_string()).unwrap(),
        metadata: Default::default(),
    }
}

fn run<T: Send + 'static>(local: &Local, future: impl Future<Output = T> + Send + 'static) -> T {
    local.executor().block_on(future)
}

fn check_in(local: &Local, store: &ClaimStore, event: &Raw) -> Raw {
    let (claims, event) = (ClaimCheck::new(store.clone()), event.clone());
    // As an engine does: until the store has answered.
    run(local, async move {
        loop {
            match claims.check_in(event.clone()).await {
                Ok(claim) => return claim,
                Err(fault) => assert!(!fault.is_permanent(), "{fault}"),
            }
        }
    })
}

#[test]
fn s42_a_payload_beyond_every_limit_crosses_the_bus_as_a_claim() {
    let local = Local::builder().seed(42).faults(Faults::bad_day()).build();
    let store = local.create_claims("shop-claims");
    let queue = local.create_queue("readers", QueueSettings::default());
    let pattern = Pattern::new(&json!({"detail-type": ["catalog.imported"]})).unwrap();
    local.bus().rule("readers", pattern, &queue, Input::Detail);

    let event = imported(&local, 40_000);
    assert!(event.data.get().len() > 1024 * 1024);
    let claim = check_in(&local, &store, &event);
    // Answers were lost on the way, and there is one payload all the same.
    for _ in 0..20 {
        assert_eq!(check_in(&local, &store, &event).data.get(), claim.data.get());
    }
    assert_eq!(store.locations().len(), 1);
    local.put(&claim).unwrap();
    local.run_until_idle();

    let body = queue.peek().remove(0).content.body;
    assert!(body.len() < 1000);
    let received = Raw::parse(&body).unwrap();
    let claims = ClaimCheck::new(store);
    let whole = run(&local, async move { claims.redeem(&received, 1).await.unwrap().into_owned() });
    assert_eq!(serde_json::to_string(&whole).unwrap(), serde_json::to_string(&event).unwrap());
}

#[test]
fn s42_a_payload_that_is_lost_is_waited_for_and_then_given_up() {
    let local = Local::builder().build();
    let store = local.create_claims("shop-claims");
    let claim = check_in(&local, &store, &imported(&local, 3));
    let location = Claim::of(&claim).unwrap().unwrap().location;
    let payload = store.lose(&location).unwrap();
    let mut limits = Limits::default();
    limits.receives = 2;
    let claims = ClaimCheck::new(store.clone()).within(limits);
    let redeem = |receives| {
        let (claims, claim) = (claims.clone(), claim.clone());
        run(&local, async move { claims.redeem(&claim, receives).await.map(|raw| raw.into_owned()) })
    };
    assert!(!redeem(1).unwrap_err().is_permanent());
    assert!(redeem(2).unwrap_err().is_permanent());
    store.replace(&location, "{}");
    assert!(redeem(1).unwrap_err().is_permanent());
    store.replace(&location, payload);
    assert!(redeem(2).is_ok());
}
