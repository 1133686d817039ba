//! The claim check: a payload is fetched, verified and bounded. A missing one is a transient
//! failure at first, and then a permanent one (S-42).
#![allow(clippy::unwrap_used, missing_docs, reason = "a panic is a test's verdict")]

mod support;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use futures_util::FutureExt as _;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use support::{PaymentRequested, payment};
use waxseal::{
    Channel, Declared, Delivery, Emission, Envelope, Fault, Handler, Outcome, Raw, Service, Unit,
    claim_check::{self, Claim, ClaimCheck, ClaimError, Claims, Limits, StoreError},
    cloudevents,
};

#[derive(Debug, Clone, Default)]
struct Store(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    objects: BTreeMap<String, Vec<u8>>,
    gets: usize,
    puts: usize,
    failure: Option<&'static str>,
}

impl Store {
    /// Replaces the one stored payload.
    fn replace(&self, bytes: impl Into<Vec<u8>>) {
        *self.0.lock().unwrap().objects.values_mut().next().unwrap() = bytes.into();
    }
    fn failure(&self) -> Result<(), StoreError> {
        match self.0.lock().unwrap().failure {
            Some("refused") => Err(StoreError::Refused("bucket elsewhere is not trusted".to_owned())),
            Some(other) => Err(StoreError::Unavailable(other.into())),
            None => Ok(()),
        }
    }
}

impl Claims for Store {
    async fn get(&self, location: &str, most: u64) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.lock().unwrap().gets += 1;
        self.failure()?;
        let found = self.0.lock().unwrap().objects.get(location).cloned();
        Ok(found.map(|mut bytes| {
            bytes.truncate(usize::try_from(most).unwrap() + 1);
            bytes
        }))
    }
    async fn put(&self, key: &str, payload: &[u8]) -> Result<String, StoreError> {
        self.0.lock().unwrap().puts += 1;
        self.failure()?;
        let location = format!("s3://claims/{key}");
        self.0.lock().unwrap().objects.insert(location.clone(), payload.to_vec());
        Ok(location)
    }
}

const PAYLOAD: &str = r#"{"order":"o-4711 für Łukasz","amount": 125000,"card":"visa"}"#;

/// Runs a future that waits for nothing.
fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().unwrap()
}

/// A store, and an envelope whose payload is in it.
fn checked_in() -> (Store, ClaimCheck, Raw) {
    let store = Store::default();
    let claims = ClaimCheck::new(store.clone());
    let claim = now(claims.check_in(payment("e-1", PAYLOAD))).unwrap();
    (store, claims, claim)
}

fn reason(fault: &Fault) -> String {
    waxseal::error_chain(fault.reason())
}

#[test]
fn s42_a_payload_that_was_checked_in_is_redeemed_byte_for_byte() {
    let (store, claims, claim) = checked_in();
    assert!(claim_check::is_claim(&claim) && !claim.data.get().contains("4711"));
    // The claim makes the way over the wire.
    let claim = Raw::parse(&serde_json::to_string(&claim).unwrap()).unwrap();
    let whole = now(claims.redeem(&claim, 1)).unwrap();
    assert_eq!(
        serde_json::to_string(&*whole).unwrap(),
        serde_json::to_string(&payment("e-1", PAYLOAD)).unwrap()
    );
    assert_eq!(store.0.lock().unwrap().gets, 1);
    // An envelope without a claim causes no fetch.
    let plain = payment("e-2", PAYLOAD);
    assert!(matches!(now(claims.redeem(&plain, 1)).unwrap(), std::borrow::Cow::Borrowed(_)));
    assert_eq!(store.0.lock().unwrap().gets, 1);
}

