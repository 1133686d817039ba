//! Wrong reports of what went wrong and of what happened (L-6, L-7): each breaks one promise, and must fail
//! the statements that it names, and no others.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicU32, Ordering},
};

use waxseal_local::{Faults, Local};

use crate::history::{expected, run, told};

/// The report of an environment, or a wrong one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Report {
    /// The environment's own.
    Embedded,
    /// It expects nothing.
    PassesAlways,
    /// It fails where there is no dead letter.
    FailsAlways,
    /// A dead letter has its code alone.
    WithoutReason,
    /// A dead letter does not say whose it is.
    WithoutHandler,
    /// A panic is a panic.
    WithoutPlace,
    /// A dead letter shows the whole reason, with other people's words.
    WithQuotes,
    /// A history shows payloads.
    WithPayloads,
    /// A unit of work is committed without its emissions.
    WithoutEmissions,
    /// A handler's failure is left out.
    WithoutFailures,
    /// The facts are sorted by their kind.
    OutOfOrder,
    /// It has something of the process, as a clock or an address.
    OfThisRun,
    /// A tree ends after what a message caused itself.
    Shallow,
    /// A dead letter has no tree.
    WithoutLetters,
}

impl Report {
    /// The text of a failed expectation.
    fn expectation(self, local: &Local) -> Option<String> {
        let said = expected(local);
        match self {
            Self::PassesAlways => None,
            Self::FailsAlways => Some(said.unwrap_or_default()),
            Self::WithoutReason => said.map(|text| text.replace(": too heavy", "")),
            Self::WithoutHandler => said.map(|text| text.replace("; handler warehouse/weigh", "")),
            Self::WithoutPlace => {
                said.map(|text| text.replace("shared/waxseal-local/tests/local/history.rs", "a place"))
            }
            Self::WithQuotes => said.map(|text| {
                let letters = local.dead_letters("warehouse").unwrap().peek();
                let reasons = letters.iter().filter_map(|letter| Some(letter.note()?.reason));
                reasons
                    .filter(|reason| !text.contains(&**reason))
                    .fold(text.clone(), |text, more| text + &more)
            }),
            _ => said,
        }
    }

    fn history(self, local: &Local) -> Vec<String> {
        static RUNS: AtomicU32 = AtomicU32::new(0);
        let text = local.history().to_string();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        match self {
            Self::WithPayloads => lines.iter_mut().for_each(|line| line.push_str(" {\"order\":\"light\"}")),
            Self::WithoutEmissions => {
                for line in &mut lines {
                    line.truncate(line.find(", which emitted").unwrap_or(line.len()));
                }
            }
            Self::WithoutFailures => lines.retain(|line| !line.contains(" failed ")),
            Self::OutOfOrder => {
                lines.sort_by_key(|line| line.split_once(' ').map(|(_, fact)| fact.to_owned()))
            }
            Self::OfThisRun => lines.push(RUNS.fetch_add(1, Ordering::Relaxed).to_string()),
            _ => {}
        }
        lines
    }

    fn why(self, local: &Local, id: &str) -> String {
        let tree = local.why(id).to_string();
        match self {
            Self::Shallow => tree.lines().filter(|line| !line.starts_with("│     ")).collect(),
            Self::WithoutLetters
                if local.dead_letters("warehouse").unwrap().peek().iter().any(|it| it.id == id) =>
            {
                format!("nothing is known of the id {id}")
            }
            _ => tree,
        }
    }
}

fn passes(report: Report) -> bool {
    report.expectation(&told(&["light"])).is_none()
}

fn lists(report: Report) -> bool {
    let text = report.expectation(&told(&["heavy", "light"])).unwrap_or_default();
    let parts =
        ["1 dead letter", "warehouse-dlq", "WX0006", "too heavy", "warehouse/weigh", "order.placed heavy"];
    parts.iter().all(|part| text.contains(part))
}

fn places(report: Report) -> bool {
    let text = report.expectation(&told(&["odd"])).unwrap_or_default();
    text.contains("panicked at shared/waxseal-local/tests/local/history.rs:")
}

fn keeps_to_itself(report: Report) -> bool {
    let local = told(&["rude", "odd"]);
    let mut shown = report.history(&local);
    shown.extend(report.expectation(&local));
    shown.push(report.why(&local, "rude"));
    shown.iter().all(|text| !["Ada", "no scale for odd", "\"order\""].iter().any(|word| text.contains(word)))
}

