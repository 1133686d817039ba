//! Effects that failed for good and are redriven: a release acts for one failure, once (S-19).

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use super::{
    domain::{KEY_TTL, OrderPlaced, PaymentCaptured, Script, charging, mailing, order},
    env::ContractEnv,
    foreign::overwrite,
    leased::crash,
    world::{Function, RecordedDeadLetters, World, record, redriven},
};
use waxseal::{
    Attempt, Code, Done, Effect, EffectOutcome, Envelope, Failure, Fault, Outcome, Raw, Release,
    ReleaseError, Released, Service, Table, Timestamp, Unit,
    batch::{Policy, Record, RecordOutcome},
    dead_letter::{DeadLetter, FailedHandler},
    row::Status,
    table::{Action, Item, Write, attribute},
};

const BOOK: &str = "payment/book";
const HOUR: Duration = Duration::from_hours(1);

/// One run: the time of its first attempt, and the key that the outside system saw.
type Run = (Timestamp, String);

/// An effect with one call to the outside, which gives a scripted answer.
#[derive(Clone)]
struct Book {
    runs: Arc<Mutex<Vec<Run>>>,
    answer: Arc<dyn Fn() -> Result<(), Fault> + Send + Sync>,
}

impl Book {
    fn answering(answer: impl Fn() -> Result<(), Fault> + Send + Sync + 'static) -> Self {
        Self { runs: Arc::default(), answer: Arc::new(answer) }
    }

    /// The outside accepts.
    fn working() -> Self {
        Self::answering(|| Ok(()))
    }

    /// The outside refuses.
    fn refused() -> Self {
        Self::answering(|| Err(Fault::permanent("401, no such API key")))
    }

    fn runs(&self) -> Vec<Run> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn service(&self) -> Service {
        Service::new("payment").effect_with_done(self.clone())
    }
}

impl Effect for Book {
    const NAME: &str = "book";
    const KEY_TTL: Duration = KEY_TTL;
    type Event = OrderPlaced;
    type Emits = (PaymentCaptured,);
    async fn act(
        &self,
        order: &Envelope<OrderPlaced>,
        attempt: &Attempt<'_>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        let run = (attempt.first_at(), attempt.effect_key(0));
        self.runs.lock().unwrap_or_else(PoisonError::into_inner).push(run);
        (self.answer)()?;
        self.done(order, unit).await
    }
}

impl Done for Book {
    async fn done(
        &self,
        order: &Envelope<OrderPlaced>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        unit.emit(PaymentCaptured { order: order.id.clone(), amount: order.data.total, attempt: 0 });
        Ok(())
    }
}

/// Runs one batch and returns its dead letters.
async fn deliver<T: Table>(function: &Function<T>, records: &[Record]) -> Vec<DeadLetter> {
    let dead_letters = RecordedDeadLetters::default();
    let (failed, outcomes) = function.batch(records, &dead_letters, Policy::default()).await;
    assert!(failed.is_empty(), "{outcomes:?}");
    dead_letters.recorded()
}

/// The dead letter of a refusal.
async fn refused<T: Table + Clone>(world: &World<T>, raw: &Raw) -> DeadLetter {
    let dead_letters = deliver(&world.function(Book::refused().service()), &[record("m-1", raw)]).await;
    assert_eq!((dead_letters.len(), dead_letters[0].code), (1, Code::HandlerFailed));
    dead_letters.into_iter().next().expect("one dead letter")
}

/// The cause of a refusal is removed and the dead letter redriven: the effect acts once, with its
/// earlier key. A plain duplicate releases nothing.
pub async fn s19_a_dead_letter_that_comes_back_releases_the_failure_that_it_was_written_for(
    env: &impl ContractEnv,
) {
    let world = World::of(env).await;
    let raw = order("o-19", 1);
    let dead_letter = refused(&world, &raw).await;
    let repaired = Book::working();
    let again = deliver(&world.function(repaired.service()), &[record("m-1", &raw)]).await;
    assert_eq!((again.len(), again[0].code, repaired.runs().len()), (1, Code::FailedBefore, 0));
    assert_eq!(
        again[0].handlers, dead_letter.handlers,
        "a dead letter of a remembered failure releases it as well"
    );

    world.clock.pass(HOUR);
    let function = world.function(repaired.service());
    assert_eq!(deliver(&function, &[redriven(&dead_letter)]).await, []);
    let refusing = Book::refused();
    deliver(&world.function(refusing.service()), &[record("m-2", &order("o-20", 1))]).await;
    assert_ne!(repaired.runs()[0].1, refusing.runs()[0].1);
    assert_eq!((repaired.runs().len(), world.emitted(BOOK, &raw).await.len()), (1, 1));
    assert_eq!(world.receipt(BOOK, &raw).await.unwrap().status, Status::Completed);
    // The plain duplicate and the other dead letter have nothing left to do.
    for record in [record("m-1", &raw), redriven(&again[0]), redriven(&dead_letter)] {
        assert_eq!(deliver(&world.function(repaired.service()), &[record]).await, []);
    }
    assert_eq!(repaired.runs().len(), 1);
}