#[test]
fn s42_a_missing_payload_is_transient_and_then_permanent() {
    let (store, claims, claim) = checked_in();
    store.0.lock().unwrap().objects.clear();
    let location = Claim::of(&claim).unwrap().unwrap().location;
    for (receives, permanent, why) in [
        (1, false, " at receive 1 of 3, comes again"),
        (2, false, " at receive 2 of 3, comes again"),
        (3, true, ", also at receive 3 of 3: it was deleted, expired or never stored"),
        (4, true, ", also at receive 4 of 3: it was deleted, expired or never stored"),
    ] {
        let fault = now(claims.redeem(&claim, receives)).unwrap_err();
        assert_eq!(reason(&fault), format!("the payload at {location} is missing{why}"));
        assert_eq!(fault.is_permanent(), permanent, "{receives}");
        assert!(matches!(fault.reason().downcast_ref(), Some(ClaimError::Missing { .. })));
    }
    // The payload arrives late, and the record is handled.
    now(claims.check_in(payment("e-1", PAYLOAD))).unwrap();
    assert_eq!(now(claims.redeem(&claim, 4)).unwrap().data.get(), PAYLOAD);
}

#[test]
fn s42_what_is_not_the_payload_is_permanent_and_says_what_differs() {
    let (store, claims, claim) = checked_in();
    for (bytes, start) in [
        (&PAYLOAD.as_bytes()[..20], "has 20 bytes or more, the claim says 62: it was cut or replaced"),
        (PAYLOAD.repeat(2).as_bytes(), "has 63 bytes or more, the claim says 62: it was cut or replaced"),
        (PAYLOAD.replace("125000", "125001").as_bytes(), "has sha256 "),
    ] {
        store.replace(bytes);
        let fault = now(claims.redeem(&claim, 1)).unwrap_err();
        assert!(fault.is_permanent() && reason(&fault).contains(start), "{fault}");
        assert!(!reason(&fault).contains("4711"), "{fault}");
    }
}

#[test]
fn s42_a_claim_that_lies_about_its_payload_takes_no_effect() {
    let (store, claims, claim) = checked_in();
    // The bytes are right and the canonical hash is not, so the claim would pass for another
    // event's payload.
    let mut lie = claim.clone();
    let honest = Claim::of(&claim).unwrap().unwrap();
    let mut dishonest = honest.clone();
    dishonest.hash = "0".repeat(32);
    lie.data = serde_json::value::to_raw_value(&json!({ "claimCheck": dishonest })).unwrap();
    let fault = now(claims.redeem(&lie, 1)).unwrap_err();
    assert!(fault.is_permanent() && reason(&fault).ends_with("its producer miscounted"), "{fault}");

    // The bytes are right, and are no JSON.
    let bytes = b"PK\x03\x04".to_vec();
    store.replace(bytes.clone());
    let sha256 = "8dcc7e601606217f3b754766511182a916b17e9a26a94c9d887104eba92e9bb2".to_owned();
    let mut zip = honest;
    (zip.bytes, zip.sha256) = (4, sha256);
    assert!(matches!(zip.judge(Some(bytes), Limits::default(), 1), Err(ClaimError::NotJson { .. })));
}

#[test]
fn s42_its_size_is_limited_before_anything_is_fetched_or_stored() {
    let (store, claims, claim) = checked_in();
    let mut limits = Limits::default();
    limits.bytes = 61;
    let claims = claims.within(limits);
    let fault = now(claims.redeem(&claim, 1)).unwrap_err();
    assert!(fault.is_permanent());
    assert!(
        reason(&fault)
            .ends_with("has 62 bytes, 61 at most: raise the limit with the function's memory, or say less"),
        "{fault}"
    );
    assert!(now(claims.check_in(payment("e-2", PAYLOAD))).unwrap_err().is_permanent());
    let state = store.0.lock().unwrap();
    assert_eq!((state.gets, state.puts), (0, 1));
}

