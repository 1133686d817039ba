//! The world of one environment: its clock, its seed, its scheduler and its faults.

use std::{sync::Arc, time::Duration};

use waxseal::{Host, Timestamp, Token};
use waxseal_ledger::Memory;

use crate::{
    clock::Clock, executor::Executor, faults::Faults, history::Recorder, random::Random, reasons::Reasons,
    report::Report,
};

/// Everything that the parts of one environment share.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) clock: Arc<Clock>,
    pub(crate) random: Arc<Random>,
    pub(crate) executor: Executor,
    pub(crate) faults: Faults,
    pub(crate) report: Report,
    pub(crate) recorder: Recorder,
    pub(crate) reasons: Reasons,
    /// The ledgers of the services, where they are kept.
    pub(crate) ledger: Option<Memory>,
}

impl World {
    pub(crate) fn new(clock: Clock, random: Random, faults: Faults, report: Report) -> Self {
        let (clock, random) = (Arc::new(clock), Arc::new(random));
        let executor = Executor::new(clock.clone(), random.clone());
        let (recorder, reasons) = (Recorder::default(), Reasons::default());
        Self { clock, random, executor, faults, report, recorder, reasons, ledger: None }
    }

    /// The same world for a part that no fault hits.
    pub(crate) fn without_faults(&self) -> Self {
        Self { faults: Faults::none(), ..self.clone() }
    }

    /// Waits for the time that a request takes.
    pub(crate) async fn simulate_latency(&self) {
        let most = u64::try_from(self.faults.latency.as_micros()).unwrap_or(u64::MAX);
        if most > 0 {
            let delay = Duration::from_micros(self.random.below(most) + 1);
            self.clock.sleep(delay).await;
        }
    }

    /// Whether a fault of this probability hits the running task now.
    pub(crate) fn injects(&self, probability: f64) -> bool {
        probability > 0.0 && !self.executor.is_immune() && self.random.chance(probability)
    }
}

impl Host for World {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }
    fn token(&self) -> Token {
        self.random.token()
    }
}
