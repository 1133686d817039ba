//! What is printed and what RESULTS.md says: tables, and the ratios that the project promises, from the same numbers.

use std::{collections::BTreeMap, fmt::Write as _};

use bench_work::Workload;

use crate::{
    peer::Peer,
    run::{Cold, Duplicates, Steady},
    stats::Rounds,
};

/// All rounds.
#[derive(Debug, Default)]
pub(crate) struct Results {
    steady: BTreeMap<(Workload, usize, Peer), Vec<Steady>>,
    cold: BTreeMap<Peer, Vec<Cold>>,
    duplicates: BTreeMap<(Workload, Peer), Duplicates>,
}

type Case = (Workload, usize);

impl Results {
    pub(crate) fn steady(&mut self, case: Case, peer: Peer, steady: Steady) {
        self.steady.entry((case.0, case.1, peer)).or_default().push(steady);
    }

    pub(crate) fn cold(&mut self, peer: Peer, cold: Cold) {
        self.cold.entry(peer).or_default().push(cold);
    }

    pub(crate) fn duplicates(&mut self, workload: Workload, peer: Peer, duplicates: Duplicates) {
        self.duplicates.insert((workload, peer), duplicates);
    }

    fn of(&self, (workload, size): Case, peer: Peer, part: fn(&Steady) -> f64) -> Option<Rounds> {
        Some(Rounds(self.steady.get(&(workload, size, peer))?.iter().map(part).collect()))
    }

    fn of_cold(&self, peer: Peer, part: fn(&Cold) -> f64) -> Option<Rounds> {
        Some(Rounds(self.cold.get(&peer)?.iter().map(part).collect()))
    }

    /// Steady state: a row for each workload, batch size and stack.
    pub(crate) fn steady_table(&self) -> Table {
        let mut table = Table::new(&[
            "work",
            "batch",
            "stack",
            "p50 ms",
            "CPU µs / record",
            "requests / record",
            "WCU / record",
            "RCU / record",
            "peak RSS MB",
        ]);
        for case in self.cases() {
            for peer in Peer::ALL {
                let cell = |part: fn(&Steady) -> f64, digits| {
                    self.of(case, peer, part).map(|rounds| spread(&rounds, digits))
                };
                let plain = |part: fn(&Steady) -> f64, digits| {
                    self.of(case, peer, part).map(|rounds| number(rounds.median(), digits))
                };
                let Some(p50) = cell(|steady| steady.p50, 2) else { continue };
                table.row([
                    case.0.label().to_owned(),
                    case.1.to_string(),
                    peer.label().to_owned(),
                    p50,
                    cell(|steady| steady.cpu, 1).unwrap_or_default(),
                    plain(|steady| steady.requests, 3).unwrap_or_default(),
                    plain(|steady| steady.write_units, 2).unwrap_or_default(),
                    plain(|steady| steady.read_units, 2).unwrap_or_default(),
                    plain(|steady| steady.memory, 1).unwrap_or_default(),
                ]);
            }
        }
        table
    }

    /// Starts over TLS.
    pub(crate) fn cold_table(&self) -> Table {
        let mut table = Table::new(&[
            "stack",
            "start → first poll ms",
            "first event → its response ms",
            "start → first response ms",
        ]);
        for peer in self.cold.keys() {
            let cell = |part: fn(&Cold) -> f64| {
                self.of_cold(*peer, part).map(|rounds| spread(&rounds, 1)).unwrap_or_default()
            };
            let (poll, event, response) =
                (cell(|cold| cold.poll), cell(|cold| cold.event), cell(|cold| cold.response));
            table.row([peer.label().to_owned(), poll, event, response]);
        }
        table
    }

    /// What a second delivery costs.
    pub(crate) fn duplicates_table(&self) -> Table {
        let mut table = Table::new(&[
            "work",
            "stack",
            "requests / duplicate, other process",
            "requests / duplicate, same process",
            "write requests, batch of 50 with 5 duplicates",
        ]);
        for ((workload, peer), duplicates) in &self.duplicates {
            table.row([
                workload.label().to_owned(),
                peer.label().to_owned(),
                number(duplicates.cold, 2),
                number(duplicates.warm, 2),
                duplicates.mixed.to_string(),
            ]);
        }
        table
    }