/// Two dead letters of one failure, in one batch, in turn and at once; and an older one.
pub async fn s19_dead_letters_of_one_failure_and_of_an_older_one_release_nothing_twice(
    env: &impl ContractEnv,
) {
    let world = World::of(env).await;
    let raw = order("o-19", 1);
    let first = refused(&world, &raw).await;
    let mut copy = first.clone();
    copy.record = "m-2".to_owned();
    // The effect fails again, and again for good.
    let still = Book::refused();
    let dead_letters = deliver(&world.function(still.service()), &[redriven(&first), redriven(&copy)]).await;
    assert_eq!(still.runs().len(), 1, "one release of one failure");
    let second = dead_letters.into_iter().next().unwrap();
    assert_ne!(second.handlers, first.handlers);
    let repaired = Book::working();
    let dead_letters = deliver(&world.function(repaired.service()), &[redriven(&copy)]).await;
    assert_eq!((repaired.runs().len(), dead_letters.len()), (0, 1), "the dead letter of an older failure");
    assert_eq!(dead_letters[0].handlers, second.handlers);

    let functions: Vec<_> = (0..8).map(|_| world.function(repaired.service())).collect();
    let racers = functions.iter().map(|function| async {
        let mut record = redriven(&second);
        record.id = "racing".to_owned();
        let (dead_letters, policy) = (RecordedDeadLetters::default(), Policy::default());
        let (_, outcomes) = function.batch(&[record], &dead_letters, policy).await;
        (outcomes, dead_letters.recorded().len())
    });
    let ended = futures_util::future::join_all(racers).await;
    let applied =
        |outcomes: &[RecordOutcome]| matches!(outcomes, [RecordOutcome::Done(Some(Outcome::Applied))]);
    assert_eq!(ended.iter().filter(|(outcomes, _)| applied(outcomes)).count(), 1, "{ended:?}");
    assert_eq!((repaired.runs().len(), world.emitted(BOOK, &raw).await.len()), (1, 1));
}

/// Tokens of receipts that did not fail, foreign tokens, and the names of other handlers.
pub async fn s19_a_forged_dead_letter_releases_nothing(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let outside = Book::working();
    let forged = |dead_letter: &DeadLetter, name: &str, token: &str| {
        let mut dead_letter = dead_letter.clone();
        dead_letter.handlers = vec![FailedHandler { name: name.to_owned(), token: token.to_owned() }];
        redriven(&dead_letter)
    };
    let raw = order("o-19", 1);
    let dead_letter = refused(&world, &raw).await;
    let token = &*dead_letter.handlers[0].token;
    for (name, token) in [("book", "018f"), ("mail", token), ("book", "")] {
        let dead_letters =
            deliver(&world.function(outside.service()), &[forged(&dead_letter, name, token)]).await;
        assert_eq!((dead_letters.len(), outside.runs().len()), (1, 0), "{name} {token}");
    }
    // The tokens are those of a completed receipt and of a leased one.
    deliver(&world.function(outside.service()), &[redriven(&dead_letter)]).await;
    assert_eq!(outside.runs().len(), 1);
    let writer = |item: Option<Item>| {
        item.and_then(|item| item.get_text(attribute::WRITER).map(str::to_owned)).unwrap()
    };
    let completed = writer(world.receipt_item(BOOK, &raw).await);
    assert_eq!(
        deliver(&world.cold(outside.service()), &[forged(&dead_letter, "book", &completed)]).await,
        []
    );
    assert_eq!(outside.runs().len(), 1);

    let leased = order("o-20", 1);
    crash(&world, &leased).await;
    let script = Script::default();
    let token = writer(world.receipt_item("payment/charge", &leased).await);
    let mut of_leased = dead_letter.clone();
    of_leased.body = serde_json::to_vec(&leased).unwrap();
    let record = forged(&of_leased, "charge", &token);
    let (failed, _) = world
        .function(charging(&script))
        .batch(&[record], &RecordedDeadLetters::default(), Policy::default())
        .await;
    assert_eq!((failed.len(), script.runs()), (1, 0), "a lease is no failure");
}

