//! The ratios that the project promises, each with its measurement.

use bench_work::Workload;

use crate::{
    peer::Peer,
    report::{Case, Results, Table, spread},
    run::{Cold, Duplicates, Steady},
    stats::Rounds,
};

impl Results {
    /// The promises, each with its measurement.
    pub(crate) fn promises(&self) -> Table {
        let mut table = Table::new(&["promise", "target", "measured", "met"]);
        for (text, target, rounds) in self.claims() {
            let Some(rounds) = rounds else { continue };
            let median = rounds.median();
            table.row([
                text,
                target.to_string(),
                spread(&rounds, 2),
                if target.is_met(median) { "yes" } else { "no" }.to_owned(),
            ]);
        }
        table
    }

    fn claims(&self) -> Vec<(String, Target, Option<Rounds>)> {
        use Target::{AtLeast, AtMost, Below};
        let ratio = |case: Case, above: Peer, below: Peer, part: fn(&Steady) -> f64| {
            Some(self.of(case, above, part)?.ratio(&self.of(case, below, part)?))
        };
        let alone = |case: Case, part: fn(&Steady) -> f64| self.of(case, Peer::Waxseal, part);
        let start = |above: Peer, below: Peer, part: fn(&Cold) -> f64| {
            Some(self.of_cold(above, part)?.ratio(&self.of_cold(below, part)?))
        };
        let p50: fn(&Steady) -> f64 = |steady| steady.p50;
        let cpu: fn(&Steady) -> f64 = |steady| steady.cpu;
        let requests: fn(&Steady) -> f64 = |steady| steady.requests;
        let (bare, own, python, typescript) = (Peer::Bare, Peer::Waxseal, Peer::Python, Peer::TypeScript);

        let mut claims = Vec::new();
        let mut add = |text: &str, target, rounds| claims.push((text.to_owned(), target, rounds));
        // The targets against Powertools were measured at the second workload, in which each event
        // makes one small change.
        for (case, name) in
            [((Workload::Receipt, 10), "without state, 10"), ((Workload::Emit, 10), "emitting, 10")]
        {
            let mut add = |text: &str, target, rounds| add(&format!("{name}: {text}"), target, rounds);
            add("p50, Waxseal / bare Rust", AtMost(1.1), ratio(case, own, bare, p50));
            add("CPU, Waxseal / bare Rust", AtMost(1.15), ratio(case, own, bare, cpu));
            add("requests a record", AtMost(1.0), alone(case, requests));
            add("WCU a record", AtMost(1.0), alone(case, |steady| steady.write_units));
            add("p50, TypeScript / Waxseal", AtLeast(4.0), ratio(case, typescript, own, p50));
            add("p50, Python / Waxseal", AtLeast(25.0), ratio(case, python, own, p50));
            add("CPU, TypeScript / Waxseal", AtLeast(12.0), ratio(case, typescript, own, cpu));
            add("CPU, Python / Waxseal", AtLeast(28.0), ratio(case, python, own, cpu));
        }
        let case = (Workload::Ledger, 10);
        add("with state, 10: requests a record", AtMost(0.2), alone(case, requests));
        add("with state, 10: p50, Waxseal / bare Rust", AtMost(1.15), ratio(case, own, bare, p50));
        add("with state, 10: CPU, Waxseal / bare Rust", AtMost(1.15), ratio(case, own, bare, cpu));
        add("with state, 10: p50, TypeScript / Waxseal", AtLeast(1.6), ratio(case, typescript, own, p50));
        add("with state, 10: p50, Python / Waxseal", AtLeast(11.0), ratio(case, python, own, p50));
        add("with state, 10: CPU, TypeScript / Waxseal", AtLeast(20.0), ratio(case, typescript, own, cpu));
        add("with state, 10: CPU, Python / Waxseal", AtLeast(45.0), ratio(case, python, own, cpu));
        let memory = ratio(case, own, python, |steady| steady.memory);
        let case = (Workload::Ledger, 100);
        add("with state, 100: requests a record", AtMost(0.06), alone(case, requests));
        add("with state, 100: CPU, Waxseal / bare Rust", AtMost(1.25), ratio(case, own, bare, cpu));
        add("memory, Waxseal / Python", AtMost(0.2), memory);
        let response: fn(&Cold) -> f64 = |cold| cold.response;
        add("first response over TLS, TypeScript / Waxseal", AtLeast(8.0), start(typescript, own, response));
        add("first response over TLS, Python / Waxseal", AtLeast(20.0), start(python, own, response));
        add("first response over TLS, Waxseal / bare Rust", AtMost(1.1), start(own, bare, response));
        add("first event over TLS, Waxseal / bare Rust", Below(1.0), start(own, bare, |cold| cold.event));
        let (receipt, ledger) = (Workload::Receipt, Workload::Ledger);
        add(
            "a duplicate, cold: requests",
            AtMost(1.0),
            self.duplicate(receipt, |duplicates| duplicates.cold),
        );
        add(
            "a duplicate, warm: requests",
            AtMost(0.0),
            self.duplicate(receipt, |duplicates| duplicates.warm),
        );
        let mixed: fn(&Duplicates) -> f64 =
            |duplicates| f64::from(u32::try_from(duplicates.mixed).unwrap_or(u32::MAX));
        add(
            "with state, 50 of which 5 are duplicates: write requests",
            AtMost(3.0),
            self.duplicate(ledger, mixed),
        );
        claims
    }
}

