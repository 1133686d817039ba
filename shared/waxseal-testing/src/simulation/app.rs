//! An application on the embedded environment, on many seeds.

use std::{fmt, ops::Range};

use waxseal::Raw;
use waxseal_catalog::App;
use waxseal_local::{Faults, Local};

use super::run::{Simulation, simulate};

/// A condition on an application at the end of a run: a name, and a check that returns the
/// violation.
pub type Invariant<'a> = (&'a str, &'a (dyn Fn(&Local) -> Result<(), String> + Sync));

/// An application under faults: duplicates, reordering, throttling, crashes and lost answers.
pub struct AppSimulation<'a> {
    /// The application, made anew for each run.
    pub app: &'a (dyn Fn() -> App + Sync),
    /// The events and commands of a seed, in the order in which they are published.
    pub messages: &'a (dyn Fn(u64) -> Vec<Raw> + Sync),
    /// The faults.
    pub faults: Faults,
    /// The conditions at the end of each run.
    pub invariants: &'a [Invariant<'a>],
}

impl fmt::Debug for AppSimulation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let invariants: Vec<&str> = self.invariants.iter().map(|(name, _)| *name).collect();
        f.debug_struct("AppSimulation")
            .field("faults", &self.faults)
            .field("invariants", &invariants)
            .finish_non_exhaustive()
    }
}

impl Simulation for AppSimulation<'_> {
    type Step = Raw;
    /// Deliveries, and how many of them were duplicates.
    type Summary = (u64, u64);

    fn steps(&self, seed: u64) -> Vec<Raw> {
        (self.messages)(seed)
    }

    fn run(&self, seed: u64, steps: &[Raw]) -> ((u64, u64), Vec<String>) {
        let local = Local::builder().seed(seed).faults(self.faults.clone()).quiet_dead_letters().build();
        if let Err(error) = local.deploy(&(self.app)()) {
            return ((0, 0), vec![format!("the application is not deployed: {error}")]);
        }
        let mut wrong = Vec::new();
        for message in steps {
            if let Err(error) = local.put(message) {
                wrong.push(format!("{} {} was not published: {error}", message.name, message.id));
            }
        }
        local.run_until_idle();
        for (name, check) in self.invariants {
            if let Err(found) = check(&local) {
                wrong.push(format!("{name}: {found}"));
            }
        }
        ((local.deliveries(), local.duplicates()), wrong)
    }

    fn repeat(&self, seed: u64, steps: &[Raw]) -> String {
        let messages: Vec<String> =
            steps.iter().map(|message| format!("{} {}", message.name, message.id)).collect();
        format!("Local::builder().seed({seed}) with the messages {}", messages.join(", "))
    }
}

/// Runs an application on many seeds of a [bad day](Faults::bad_day), with the messages that
/// `messages` gives for a seed, and fails with the shortest input that breaks an invariant.
///
/// # Panics
/// Where a run breaks an invariant. The text holds every such run, shrunk, with the way to repeat
/// it.
#[track_caller]
pub fn simulate_app(
    app: impl Fn() -> App + Sync,
    seeds: Range<u64>,
    messages: impl Fn(u64) -> Vec<Raw> + Sync,
    invariants: &[Invariant<'_>],
) -> Vec<(u64, u64)> {
    let simulation = AppSimulation { app: &app, messages: &messages, faults: Faults::bad_day(), invariants };
    simulate(&simulation, seeds).unwrap()
}