fn tells_all(report: Report) -> bool {
    let lines = report.history(&told(&["light", "heavy"]));
    let count = |words: &str| lines.iter().filter(|line| line.contains(words)).count();
    // Two orders and two commands. Of the heavy order one of both handlers has committed.
    let records = (count(" delivered record "), count(" handled record "), count(" dead letter in "));
    let units = (count(" committed "), count(", which emitted parcel.packed "), count(" failed "));
    records == (4, 4, 1) && units == (5, 2, 1) && count(" published ") == 6
}

fn tells_in_order(report: Report) -> bool {
    let lines = report.history(&told(&["light"]));
    let at = |words: &str| lines.iter().position(|line| line.contains(words));
    let ways = [
        at(" published order.placed "),
        at(" delivered record "),
        at(" committed order.placed "),
        at(" published collect-parcel "),
        at(" committed collect-parcel "),
    ];
    ways.iter().all(Option::is_some) && ways.is_sorted()
}

fn repeats(report: Report) -> bool {
    let history = |seed| {
        let builder =
            Local::builder().seed(seed).faults(Faults::bad_day()).keep_history().quiet_dead_letters();
        report.history(&run(builder, &["light", "heavy", "odd"]))
    };
    history(7) == history(7) && history(7) != history(8)
}

fn shows_causes(report: Report) -> bool {
    let local = told(&["heavy"]);
    let letter = local.dead_letters("warehouse").unwrap().peek().remove(0);
    let tree = report.why(&local, "heavy");
    let parts =
        ["▶ order.placed heavy", "warehouse/pack applied", "courier/pick-up applied", "dead letter in"];
    parts.iter().all(|part| tree.contains(part)) && report.why(&local, &letter.id) == tree
}

type Statement = (&'static str, fn(Report) -> bool);
const STATEMENTS: [Statement; 8] = [
    ("passes", passes),
    ("lists", lists),
    ("places", places),
    ("keeps to itself", keeps_to_itself),
    ("tells all", tells_all),
    ("tells in order", tells_in_order),
    ("repeats", repeats),
    ("shows causes", shows_causes),
];

fn failing(report: Report) -> BTreeSet<&'static str> {
    STATEMENTS.iter().filter(|(_, holds)| !holds(report)).map(|(name, _)| *name).collect()
}

#[test]
fn l6_l7_the_environment_keeps_what_each_wrong_report_breaks() {
    assert_eq!(failing(Report::Embedded), BTreeSet::new());
}

#[test]
fn l6_an_expectation_that_passes_or_fails_always_fails() {
    assert_eq!(failing(Report::PassesAlways), BTreeSet::from(["lists", "places"]));
    assert_eq!(failing(Report::FailsAlways), BTreeSet::from(["passes"]));
}

#[test]
fn l6_a_dead_letter_without_reason_handler_or_place_fails() {
    for wrong in [Report::WithoutReason, Report::WithoutHandler] {
        assert_eq!(failing(wrong), BTreeSet::from(["lists"]), "{wrong:?}");
    }
    assert_eq!(failing(Report::WithoutPlace), BTreeSet::from(["places"]));
}

#[test]
fn l6_l7_a_report_with_the_words_or_the_data_of_others_fails() {
    for wrong in [Report::WithQuotes, Report::WithPayloads] {
        assert_eq!(failing(wrong), BTreeSet::from(["keeps to itself"]), "{wrong:?}");
    }
}

#[test]
fn l7_a_history_that_leaves_facts_out_or_shuffles_them_fails() {
    for wrong in [Report::WithoutEmissions, Report::WithoutFailures] {
        assert_eq!(failing(wrong), BTreeSet::from(["tells all"]), "{wrong:?}");
    }
    assert_eq!(failing(Report::OutOfOrder), BTreeSet::from(["tells in order"]));
}

#[test]
fn l7_a_history_of_one_run_alone_fails() {
    assert_eq!(failing(Report::OfThisRun), BTreeSet::from(["repeats"]));
}

#[test]
fn l7_a_tree_that_ends_early_or_knows_no_dead_letter_fails() {
    for wrong in [Report::Shallow, Report::WithoutLetters] {
        assert_eq!(failing(wrong), BTreeSet::from(["shows causes"]), "{wrong:?}");
    }
}