    fn cases(&self) -> Vec<Case> {
        let mut cases: Vec<Case> = self.steady.keys().map(|(workload, size, _)| (*workload, *size)).collect();
        cases.dedup();
        cases
    }

    /// The promises, each with what was measured.
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
        let case = (Workload::Receipt, 10);
        add("without state, 10: p50, Waxseal / bare Rust", AtMost(1.1), ratio(case, own, bare, p50));
        add("without state, 10: CPU, Waxseal / bare Rust", AtMost(1.15), ratio(case, own, bare, cpu));
        add("without state, 10: requests a record", AtMost(1.0), alone(case, requests));
        add("without state, 10: WCU a record", AtMost(1.0), alone(case, |steady| steady.write_units));
        add("without state, 10: p50, TypeScript / Waxseal", AtLeast(4.0), ratio(case, typescript, own, p50));
        add("without state, 10: p50, Python / Waxseal", AtLeast(25.0), ratio(case, python, own, p50));
        add("without state, 10: CPU, TypeScript / Waxseal", AtLeast(12.0), ratio(case, typescript, own, cpu));
        add("without state, 10: CPU, Python / Waxseal", AtLeast(28.0), ratio(case, python, own, cpu));
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
        let duplicates = |workload: Workload, part: fn(&Duplicates) -> f64| {
            self.duplicates.get(&(workload, own)).map(|duplicates| Rounds(vec![part(duplicates)]))
        };
        let (receipt, ledger) = (Workload::Receipt, Workload::Ledger);
        add("a duplicate, cold: requests", AtMost(1.0), duplicates(receipt, |duplicates| duplicates.cold));
        add("a duplicate, warm: requests", AtMost(0.0), duplicates(receipt, |duplicates| duplicates.warm));
        let mixed: fn(&Duplicates) -> f64 =
            |duplicates| f64::from(u32::try_from(duplicates.mixed).unwrap_or(u32::MAX));
        add(
            "with state, 50 of which 5 are duplicates: write requests",
            AtMost(3.0),
            duplicates(ledger, mixed),
        );
        claims
    }
}

/// What a promise says.
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

/// The median, and the least and greatest value where they differ from it as printed.
fn spread(rounds: &Rounds, digits: usize) -> String {
    let (median, (least, greatest)) = (number(rounds.median(), digits), rounds.spread());
    let (least, greatest) = (number(least, digits), number(greatest, digits));
    if least == median && greatest == median { median } else { format!("{median} ({least}–{greatest})") }
}

fn number(value: f64, digits: usize) -> String {
    format!("{value:.digits$}")
}

/// A table of texts, printed as Markdown that is aligned to be read as it is.
#[derive(Debug)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(head: &[&str]) -> Self {
        Self { rows: vec![head.iter().map(|cell| (*cell).to_owned()).collect()] }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let columns = self.rows.first().map_or(0, Vec::len);
        let width = |column: usize| {
            self.rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
        };
        for (index, row) in self.rows.iter().enumerate() {
            let mut line = String::from("|");
            for (column, cell) in row.iter().enumerate() {
                write!(line, " {cell:width$} |", width = width(column))?;
            }
            writeln!(f, "{line}")?;
            if index == 0 {
                let dashes: Vec<String> = (0..columns).map(|column| "-".repeat(width(column) + 2)).collect();
                writeln!(f, "|{}|", dashes.join("|"))?;
            }
        }
        Ok(())
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
    fn targets_are_kept_at_their_edge() {
        assert!(Target::AtMost(0.2).is_met(0.2) && !Target::AtMost(0.2).is_met(0.21));
        assert!(Target::AtLeast(4.0).is_met(4.0) && !Target::AtLeast(4.0).is_met(3.99));
        assert!(!Target::Below(1.0).is_met(1.0));
        assert!(!Target::AtMost(1.0).is_met(f64::NAN) && !Target::AtLeast(1.0).is_met(f64::NAN));
    }

    #[test]
    fn a_table_is_aligned() {
        let mut table = Table::new(&["a", "µs"]);
        table.row(["long".to_owned(), "1".to_owned()]);
        assert_eq!(table.to_string(), "| a    | µs |\n|------|----|\n| long | 1  |\n");
    }
}
