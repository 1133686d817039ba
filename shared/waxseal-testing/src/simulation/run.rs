//! Runs of a simulation on many seeds.

use std::{
    fmt,
    ops::Range,
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use waxseal::lock::Lock;

use super::shrink::shrink;

/// A system whose random choices a seed decides.
pub trait Simulation: Sync {
    /// One input: a line of a file, an event, a request.
    type Step: Clone + Send;
    /// A view of one run, for checks over all of them.
    type Summary: Send;

    /// The inputs of a seed.
    fn steps(&self, seed: u64) -> Vec<Self::Step>;

    /// Runs the system to its end on these inputs. The texts are the broken invariants, each with
    /// its violation.
    fn run(&self, seed: u64, steps: &[Self::Step]) -> (Self::Summary, Vec<String>);

    /// The way for a person to repeat the run, for example a command.
    fn repeat(&self, seed: u64, steps: &[Self::Step]) -> String;
}

/// The results of many runs.
#[derive(Debug)]
#[non_exhaustive]
pub struct Simulated<S> {
    /// A summary of each run that broke nothing, in no order.
    pub summaries: Vec<S>,
    /// The runs that broke an invariant, by their seeds.
    pub broken: Vec<Broken>,
}

/// A run that broke an invariant, shrunk.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Broken {
    /// Its seed.
    pub seed: u64,
    /// The number of its inputs after shrinking.
    pub steps: usize,
    /// The invariants, each with its violation.
    pub invariants: Vec<String>,
    /// The way for a person to repeat it.
    pub repeat: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, steps, invariants, repeat } = self;
        write!(f, "seed {seed}, {steps} steps: {}\n  repeat it: {repeat}", invariants.join("; "))
    }
}

impl<S> Simulated<S> {
    /// The summaries, where no run broke anything.
    ///
    /// # Panics
    /// Where a run broke an invariant. The text holds every such run with the way to repeat it.
    #[track_caller]
    pub fn unwrap(self) -> Vec<S> {
        let runs = self.summaries.len() + self.broken.len();
        let broken: Vec<String> = self.broken.iter().map(Broken::to_string).collect();
        assert!(broken.is_empty(), "{} of {runs} seeds fail:\n{}", broken.len(), broken.join("\n"));
        self.summaries
    }
}

/// Runs a simulation on every seed, on all cores. Failures are shrunk.
pub fn simulate<S: Simulation>(simulation: &S, seeds: Range<u64>) -> Simulated<S::Summary> {
    let (next, summaries, broken) =
        (AtomicU64::new(seeds.start), Lock::new(Vec::new()), Lock::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        break;
                    }
                    let steps = simulation.steps(seed);
                    let (summary, wrong) = simulation.run(seed, &steps);
                    if wrong.is_empty() {
                        summaries.lock().push(summary);
                    } else {
                        broken.lock().push(explain(simulation, seed, &steps));
                    }
                }
            });
        }
    });
    let (summaries, mut broken): (_, Vec<Broken>) = (summaries.into_inner(), broken.into_inner());
    broken.sort_by_key(|broken| broken.seed);
    Simulated { summaries, broken }
}

fn explain<S: Simulation>(simulation: &S, seed: u64, steps: &[S::Step]) -> Broken {
    let steps = shrink(steps, |steps| !simulation.run(seed, steps).1.is_empty());
    let (_, invariants) = simulation.run(seed, &steps);
    let repeat = simulation.repeat(seed, &steps);
    Broken { seed, steps: steps.len(), invariants, repeat }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails on odd seeds, for two of its steps.
    struct Odd;
    impl Simulation for Odd {
        type Step = u64;
        type Summary = u64;
        fn steps(&self, seed: u64) -> Vec<u64> {
            (seed..seed + 20).collect()
        }
        fn run(&self, seed: u64, steps: &[u64]) -> (u64, Vec<String>) {
            let is_broken = seed % 2 == 1 && steps.contains(&(seed + 3)) && steps.contains(&(seed + 12));
            (seed, is_broken.then(|| "no odd seeds".to_owned()).into_iter().collect())
        }
        fn repeat(&self, seed: u64, steps: &[u64]) -> String {
            format!("run {seed} {steps:?}")
        }
    }

    #[test]
    fn a_broken_run_is_shrunk_and_says_how_to_repeat_it() {
        let simulated = simulate(&Odd, 0..4);
        let texts: Vec<String> = simulated.broken.iter().map(Broken::to_string).collect();
        let expected = [
            "seed 1, 2 steps: no odd seeds\n  repeat it: run 1 [4, 13]",
            "seed 3, 2 steps: no odd seeds\n  repeat it: run 3 [6, 15]",
        ];
        assert_eq!(texts, expected);
        assert_eq!(simulated.summaries.len(), 2);
        assert_eq!(simulate(&Odd, 2..3).unwrap(), [2]);
    }

    #[test]
    #[should_panic(expected = "1 of 1 seeds fail:\nseed 1")]
    fn a_broken_run_fails_its_test() {
        let _ = simulate(&Odd, 1..2).unwrap();
    }
}