/// The life of an effect's keys begins anew only where every attempt so far was refused.
pub async fn s19_a_late_redrive_acts_again_only_where_every_attempt_was_refused(env: &impl ContractEnv) {
    type Answer = fn() -> Result<(), Fault>;
    let refuse: Answer = || Err(Fault::permanent("401, no such API key"));
    let retry: Answer = || Err(Fault::retry("no answer"));
    let panic: Answer = || panic!("a bug behind the call");
    let busy: Answer = || Err(Fault::retry("429, too many requests").did_not_act());
    let unclear: Answer = || Err(Fault::permanent("201, without a charge id").may_have_acted());
    for (answers, is_certain) in [
        (vec![refuse], true),
        (vec![refuse, refuse, refuse], true),
        (vec![busy, refuse], true),
        (vec![retry, refuse], false),
        (vec![panic, refuse], false),
        (vec![unclear], false),
        (vec![refuse, unclear], false),
        (vec![unclear, refuse], false),
    ] {
        let world = World::of(env).await;
        let raw = order("o-19", 1);
        let mut record = record("m-1", &raw);
        let count = answers.len();
        for answer in answers {
            let (outside, dead_letters) = (Book::answering(answer), RecordedDeadLetters::default());
            let function = world.function(outside.service());
            function.batch(&[record.clone()], &dead_letters, Policy::default()).await;
            assert_eq!(outside.runs().len(), 1);
            if let Some(dead_letter) = dead_letters.recorded().first() {
                record = redriven(dead_letter);
            }
            world.clock.pass(HOUR);
        }
        world.clock.pass(KEY_TTL);
        let repaired = Book::working();
        let dead_letters = deliver(&world.function(repaired.service()), &[record]).await;
        if is_certain {
            assert_eq!((dead_letters.len(), repaired.runs().len()), (0, 1), "{count} answers");
            let began: Timestamp = env.start() + HOUR * u32::try_from(count).unwrap() + KEY_TTL;
            assert_eq!(repaired.runs()[0].0, began, "the life of the key begins now");
        } else {
            assert_eq!((dead_letters.len(), repaired.runs().len()), (1, 0), "{count} answers");
            assert_eq!(dead_letters[0].code, Code::OutcomeUnknown);
        }
    }
}

/// One attempt makes two calls: the refusal of the second leaves the outcome of the first open.
pub async fn s19_a_refusal_of_one_of_two_calls_says_nothing_of_the_other(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let raw = order("o-19", 1);
    // This effect asks for two keys.
    let refusing = Script::deciding(|_| Err(Fault::permanent("402, after a first call that passed")));
    let dead_letter =
        deliver(&world.function(mailing(&refusing)), &[record("m-1", &raw)]).await.swap_remove(0);
    let script = Script::default();
    world.clock.pass(KEY_TTL);
    let dead_letters = deliver(&world.function(mailing(&script)), &[redriven(&dead_letter)]).await;
    assert_eq!((dead_letters.len(), script.runs()), (1, 0));
    assert_eq!(dead_letters[0].code, Code::OutcomeUnknown);
}

/// A receipt without a count of uncertain attempts is released only within the key's life.
pub async fn s19_a_failure_of_an_older_build_is_released_while_its_key_lives(env: &impl ContractEnv) {
    for (after, acts) in [(KEY_TTL - Duration::from_millis(1), true), (KEY_TTL, false)] {
        let world = World::of(env).await;
        let raw = order("o-19", 1);
        let dead_letter = refused(&world, &raw).await;
        let mut older = world.receipt_item(BOOK, &raw).await.unwrap();
        assert!(older.attributes.remove("uncertain").is_some());
        overwrite(&world, older).await;
        world.clock.pass(after);
        let repaired = Book::working();
        let dead_letters = deliver(&world.function(repaired.service()), &[redriven(&dead_letter)]).await;
        assert_eq!((dead_letters.len(), repaired.runs().len()), (usize::from(!acts), usize::from(acts)));
    }
}

async fn release<T: Table + Clone>(
    world: &World<T>,
    service: Service,
    handler: &str,
    raw: &Raw,
    outcome: EffectOutcome,
) -> Result<Released, ReleaseError> {
    let (source, id, handler) = (raw.source.clone(), raw.id.clone(), handler.to_owned());
    world.function(service).engine.release(&Release::new(source, id, handler, outcome)).await
}

/// A person releases an unknown outcome: `done` only emits, and `not done` acts again.
pub async fn s19_a_person_releases_an_unknown_outcome(env: &impl ContractEnv) {
    for (outcome, expected) in
        [(EffectOutcome::Done, Released::EmitsLater), (EffectOutcome::NotDone, Released::ActsAgain)]
    {
        let world = World::of(env).await;
        let raw = order("o-19", 1);
        let silent = Book::answering(|| Err(Fault::retry("no answer")));
        world.function(silent.service()).deliver(&raw).await.unwrap_err();
        world.clock.pass(KEY_TTL);
        let outside = Book::working();
        let dead_letters = deliver(&world.function(outside.service()), &[record("m-1", &raw)]).await;
        assert_eq!((dead_letters[0].code, outside.runs().len()), (Code::OutcomeUnknown, 0));

        assert_eq!(release(&world, outside.service(), "book", &raw, outcome).await.unwrap(), expected);
        // A redrive may come days later.
        world.clock.pass(KEY_TTL * 2);
        assert_eq!(deliver(&world.function(outside.service()), &[redriven(&dead_letters[0])]).await, []);
        let acts = usize::from(outcome == EffectOutcome::NotDone);
        assert_eq!((outside.runs().len(), world.emitted(BOOK, &raw).await.len()), (acts, 1));
        assert_eq!(world.receipt(BOOK, &raw).await.unwrap().status, Status::Completed);
        let again = release(&world, outside.service(), "book", &raw, outcome).await.unwrap_err();
        assert!(matches!(again, ReleaseError::Completed), "{again}");
    }
}