/// The target of a promise.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Target {
    AtMost(f64),
    AtLeast(f64),
    Below(f64),
}

impl Target {
    fn is_met(self, value: f64) -> bool {
        match self {
            Self::AtMost(target) => value <= target,
            Self::AtLeast(target) => value >= target,
            Self::Below(target) => value < target,
        }
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AtMost(target) => write!(f, "≤ {target}"),
            Self::AtLeast(target) => write!(f, "≥ {target}"),
            Self::Below(target) => write!(f, "< {target}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steady(p50: f64, cpu: f64) -> Steady {
        Steady { p50, cpu, requests: 1.0, write_units: 1.0, read_units: 0.0, memory: 8.0 }
    }

    #[test]
    fn a_promise_is_met_by_the_median_of_the_rounds_ratios() {
        let mut results = Results::default();
        let case = (Workload::Receipt, 10);
        for (bare, own) in [(5.0, 5.0), (5.0, 5.4), (5.0, 9.0)] {
            results.steady(case, Peer::Bare, steady(bare, 100.0));
            results.steady(case, Peer::Waxseal, steady(own, 120.0));
        }
        let promises = results.promises().to_string();
        let line = |start: &str| {
            let line = promises.lines().find(|line| line.contains(start)).unwrap();
            line.split('|').map(str::trim).filter(|cell| !cell.is_empty()).collect::<Vec<_>>().join(" | ")
        };
        assert_eq!(
            line("p50, Waxseal / bare"),
            "without state, 10: p50, Waxseal / bare Rust | ≤ 1.1 | 1.08 (1.00–1.80) | yes"
        );
        assert_eq!(
            line("CPU, Waxseal / bare"),
            "without state, 10: CPU, Waxseal / bare Rust | ≤ 1.15 | 1.20 | no"
        );
        assert!(!promises.contains("Python"), "what was not measured is not claimed");
    }

    #[test]
    fn emitting_is_judged_as_work_without_state_is_and_both_are_shown() {
        let mut results = Results::default();
        for (workload, requests, python) in [(Workload::Receipt, 2.0, 100.0), (Workload::Emit, 3.0, 150.0)] {
            results.steady((workload, 10), Peer::Python, Steady { requests, ..steady(python, 4000.0) });
            results.steady((workload, 10), Peer::Waxseal, steady(5.0, 100.0));
        }
        let promises = results.promises().to_string();
        let line = |start: &str| promises.lines().find(|line| line.contains(start)).unwrap();
        assert!(line("without state, 10: p50, Python / Waxseal").contains("20.00"));
        assert!(line("without state, 10: p50, Python / Waxseal").contains("no"));
        assert!(line("emitting, 10: p50, Python / Waxseal").contains("30.00"));
        assert!(line("emitting, 10: p50, Python / Waxseal").contains("yes"));
        assert!(line("emitting, 10: WCU a record").contains("yes"));
        assert!(
            results.steady_table().to_string().contains("| emitting      | 10    | Powertools for Python |")
        );
    }

    #[test]
    fn targets_are_kept_at_their_edge() {
        assert!(Target::AtMost(0.2).is_met(0.2) && !Target::AtMost(0.2).is_met(0.21));
        assert!(Target::AtLeast(4.0).is_met(4.0) && !Target::AtLeast(4.0).is_met(3.99));
        assert!(!Target::Below(1.0).is_met(1.0));
        assert!(!Target::AtMost(1.0).is_met(f64::NAN) && !Target::AtLeast(1.0).is_met(f64::NAN));
    }
}
