//! The table, and its verdict.

use serde_json::{Value, json};

use crate::{
    environments::{Environment, Environments},
    libtest::Outcome,
    results::Run,
    statements::{Statement, carried},
};

/// The width at which a title is cut.
const WIDTH: usize = 56;

/// The result of a test that carries an id.
#[derive(Debug, Clone)]
struct Proof {
    test: String,
    package: String,
    target: String,
    environment: usize,
    outcome: Outcome,
}

#[derive(Debug)]
struct Row {
    statement: Statement,
    proofs: Vec<Proof>,
}

impl Row {
    fn count(&self, environment: usize, is: fn(&Outcome) -> bool) -> usize {
        self.proofs.iter().filter(|proof| proof.environment == environment && is(&proof.outcome)).count()
    }

    fn is_proven(&self) -> bool {
        self.proofs.iter().any(|proof| proof.outcome == Outcome::Passed)
    }

    /// `-`, `3`, or `3, 1 FAILED`.
    fn cell(&self, environment: usize) -> String {
        let passed = self.count(environment, |outcome| *outcome == Outcome::Passed);
        match self.count(environment, |outcome| *outcome == Outcome::Failed) {
            0 if passed == 0 => "-".to_owned(),
            0 => passed.to_string(),
            failed => format!("{passed}, {failed} FAILED"),
        }
    }
}

/// The table of statements by environments.
#[derive(Debug)]
pub(crate) struct Table {
    environments: Vec<Environment>,
    rows: Vec<Row>,
    problems: Vec<String>,
    notes: Vec<String>,
}

impl Table {
    /// The proofs of the statements in the runs.
    pub(crate) fn new(statements: Vec<Statement>, environments: &Environments, runs: &[Run]) -> Self {
        let (mut problems, mut notes) = (Vec::new(), Vec::new());
        let mut rows: Vec<Row> = statements
            .iter()
            .map(|statement| Row { statement: statement.clone(), proofs: Vec::new() })
            .collect();
        for run in runs {
            let environment = environments.of(&run.package, &run.target);
            let of = format!("{} {}", run.package, run.target);
            problems.extend(run.problem.iter().map(|problem| format!("{of}: {problem}")));
            for tested in &run.tested {
                for key in carried(&tested.name, &statements) {
                    let Some(row) = rows.iter_mut().find(|row| row.statement.key() == key) else {
                        problems.push(format!(
                            "{of}: {} carries {key}, which CONTRACT.md does not have",
                            tested.name
                        ));
                        continue;
                    };
                    if let Outcome::Ignored(reason) = &tested.outcome {
                        let place = &environments.list[environment].name;
                        notes.push(format!(
                            "{} is not proven on {place} by {}: {reason}",
                            row.statement.id, tested.name
                        ));
                    }
                    row.proofs.push(Proof {
                        test: tested.name.clone(),
                        package: run.package.clone(),
                        target: run.target.clone(),
                        environment,
                        outcome: tested.outcome.clone(),
                    });
                }
            }
        }
        for (place, environment) in environments.list.iter().enumerate() {
            let has_any = rows.iter().flat_map(|row| &row.proofs).any(|proof| proof.environment == place);
            if environment.is_wanted && !has_any {
                problems.push(format!("{}: no result of any test; were its tests run?", environment.name));
            }
        }
        let unproven = rows.iter().filter(|row| !row.statement.promised && !row.is_proven());
        problems.extend(unproven.map(|row| format!("{}: no test that passed carries it", row.statement.id)));
        Self { environments: environments.list.clone(), rows, problems, notes }
    }

    /// Whether every statement that needs one has a test that passed, and nothing else is wrong.
    pub(crate) fn holds(&self) -> bool {
        self.problems.is_empty()
    }