/// A release stays until its emissions are committed, even if processes die before.
pub async fn s19_a_release_as_done_survives_a_crash_and_never_acts(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let raw = order("o-19", 1);
    let dead_letter = refused(&world, &raw).await;
    let outside = Book::working();
    release(&world, outside.service(), "book", &raw, EffectOutcome::Done).await.unwrap();
    for _ in 0..3 {
        let line = world.line();
        let completes = |write: &Write| matches!(&write.action, Action::Put(item) if item.get_text("status") == Some("completed"));
        line.stick(1, completes);
        let function = world.function_on(line, outside.service(), waxseal::Settings::default());
        let failure = function.deliver(&raw).await.unwrap_err();
        assert!(matches!(failure, Failure::Table(_)), "{failure:?}");
        assert_eq!(world.receipt(BOOK, &raw).await.unwrap().status, Status::Acted);
    }
    let functions: Vec<_> = (0..8).map(|_| world.function(outside.service())).collect();
    let racers = functions.iter().map(|function| function.deliver(&raw));
    let ended = futures_util::future::join_all(racers).await;
    assert_eq!(ended.iter().filter(|ended| matches!(ended, Ok(Outcome::Applied))).count(), 1, "{ended:?}");
    assert_eq!(deliver(&world.function(outside.service()), &[redriven(&dead_letter)]).await, []);
    assert_eq!((outside.runs().len(), world.emitted(BOOK, &raw).await.len()), (0, 1));
}

/// A build without `Done` retries an event that another build released as done, and never acts.
pub async fn s19_a_release_as_done_waits_for_a_build_that_tells_its_emissions(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let raw = order("o-19", 1);
    let dead_letter = refused(&world, &raw).await;
    let outside = Book::working();
    release(&world, outside.service(), "book", &raw, EffectOutcome::Done).await.unwrap();
    let older = world.function(Service::new("payment").effect(outside.clone()));
    let dead_letters = RecordedDeadLetters::default();
    let (failed, outcomes) = older.batch(&[redriven(&dead_letter)], &dead_letters, Policy::default()).await;
    assert_eq!((failed.len(), dead_letters.recorded().len()), (1, 0), "{outcomes:?}");
    assert_eq!(world.receipt(BOOK, &raw).await.unwrap().status, Status::Acted);
    assert_eq!(deliver(&world.function(outside.service()), &[redriven(&dead_letter)]).await, []);
    assert_eq!((outside.runs().len(), world.emitted(BOOK, &raw).await.len()), (0, 1));
}

/// An effect that emits, but has no `Done`, refuses the outcome done.
pub async fn s19_a_release_that_cannot_be_right_is_refused(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let raw = order("o-19", 1);
    let script = Script::deciding(|_| Err(Fault::permanent("refused")));
    let nobody = release(&world, charging(&script), "charge", &raw, EffectOutcome::Done).await.unwrap_err();
    assert!(matches!(nobody, ReleaseError::NoReceipt { .. }), "{nobody}");
    let unknown = release(&world, charging(&script), "charged", &raw, EffectOutcome::Done).await.unwrap_err();
    assert!(unknown.to_string().ends_with("its effects are charge"), "{unknown}");

    deliver(&world.function(charging(&script)), &[record("m-1", &raw)]).await;
    let untold = release(&world, charging(&script), "charge", &raw, EffectOutcome::Done).await.unwrap_err();
    assert!(matches!(untold, ReleaseError::NotTold { .. }), "{untold}");
    deliver(&world.function(mailing(&script)), &[record("m-1", &raw)]).await;
    let told = release(&world, mailing(&script), "mail", &raw, EffectOutcome::Done).await.unwrap();
    assert_eq!(told, Released::Completed);
    let duplicate = world.function(mailing(&script)).deliver(&raw).await.unwrap();
    assert_eq!((duplicate, script.runs()), (Outcome::Duplicate, 2));

    let leased = order("o-20", 1);
    crash(&world, &leased).await;
    let running =
        release(&world, charging(&script), "charge", &leased, EffectOutcome::NotDone).await.unwrap_err();
    assert!(matches!(running, ReleaseError::InProgress { .. }), "{running}");
}
