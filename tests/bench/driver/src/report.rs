//! The printed report and that of RESULTS.md: tables of measurements.

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

/// A workload and its batch size.
pub(crate) type Case = (Workload, usize);

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

    pub(crate) fn of(&self, (workload, size): Case, peer: Peer, part: fn(&Steady) -> f64) -> Option<Rounds> {
        Some(Rounds(self.steady.get(&(workload, size, peer))?.iter().map(part).collect()))
    }

    pub(crate) fn of_cold(&self, peer: Peer, part: fn(&Cold) -> f64) -> Option<Rounds> {
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

    /// The price of a second delivery.
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

    pub(crate) fn duplicate(&self, workload: Workload, part: fn(&Duplicates) -> f64) -> Option<Rounds> {
        self.duplicates.get(&(workload, Peer::Waxseal)).map(|duplicates| Rounds(vec![part(duplicates)]))
    }

    fn cases(&self) -> Vec<Case> {
        let mut cases: Vec<Case> = self.steady.keys().map(|(workload, size, _)| (*workload, *size)).collect();
        cases.dedup();
        cases
    }
}

/// The median, and the least and greatest value where they differ from it as printed.
pub(crate) fn spread(rounds: &Rounds, digits: usize) -> String {
    let (median, (least, greatest)) = (number(rounds.median(), digits), rounds.spread());
    let (least, greatest) = (number(least, digits), number(greatest, digits));
    if least == median && greatest == median { median } else { format!("{median} ({least}–{greatest})") }
}

fn number(value: f64, digits: usize) -> String {
    format!("{value:.digits$}")
}

/// A table of texts. It prints as aligned Markdown, which is readable as it is.
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

    #[test]
    fn a_table_is_aligned() {
        let mut table = Table::new(&["a", "µs"]);
        table.row(["long".to_owned(), "1".to_owned()]);
        assert_eq!(table.to_string(), "| a    | µs |\n|------|----|\n| long | 1  |\n");
    }
}