    /// The table as text.
    pub(crate) fn text(&self) -> String {
        let (promised, asked): (Vec<&Row>, Vec<&Row>) =
            self.rows.iter().partition(|row| row.statement.promised);
        let mut lines: Vec<String> = Vec::new();
        let head = self.environments.iter().map(|environment| environment.name.clone()).collect();
        lines.push(self.line("", "the tests that passed, by where they ran", head));
        lines.extend(asked.iter().map(|row| self.row(row)));
        let begun: Vec<String> =
            promised.iter().filter(|row| !row.proofs.is_empty()).map(|row| self.row(row)).collect();
        if !begun.is_empty() {
            lines.extend([String::new(), "promised, and not asked for yet; what exists of it:".to_owned()]);
            lines.extend(begun);
        }
        lines.push(String::new());
        let width = self.environments.iter().map(|environment| environment.name.len()).max().unwrap_or(0);
        let what = |environment: &Environment| {
            let left_out = if environment.is_wanted { "" } else { " (left out)" };
            format!("{:<width$}  {}{left_out}", environment.name, environment.what)
        };
        lines.extend(self.environments.iter().map(what));
        for (title, list) in [("not proven there:", &self.notes), ("problems:", &self.problems)] {
            if !list.is_empty() {
                lines.extend([String::new(), title.to_owned()]);
                lines.extend(list.iter().map(|line| format!("  {line}")));
            }
        }
        let proven = asked.iter().filter(|row| row.is_proven()).count();
        let outcome = if self.holds() { "the contract holds" } else { "the contract does NOT hold" };
        lines.push(format!("\n{outcome}: {proven} of {} statements have tests that passed\n", asked.len()));
        lines.join("\n")
    }

    fn row(&self, row: &Row) -> String {
        let cells = (0..self.environments.len()).map(|place| row.cell(place)).collect();
        self.line(&row.statement.id, &row.statement.title, cells)
    }

    /// A line of the table. Each column is as wide as its widest cell.
    fn line(&self, id: &str, title: &str, cells: Vec<String>) -> String {
        let mut line = format!("{id:<5} {:<WIDTH$}", cut(title));
        for (place, cell) in cells.iter().enumerate() {
            let widest = self.rows.iter().map(|row| row.cell(place).len()).max().unwrap_or(0);
            let width = widest.max(self.environments[place].name.len());
            line.push_str(&format!("  {cell:>width$}"));
        }
        line.trim_end().to_owned()
    }

    /// The table as JSON.
    pub(crate) fn json(&self) -> Value {
        let outcome = |outcome: &Outcome| match outcome {
            Outcome::Passed => json!("passed"),
            Outcome::Failed => json!("failed"),
            Outcome::Ignored(reason) => json!({ "ignored": reason }),
        };
        let proof = |proof: &Proof| {
            json!({
                "test": proof.test, "package": proof.package, "target": proof.target,
                "environment": self.environments[proof.environment].name, "outcome": outcome(&proof.outcome),
            })
        };
        let row = |row: &Row| {
            json!({
                "id": row.statement.id, "title": row.statement.title, "promised": row.statement.promised,
                "tests": row.proofs.iter().map(proof).collect::<Vec<_>>(),
            })
        };
        json!({
            "holds": self.holds(), "problems": self.problems,
            "environments": self.environments.iter()
                .map(|environment| json!({"name": environment.name, "what": environment.what, "wanted": environment.is_wanted}))
                .collect::<Vec<_>>(),
            "statements": self.rows.iter().map(row).collect::<Vec<_>>(),
        })
    }
}