#[test]
fn s42_the_mark_decides_and_not_the_look() {
    let (store, claims, claim) = checked_in();
    // A payload that equals a claim, byte for byte, is a payload.
    let look_alike = payment("e-9", claim.data.get());
    assert_eq!(now(claims.redeem(&look_alike, 1)).unwrap().data.get(), claim.data.get());
    let mut other = look_alike.clone();
    for value in [json!("true"), json!(1), json!(null), json!({"claimCheck": {}})] {
        other.metadata.insert("waxsealclaim".to_owned(), value);
        assert!(Claim::of(&other).unwrap().is_none() && !claim_check::is_claim(&other));
    }
    assert_eq!(store.0.lock().unwrap().gets, 0);

    // Marked data is never taken for a payload.
    let hex = "0".repeat(64);
    for (data, why) in [
        ("{}".to_owned(), "it must be {\"claimCheck\":{location, sha256, bytes, hash}}"),
        (
            format!(
                r#"{{"claimCheck":{{"location":"s3://a/b","sha256":"{}","bytes":1,"hash":"{}"}}}}"#,
                &hex[1..],
                &hex[..32]
            ),
            "sha256 must be 64 lower-case hex digits",
        ),
        (
            format!(
                r#"{{"claimCheck":{{"location":"s3://a/b","sha256":"{hex}","bytes":1,"hash":"SECRET"}}}}"#
            ),
            "hash must be 32 lower-case hex digits",
        ),
        (
            format!(
                r#"{{"claimCheck":{{"location":"s3://a\n","sha256":"{hex}","bytes":1,"hash":"{}"}}}}"#,
                &hex[..32]
            ),
            "location must be 1 to 2048 bytes without control characters",
        ),
    ] {
        let mut marked = payment("e-9", &data);
        marked.metadata.insert("waxsealclaim".to_owned(), true.into());
        let fault = now(claims.redeem(&marked, 1)).unwrap_err();
        assert!(fault.is_permanent());
        assert_eq!(reason(&fault), format!("data is marked as a claim check and is none: {why}"));
        assert!(claim_check::payload_hash(&marked).unwrap_err().is_permanent());
    }
}

#[test]
fn s42_a_store_in_trouble_is_transient_and_one_that_refuses_is_not() {
    let (store, claims, claim) = checked_in();
    store.0.lock().unwrap().failure = Some("no answer from eu-west-1 in time");
    let fault = now(claims.redeem(&claim, 9)).unwrap_err();
    assert!(!fault.is_permanent());
    assert!(reason(&fault).ends_with("for now: no answer from eu-west-1 in time"), "{}", reason(&fault));
    assert!(!now(claims.check_in(payment("e-2", PAYLOAD))).unwrap_err().is_permanent());

    store.0.lock().unwrap().failure = Some("refused");
    let fault = now(claims.redeem(&claim, 1)).unwrap_err();
    assert!(fault.is_permanent() && reason(&fault).ends_with("bucket elsewhere is not trusted"), "{fault}");

    // Without a store the record waits for a deploy.
    let fault = now(ClaimCheck::default().redeem(&claim, 1)).unwrap_err();
    assert!(!fault.is_permanent() && reason(&fault).contains("WAXSEAL_CLAIMS"), "{fault}");
}

#[test]
fn s42_a_rerun_stores_the_same_bytes_under_the_same_key() {
    let (store, claims, first) = checked_in();
    let second = now(claims.check_in(payment("e-1", PAYLOAD))).unwrap();
    assert_eq!(first.data.get(), second.data.get());
    // A claim is not checked in again.
    assert_eq!(now(claims.check_in(second)).unwrap().data.get(), first.data.get());
    let state = store.0.lock().unwrap();
    assert_eq!((state.objects.len(), state.puts), (1, 2));
}

#[derive(Default)]
struct Charge(Arc<Mutex<Vec<u64>>>);
impl Handler for Charge {
    const NAME: &str = "charge";
    type Event = PaymentRequested;
    type Emits = ();
    async fn handle(&self, event: &Envelope<PaymentRequested>, _: &mut Unit<'_, ()>) -> Result<(), Fault> {
        assert!(event.metadata.is_empty(), "a handler sees no mark");
        self.0.lock().unwrap().push(event.data.amount);
        Ok(())
    }
}

