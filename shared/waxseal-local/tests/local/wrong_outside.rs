//! Wrong environments for handlers that wait for the outside (L-5): each breaks one promise, and must fail
//! the statements that it names, and no others.

use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{FutureExt as _, future::poll_immediate};
use tokio::{
    runtime,
    time::{sleep, timeout},
};
use waxseal_local::{Builder, Local};

use crate::outside::{learned_text, run};

type Answer = Pin<Box<dyn Future<Output = String> + Send>>;
/// A handler, which gets the number of its attempt.
type Ask = Arc<dyn Fn(u32) -> Answer + Send + Sync>;

/// What became of one record.
#[derive(Debug)]
struct Ran {
    text: Option<String>,
    attempts: u32,
    /// The time that has passed on the environment's clock.
    passed: Duration,
    is_repeatable: bool,
}

trait Environment {
    /// The time-out of its function.
    fn timeout(&self) -> Duration;

    /// Hands one record to the handler, until it takes effect.
    fn run(&self, ask: Ask) -> Ran;
}

/// The environment itself.
struct Embedded(fn() -> Builder);

impl Environment for Embedded {
    fn timeout(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn run(&self, ask: Ask) -> Ran {
        let start = self.0().build().now();
        let (local, attempts) = run(self.0(), move |attempt| ask(attempt));
        let passed = local.now().saturating_duration_since(start);
        Ran { text: learned_text(&local), attempts, passed, is_repeatable: local.is_repeatable() }
    }
}

/// A small environment with one mistake, or with none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Small {
    /// It makes no mistake.
    Sound,
    /// It polls handlers without a runtime of tokio.
    NoRuntime,
    /// A handler that waits for the outside has ended.
    EndsAtOnce,
    /// Its virtual clock runs while a handler waits.
    ClockRuns,
    /// A handler that hangs holds its record for ever.
    NoTimeout,
    /// The record of a handler that ran out of time is gone.
    RecordLost,
    /// It calls every run repeatable.
    AlwaysRepeatable,
    /// It calls no run repeatable.
    NeverRepeatable,
}

impl Small {
    /// Polls the handler until its end. The result is its answer, and whether it has waited.
    fn poll(self, answer: &mut Answer) -> (Option<String>, bool) {
        if self == Self::NoRuntime {
            return (catch_unwind(AssertUnwindSafe(|| answer.now_or_never())).ok().flatten(), false);
        }
        let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            if let Some(text) = poll_immediate(&mut *answer).await {
                return (Some(text), false);
            }
            let text = match self {
                Self::EndsAtOnce => None,
                Self::NoTimeout => Some(answer.await),
                _ => timeout(self.timeout(), answer).await.ok(),
            };
            (text, true)
        })
    }
}

impl Environment for Small {
    fn timeout(&self) -> Duration {
        Duration::from_millis(200)
    }

    fn run(&self, ask: Ask) -> Ran {
        let started = Instant::now();
        let mut ran = Ran { text: None, attempts: 0, passed: Duration::ZERO, is_repeatable: true };
        while ran.text.is_none() && ran.attempts < 3 {
            ran.attempts += 1;
            let (text, has_waited) = self.poll(&mut ask(ran.attempts));
            ran.is_repeatable &= !has_waited;
            if text.is_none() && *self == Self::RecordLost {
                break;
            }
            ran.text = text;
        }
        match self {
            Self::ClockRuns => ran.passed = started.elapsed(),
            Self::AlwaysRepeatable => ran.is_repeatable = true,
            Self::NeverRepeatable => ran.is_repeatable = false,
            _ => {}
        }
        ran
    }
}

fn ask<A>(ask: impl Fn(u32) -> A + Send + Sync + 'static) -> Ask
where
    A: Future<Output = String> + Send + 'static,
{
    Arc::new(move |attempt| Box::pin(ask(attempt)))
}

/// Timers and tasks of tokio work.
fn timers(environment: &dyn Environment) -> bool {
    let ran = environment.run(ask(|_| async {
        let task = tokio::spawn(sleep(Duration::from_millis(20)));
        timeout(Duration::from_millis(500), task).await.map_or("late", |_| "in time").to_owned()
    }));
    (ran.text.as_deref(), ran.attempts) == (Some("in time"), 1)
}

/// A virtual clock stands still meanwhile.
fn stands_still(environment: &dyn Environment) -> bool {
    let ran = environment.run(ask(|_| async {
        sleep(Duration::from_millis(20)).await;
        "awake".to_owned()
    }));
    ran.passed == Duration::ZERO
}

/// A handler that hangs ends at its time-out, and its record comes again.
fn hangs(environment: &dyn Environment) -> bool {
    let (started, limit) = (Instant::now(), environment.timeout());
    let ran = environment.run(ask(move |attempt| async move {
        if attempt == 1 {
            sleep(2 * limit).await;
        }
        format!("attempt {attempt}")
    }));
    let is_in_time = started.elapsed() >= limit * 7 / 10;
    (ran.text.as_deref(), ran.attempts) == (Some("attempt 2"), 2) && is_in_time
}

/// A run that met the outside is reported as not repeatable, and no other.
fn reported(environment: &dyn Environment) -> bool {
    let outside = environment.run(ask(|_| async {
        sleep(Duration::from_millis(1)).await;
        String::new()
    }));
    let alone = environment.run(ask(|_| async { String::new() }));
    !outside.is_repeatable && alone.is_repeatable
}

type Statement = (&'static str, fn(&dyn Environment) -> bool);
const STATEMENTS: [Statement; 4] =
    [("timers", timers), ("stands still", stands_still), ("hangs", hangs), ("reported", reported)];

fn failing(environment: &dyn Environment) -> BTreeSet<&'static str> {
    STATEMENTS.iter().filter(|(_, holds)| !holds(environment)).map(|(name, _)| *name).collect()
}

#[test]
fn l5_the_environment_keeps_what_each_wrong_one_breaks() {
    assert_eq!(failing(&Embedded(Local::builder)), BTreeSet::new());
    // The machine's clock goes on, and no run on it is repeatable.
    let real = failing(&Embedded(|| Local::builder().real_time()));
    assert_eq!(real, BTreeSet::from(["stands still", "reported"]));
    assert_eq!(failing(&Small::Sound), BTreeSet::new());
}

#[test]
fn l5_an_environment_without_a_runtime_or_without_patience_fails() {
    let runs = failing(&Small::NoRuntime);
    assert_eq!(runs, BTreeSet::from(["timers", "hangs", "reported"]));
    assert_eq!(failing(&Small::EndsAtOnce), BTreeSet::from(["timers", "hangs"]));
}

#[test]
fn l5_an_environment_whose_clock_runs_meanwhile_fails() {
    assert_eq!(failing(&Small::ClockRuns), BTreeSet::from(["stands still"]));
}

#[test]
fn l5_an_environment_that_waits_for_ever_or_loses_the_record_fails() {
    for wrong in [Small::NoTimeout, Small::RecordLost] {
        assert_eq!(failing(&wrong), BTreeSet::from(["hangs"]), "{wrong:?}");
    }
}

#[test]
fn l5_an_environment_that_does_not_tell_runs_apart_fails() {
    for wrong in [Small::AlwaysRepeatable, Small::NeverRepeatable] {
        assert_eq!(failing(&wrong), BTreeSet::from(["reported"]), "{wrong:?}");
    }
}
