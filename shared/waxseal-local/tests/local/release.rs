//! Effects that failed for good, in the embedded environment: mended and redriven, or released by a
//! person (S-19).

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use serde::{Deserialize, Serialize};
use waxseal::{
    Attempt, Code, Done, Effect, EffectOutcome, Envelope, Fault, Raw, Release, Released, Service, Unit,
};
use waxseal_local::{Faults, Local};

#[derive(Serialize, Deserialize)]
struct Ordered {
    order: String,
}
waxseal::event!(Ordered { name: "order.placed", version: 1, owner: "shop" });

#[derive(Serialize, Deserialize)]
struct Booked {
    order: String,
}
waxseal::event!(Booked { name: "carrier.booked", version: 1, owner: "courier" });

/// A carrier whose API key may be wrong, or that gives no answer.
#[derive(Default)]
struct Carrier {
    refuses: AtomicBool,
    is_silent: AtomicBool,
    bookings: AtomicU32,
}

#[derive(Clone)]
struct Book(Arc<Carrier>);

impl Effect for Book {
    const NAME: &str = "book";
    const KEY_TTL: Duration = Duration::from_hours(24);
    type Event = Ordered;
    type Emits = (Booked,);
    async fn act(
        &self,
        event: &Envelope<Ordered>,
        attempt: &Attempt<'_>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        assert!(!attempt.effect_key(0).is_empty());
        if self.0.refuses.load(Ordering::SeqCst) {
            return Err(Fault::permanent("401, no such API key"));
        }
        self.0.bookings.fetch_add(1, Ordering::SeqCst);
        if self.0.is_silent.load(Ordering::SeqCst) {
            return Err(Fault::retry("no answer"));
        }
        self.done(event, unit).await
    }
}

impl Done for Book {
    async fn done(&self, event: &Envelope<Ordered>, unit: &mut Unit<'_, Self::Emits>) -> Result<(), Fault> {
        unit.emit(Booked { order: event.data.order.clone() });
        Ok(())
    }
}

fn deployed(carrier: &Arc<Carrier>, faults: Faults, seed: u64) -> Local {
    let local = Local::builder().seed(seed).faults(faults).quiet_dead_letters().build();
    local.deploy_service(Service::new("courier").effect_with_done(Book(carrier.clone()))).unwrap();
    local
}

fn place(local: &Local, order: &str) {
    let json = format!(
        r#"{{"eventId":"{order}","eventType":"order.placed","eventVersion":1,"source":"shop","timestamp":"{}","data":{{"order":"{order}"}}}}"#,
        local.now()
    );
    local.put(&Raw::parse(&json).unwrap()).unwrap();
}

fn codes(local: &Local) -> Vec<String> {
    let letters = local.dead_letters("courier").unwrap().peek();
    letters.iter().map(|letter| letter.note().unwrap().code.unwrap().into_owned()).collect()
}

fn said(local: &Local, release: &Release) -> Result<Released, String> {
    let (there, release) = (local.clone(), release.clone());
    local
        .executor()
        .block_on(async move { there.release("courier", &release).await.map_err(|error| error.to_string()) })
}

#[test]
fn s19_refused_effects_are_mended_redriven_and_take_effect_once_whatever_goes_wrong() {
    for seed in 0..20 {
        let carrier = Arc::new(Carrier::default());
        carrier.refuses.store(true, Ordering::SeqCst);
        let local = deployed(&carrier, Faults::bad_day(), seed);
        let booked = local.watch(&[]).unwrap();
        (0..10).for_each(|order| place(&local, &format!("o-{order}")));
        local.run_until_idle();
        let letters = codes(&local);
        assert!(letters.len() >= 10 && carrier.bookings.load(Ordering::SeqCst) == 0, "{letters:?}");
        carrier.refuses.store(false, Ordering::SeqCst);
        // Faults may dead-letter one again: it is redriven again.
        for _ in 0..5 {
            local.redrive("courier").unwrap();
            local.run_until_idle();
        }
        assert_eq!(codes(&local), Vec::<String>::new(), "seed {seed}");
        let mut ids: Vec<_> = booked
            .peek()
            .iter()
            .filter(|message| message.content.body.contains("carrier.booked"))
            .map(|message| Raw::parse(&message.content.body).unwrap().id)
            .collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 10, "seed {seed}: one booking of each order is published");
    }
}

#[test]
fn s19_an_unknown_outcome_is_released_by_a_person() {
    for (outcome, expected, bookings) in
        [(EffectOutcome::Done, Released::EmitsLater, 5), (EffectOutcome::NotDone, Released::ActsAgain, 6)]
    {
        let carrier = Arc::new(Carrier::default());
        carrier.is_silent.store(true, Ordering::SeqCst);
        let local = deployed(&carrier, Faults::none(), 1);
        let booked = local.watch(&[]).unwrap();
        place(&local, "o-1");
        local.run_until_idle();
        assert_eq!(codes(&local), [Code::HandlerFailed.to_string()], "given up after five receives");
        carrier.is_silent.store(false, Ordering::SeqCst);
        // A person looks at it the next day, when the carrier has forgotten the key.
        let clock = local.clock().clone();
        local.executor().block_on(async move { clock.sleep(Duration::from_hours(25)).await });
        local.redrive("courier").unwrap();
        local.run_until_idle();
        assert_eq!(codes(&local), [Code::OutcomeUnknown.to_string()]);

        let (source, id, handler) = ("shop".to_owned(), "o-1".to_owned(), "book".to_owned());
        let release = Release::new(source, id, handler, outcome);
        assert_eq!(said(&local, &release).unwrap(), expected);
        local.redrive("courier").unwrap();
        local.run_until_idle();
        assert_eq!((codes(&local).len(), carrier.bookings.load(Ordering::SeqCst)), (0, bookings));
        assert_eq!(booked.peek().len(), 2, "the order, and one booking");
        let again = said(&local, &release).unwrap_err();
        assert!(again.contains("it took effect already"), "{again}");
    }
}