#[test]
fn s42_s16_with_its_payload_or_with_a_claim_it_is_the_same_event() {
    let (store, claims, claim) = checked_in();
    let seen = Arc::<Mutex<Vec<u64>>>::default();
    let (engine, _) = support::engine(Service::new("payment").handler(Charge(seen.clone())));
    let whole = now(claims.redeem(&claim, 1)).unwrap();
    assert_eq!(now(engine.handle(&whole)).unwrap(), Outcome::Applied);
    let spelled_otherwise = PAYLOAD.replace(": 125000", ":1.25e5");
    assert_eq!(now(engine.handle(&payment("e-1", &spelled_otherwise))).unwrap(), Outcome::Duplicate);
    assert_eq!(*seen.lock().unwrap(), [125_000]);

    // The hash for the receipt needs no fetch.
    store.0.lock().unwrap().objects.clear();
    let hash = claim_check::payload_hash(&claim).unwrap();
    assert_eq!(hash, waxseal::payload_hash(PAYLOAD).unwrap());
    assert_eq!(hash, claim_check::payload_hash(&payment("e-1", &spelled_otherwise)).unwrap());
}

/// A claim of builds before algorithm 2: without `hash2`, with their hash of [`PAYLOAD`].
fn older(claim: &Raw) -> Raw {
    let mut members: Value = serde_json::from_str(claim.data.get()).unwrap();
    members["claimCheck"].as_object_mut().unwrap().remove("hash2").unwrap();
    assert_eq!(members["claimCheck"]["hash"], OLDER, "older builds read this member");
    Raw { data: serde_json::value::to_raw_value(&members).unwrap(), ..claim.clone() }
}
const OLDER: &str = "82194f400231a5a92527ef66766d6a08";

#[test]
fn s42_s16_claims_of_older_and_newer_builds_are_one_event() {
    let (_store, claims, newer) = checked_in();
    let (older, whole) = (older(&newer), payment("e-1", PAYLOAD));
    for first in [&older, &newer, &whole] {
        for again in [&older, &newer, &whole] {
            for cache in [0, 100] {
                let seen = Arc::<Mutex<Vec<u64>>>::default();
                let service = Service::new("payment").handler(Charge(seen.clone()));
                let mut settings = waxseal::Settings::default();
                (settings.claims, settings.cache) = (claims.clone(), cache);
                let (engine, _) = support::engine_with(service, settings);
                assert_eq!(now(engine.handle(first)).unwrap(), Outcome::Applied);
                assert_eq!(now(engine.deliver(Delivery::of(again).received(2))).unwrap(), Outcome::Duplicate);
                assert_eq!(*seen.lock().unwrap(), [125_000]);
            }
        }
    }
    // Each hash in a claim is verified.
    for (member, name) in [("hash", ""), ("hash2", "2:")] {
        let mut members: Value = serde_json::from_str(newer.data.get()).unwrap();
        members["claimCheck"][member] = format!("{name}{}", "0".repeat(32)).into();
        let claim = Raw { data: serde_json::value::to_raw_value(&members).unwrap(), ..newer.clone() };
        let fault = now(claims.redeem(&claim, 1)).unwrap_err();
        assert!(fault.is_permanent() && reason(&fault).contains("its producer miscounted"), "{fault}");
    }
}

#[test]
fn s42_s16_a_payload_that_the_older_algorithm_refuses_is_checked_in_by_the_newer() {
    let payload = r#"{"order":"o-1","amount":1,"card":"visa","units":1e400000000}"#;
    let claim = Claim::to("s3://claims/x", payload).unwrap();
    assert_eq!(
        (Some(&claim.hash), claim.hash2.as_deref()),
        (claim.hash2.as_ref(), Some(&*waxseal::payload_hash(payload).unwrap()))
    );
    let found = claim.judge(Some(payload.as_bytes().to_vec()), Limits::default(), 1).unwrap();
    assert_eq!(found.get(), payload);
}

