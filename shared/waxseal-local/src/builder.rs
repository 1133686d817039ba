//! The setup of an embedded environment.

use waxseal::Timestamp;
use waxseal_ledger::Memory;

use crate::{
    clock::Clock, faults::Faults, history::Recorder, local::Local, panics, random::Random, report::Report,
    world::World,
};

/// Sets up a [`Local`].
#[derive(Debug, Clone)]
#[must_use = "nothing is built until `build`"]
pub struct Builder {
    seed: u64,
    faults: Faults,
    report: Report,
    start: Option<Timestamp>,
    keeps_history: bool,
    ledger: Option<Memory>,
}

impl Default for Builder {
    fn default() -> Self {
        // 2026-01-01T00:00:00Z: any fixed start makes runs repeatable.
        let start = Timestamp::from_second(1_767_225_600).ok();
        let report = Report { is_on: true };
        Self { seed: 0, faults: Faults::none(), report, start, keeps_history: false, ledger: None }
    }
}

impl Builder {
    /// The seed of all randomness: 0 unless set.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The injected faults: none unless set.
    pub fn faults(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self
    }

    /// The start of virtual time: the beginning of 2026 unless set.
    pub fn starting_at(mut self, start: Timestamp) -> Self {
        self.start = Some(start);
        self
    }

    /// The machine's clock instead of a virtual one, to serve requests from outside.
    pub fn real_time(mut self) -> Self {
        self.start = None;
        self
    }

    /// Reports no dead letters. Otherwise each one is a line on standard error, with its queue, its
    /// record and its reason. `cargo test` shows the lines of a failing test.
    pub fn quiet_dead_letters(mut self) -> Self {
        self.report.is_on = false;
        self
    }

    /// Keeps what happens, for [`Local::history`] and [`Local::why`]. It takes memory for each
    /// delivery, so long simulations leave it out.
    pub fn keep_history(mut self) -> Self {
        self.keeps_history = true;
        self
    }

    /// Gives each service a ledger: a function that reads its table's stream beside the relay, and
    /// keeps every write in memory, for [`Local::ledger`].
    pub fn keep_ledger(mut self) -> Self {
        self.ledger = Some(Memory::default());
        self
    }

    /// The environment, with nothing deployed.
    #[must_use]
    pub fn build(self) -> Local {
        let clock = self.start.map_or_else(Clock::real, Clock::starting_at);
        panics::keep_places();
        let mut world = World::new(clock, Random::new(self.seed), self.faults, self.report);
        if self.keeps_history {
            world.recorder = Recorder::on();
        }
        world.ledger = self.ledger;
        Local::new(world)
    }
}

impl Local {
    /// Begins an environment's setup.
    pub fn builder() -> Builder {
        Builder::default()
    }
}