fn cut(title: &str) -> String {
    match title.char_indices().nth(WIDTH - 1) {
        Some((end, _)) if title.chars().count() > WIDTH => format!("{}…", &title[..end]),
        _ => title.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a test's verdict")]

    use super::*;
    use crate::{libtest::Tested, statements};

    const CONTRACT: &str = "\
## A
- **S-1** **All succeed → exactly `OK`**; never `null`.
- **S-12** **Zombie commit**: A's lease expires.
## H. Streams (promised)
- **E-1** **Two writers** at the same version.
";

    fn environments() -> Environments {
        let manifest = json!({
            "metadata": {"contract": {"environments": [
                {"name": "plain", "what": "functions"}, {"name": "wire", "what": "DynamoDB's protocol"},
            ]}},
            "packages": [{
                "name": "aws", "metadata": {"contract": {"tests": "wire"}},
                "targets": [{"name": "contract", "kind": ["test"]}],
            }],
        });
        Environments::read(&manifest).unwrap()
    }

    fn run(package: &str, tests: &[(&str, Outcome)]) -> Run {
        let tested =
            tests.iter().map(|(name, outcome)| Tested { name: (*name).to_owned(), outcome: outcome.clone() });
        Run {
            package: package.to_owned(),
            target: "contract".to_owned(),
            tested: tested.collect(),
            problem: None,
        }
    }

    fn table(runs: &[Run]) -> Table {
        Table::new(statements::read(CONTRACT).unwrap(), &environments(), runs)
    }

    fn sound() -> Vec<Run> {
        vec![
            run(
                "core",
                &[
                    ("s1_s12_both", Outcome::Passed),
                    ("s12_again", Outcome::Passed),
                    ("e1_one_wins", Outcome::Passed),
                ],
            ),
            run("aws", &[("m::s12_on_the_wire", Outcome::Passed), ("not_a_statement", Outcome::Passed)]),
        ]
    }

    #[test]
    fn it_holds_where_every_statement_has_a_test_that_passed() {
        let table = table(&sound());
        assert!(table.holds(), "{:?}", table.problems);
        let lines: Vec<String> =
            table.text().lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(
            lines,
            [
                "the tests that passed, by where they ran plain wire",
                "S-1 All succeed → exactly OK 1 -",
                "S-12 Zombie commit 2 1",
                "",
                "promised, and not asked for yet; what exists of it:",
                "E-1 Two writers 1 -",
                "",
                "plain functions",
                "wire DynamoDB's protocol",
                "",
                "the contract holds: 2 of 2 statements have tests that passed",
            ]
        );
        let json = table.json();
        assert_eq!(json["holds"], true);
        let on_the_wire = json!({
            "test": "m::s12_on_the_wire", "package": "aws", "target": "contract", "environment": "wire", "outcome": "passed",
        });
        assert_eq!(json["statements"][1]["tests"][2], on_the_wire);
    }

    #[test]
    fn the_columns_stand_below_each_other() {
        let text = table(&sound()).text();
        let ends: Vec<usize> = text.lines().take(3).map(|line| line.chars().count()).collect();
        assert!(ends.iter().all(|end| *end == ends[0]), "{text}");
    }

    #[test]
    fn each_gap_is_named() {
        let without = |mut runs: Vec<Run>, change: fn(&mut Vec<Run>)| {
            change(&mut runs);
            let table = table(&runs);
            assert!(!table.holds() && table.text().contains("the contract does NOT hold"));
            table.problems
        };
        let none = |runs: &mut Vec<Run>| runs.clear();
        assert_eq!(
            without(sound(), none),
            [
                "plain: no result of any test; were its tests run?",
                "wire: no result of any test; were its tests run?",
                "S-1: no test that passed carries it",
                "S-12: no test that passed carries it",
            ]
        );
        let ignored = |runs: &mut Vec<Run>| {
            runs[0].tested[0].outcome = Outcome::Ignored("not on Tuesdays".to_owned());
        };
        assert_eq!(without(sound(), ignored), ["S-1: no test that passed carries it"]);
        let strange = |runs: &mut Vec<Run>| runs[1].tested[1].name = "s99_nobody_promised".to_owned();
        assert_eq!(
            without(sound(), strange),
            ["aws contract: s99_nobody_promised carries s99, which CONTRACT.md does not have"]
        );
        let failed = |runs: &mut Vec<Run>| {
            runs[1].tested[0].outcome = Outcome::Failed;
            runs[1].problem = Some("failed: m::s12_on_the_wire".to_owned());
        };
        assert_eq!(without(sound(), failed), ["aws contract: failed: m::s12_on_the_wire"]);
    }

    #[test]
    fn an_environment_that_is_left_out_need_not_have_results() {
        let environments = environments().without(&["wire"]).unwrap();
        let table = Table::new(statements::read(CONTRACT).unwrap(), &environments, &sound()[..1]);
        assert!(table.holds(), "{:?}", table.problems);
        assert!(table.text().contains("DynamoDB's protocol (left out)"), "{}", table.text());
    }

    #[test]
    fn what_is_not_proven_somewhere_says_why() {
        let mut runs = sound();
        runs[1].tested.push(Tested {
            name: "s1_all".to_owned(),
            outcome: Outcome::Ignored("LocalStack splits FIFO batches".to_owned()),
        });
        let table = table(&runs);
        assert!(table.holds());
        let text = table.text();
        assert!(
            text.contains("  S-1 is not proven on wire by s1_all: LocalStack splits FIFO batches"),
            "{text}"
        );
    }
}