#[test]
fn s42_s46_a_claim_travels_as_a_cloud_event_too() {
    let (_, claims, claim) = checked_in();
    let json = cloudevents::write(&claim).unwrap();
    let event: BTreeMap<String, Value> = serde_json::from_str(&json).unwrap();
    assert_eq!(event["waxsealclaim"], true);
    let again = cloudevents::read(&json, None).unwrap();
    assert_eq!(now(claims.redeem(&again, 1)).unwrap().data.get(), PAYLOAD);
}

#[derive(Serialize, Deserialize)]
struct CatalogImported {
    rows: String,
}
waxseal::event!(CatalogImported {
    name: "catalog.imported",
    version: 1,
    owner: "catalog",
    channel: Channel::Topic("catalog"),
    claim_check_over: 100,
});

#[test]
fn s42_only_an_event_that_asks_for_it_is_checked_in_and_only_over_its_size() {
    assert_eq!(Declared::of::<PaymentRequested>().claim_check_over, None);
    let declared = Declared::of::<CatalogImported>();
    assert_eq!(declared.claim_check_over, Some(100));
    let stage = |declared: &Declared, rows: usize| {
        let data = CatalogImported { rows: "ü".repeat(rows) };
        let at = support::start();
        Emission::staged(declared, &Envelope::starting("e-1", "catalog", at, data).into_raw().unwrap())
    };
    let (small, to_check_in) = stage(&declared, 10).unwrap();
    assert!(!to_check_in && small.envelope.get().contains("ü"));
    // SNS takes 256 KiB, so this payload cannot travel in its envelope.
    let (large, to_check_in) = stage(&declared, 200_000).unwrap();
    assert!(to_check_in);
    let unasked = declared.claim_checked_over(None);
    assert!(stage(&unasked, 200_000).unwrap_err().is_permanent());

    let (store, mut emitted) = (Store::default(), vec![small, large]);
    let before = emitted[0].envelope.get().to_owned();
    let claims = ClaimCheck::new(store.clone());
    now(claims.check_in_emitted(&mut emitted, &[1])).unwrap();
    assert_eq!(emitted[0].envelope.get(), before);
    assert!(emitted[1].envelope.get().len() < 1000);
    assert_eq!(emitted[1].channel, "topic:catalog");
    let published = Raw::parse(emitted[1].envelope.get()).unwrap();
    let received = now(claims.redeem(&published, 1)).unwrap();
    assert_eq!(received.decode::<CatalogImported>().unwrap().data.rows.chars().count(), 200_000);

    // Without a store the run is retried, and nothing is committed.
    let (large, _) = stage(&declared, 200_000).unwrap();
    let fault = now(ClaimCheck::default().check_in_emitted(&mut [large], &[0])).unwrap_err();
    assert!(!fault.is_permanent());
}

proptest! {
    #[test]
    fn s42_nothing_but_the_payload_is_ever_redeemed(
        order in any::<String>(),
        found in prop::option::of(prop::collection::vec(any::<u8>(), 0..64)),
        spot in prop::option::of((any::<prop::sample::Index>(), any::<u8>())),
    ) {
        let payload = json!({"order": order, "amount": 1, "card": "amex"}).to_string();
        let claim = Claim::to("s3://claims/x", &payload).unwrap();
        let mut bytes = found.unwrap_or_else(|| payload.clone().into_bytes());
        if let Some((at, byte)) = spot && !bytes.is_empty() {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let same = bytes == payload.as_bytes();
        match claim.judge(Some(bytes), Limits::default(), 1) {
            Ok(data) => prop_assert!(same && data.get() == payload),
            Err(error) => prop_assert!(!same && error.is_permanent(), "{}", error),
        }
    }
}
