//! Reads libtest's output as results. Its summary is the check: a result that is not understood is
//! an error, and never one test less.

/// The outcome of one test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed,
    Failed,
    /// Ignored, with the reason of `#[ignore = "…"]`.
    Ignored(String),
}

/// One test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tested {
    /// The name with its modules.
    pub(crate) name: String,
    pub(crate) outcome: Outcome,
}

/// The results in a test binary's standard output.
pub(crate) fn read(output: &str) -> Result<Vec<Tested>, String> {
    let (mut all, mut run) = (Vec::new(), None::<Run>);
    for line in output.lines() {
        match &mut run {
            None if is_beginning(line) => run = Some(Run::default()),
            None => {}
            Some(open) => {
                if let Some(summary) = line.strip_prefix("test result: ") {
                    open.settle()?;
                    open.check(summary)?;
                    all.append(&mut open.tested);
                    run = None;
                } else {
                    open.line(line)?;
                }
            }
        }
    }
    match run {
        Some(_) => Err("its tests began and their summary never came".to_owned()),
        None => Ok(all),
    }
}

fn is_beginning(line: &str) -> bool {
    let words: Vec<&str> = line.split(' ').collect();
    matches!(words[..], ["running", count, "test" | "tests"] if count.parse::<usize>().is_ok())
}

/// The run of one harness, from "running 3 tests" to its summary.
#[derive(Default)]
struct Run {
    tested: Vec<Tested>,
    /// A test that began, and the last line since then. With one thread and `--nocapture` the
    /// test's own output stands between its name and its outcome.
    open: Option<(String, String)>,
    /// Whether the output of failed tests follows, which holds no results.
    is_reporting: bool,
}

impl Run {
    fn line(&mut self, line: &str) -> Result<(), String> {
        if self.is_reporting {
            return Ok(());
        }
        if line == "failures:" || line == "successes:" {
            self.settle()?;
            self.is_reporting = true;
        } else if let Some((name, rest)) =
            line.strip_prefix("test ").and_then(|test| test.split_once(" ... "))
        {
            self.settle()?;
            let name = name.strip_suffix(" - should panic").unwrap_or(name).to_owned();
            match outcome(rest) {
                Some(outcome) => self.tested.push(Tested { name, outcome }),
                None => self.open = Some((name, rest.to_owned())),
            }
        } else if let Some((_, last)) = self.open.as_mut().filter(|_| !line.is_empty()) {
            last.clear();
            last.push_str(line);
        }
        Ok(())
    }

    /// Reads the open test's outcome from the last line before the next test's: it follows the
    /// test's own output.
    fn settle(&mut self) -> Result<(), String> {
        let Some((name, last)) = self.open.take() else { return Ok(()) };
        let outcome = match last {
            _ if last.ends_with("ok") => Outcome::Passed,
            _ if last.ends_with("FAILED") => Outcome::Failed,
            _ => return Err(format!("no outcome of {name}: its last line is {last:?}")),
        };
        self.tested.push(Tested { name, outcome });
        Ok(())
    }

    /// Compares the results with a summary such as `ok. 3 passed; 0 failed; 1 ignored; 0 measured;
    /// 0 filtered out; finished in 0.01s`.
    fn check(&self, summary: &str) -> Result<(), String> {
        let counted = |what: &str| {
            let mut parts = summary.split(['.', ';']).map(str::trim);
            parts.find_map(|part| part.strip_suffix(what)?.trim().parse::<usize>().ok())
        };
        let read =
            |is: fn(&Outcome) -> bool| Some(self.tested.iter().filter(|test| is(&test.outcome)).count());
        let agree = counted("passed") == read(|outcome| matches!(outcome, Outcome::Passed))
            && counted("failed") == read(|outcome| matches!(outcome, Outcome::Failed))
            && counted("ignored") == read(|outcome| matches!(outcome, Outcome::Ignored(_)));
        if agree { Ok(()) } else { Err(format!("read otherwise than libtest counts: {summary}")) }
    }
}

fn outcome(text: &str) -> Option<Outcome> {
    match text {
        "ok" => Some(Outcome::Passed),
        "FAILED" => Some(Outcome::Failed),
        "ignored" => Some(Outcome::Ignored("no reason given".to_owned())),
        _ => text.strip_prefix("ignored, ").map(|reason| Outcome::Ignored(reason.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a test's verdict")]

    use super::*;

    /// Outputs of libtest of Rust 1.95, of the same eight tests or of documentation.
    macro_rules! captured {
        ($name:literal) => {
            read(include_str!(concat!("../tests/captured/", $name, ".txt")))
        };
    }

    fn names(tested: &[Tested], outcome: &Outcome) -> Vec<String> {
        let mut names: Vec<String> =
            tested.iter().filter(|test| test.outcome == *outcome).map(|test| test.name.clone()).collect();
        names.sort();
        names
    }

    const ALL_THAT_PASS: [&str; 6] = [
        "an_order_is_kept",
        "memory::s1_all_succeed",
        "memory::s6_a_panic_is_caught",
        "o2_prints_and_ends_without_a_line",
        "s2_dies",
        "s36_s37_every_wrapping",
    ];

    fn ignored(tested: &[Tested]) -> Vec<(&str, &str)> {
        let reason = |test: &'_ Tested| match &test.outcome {
            Outcome::Ignored(reason) => Some(reason.clone().leak() as &str),
            Outcome::Passed | Outcome::Failed => None,
        };
        tested.iter().filter_map(|test| Some((&*test.name, reason(test)?))).collect()
    }

    #[test]
    fn names_with_modules_panics_that_should_be_and_reasons_to_ignore_are_read() {
        let tested = captured!("passed").unwrap();
        assert_eq!(names(&tested, &Outcome::Passed), ALL_THAT_PASS);
        assert_eq!(
            ignored(&tested),
            [
                ("memory::s29_a_failure_holds_back_its_group", "LocalStack splits FIFO batches"),
                ("memory::s30_strict", "no reason given")
            ]
        );
    }

    #[test]
    fn what_a_failed_test_printed_is_no_result() {
        let tested = captured!("failed").unwrap();
        assert_eq!(names(&tested, &Outcome::Failed), ["s36_s37_every_wrapping"]);
        assert_eq!(names(&tested, &Outcome::Passed), ALL_THAT_PASS[..5]);
    }

    #[test]
    fn what_tests_print_between_name_and_outcome_is_passed_over() {
        let tested = captured!("one-thread-nocapture").unwrap();
        assert_eq!(names(&tested, &Outcome::Passed), ALL_THAT_PASS);
    }

    #[test]
    fn where_prints_run_into_results_it_is_an_error_and_not_a_guess() {
        let error = captured!("nocapture").unwrap_err();
        assert!(
            error.starts_with("read otherwise than libtest counts: ok. 6 passed; 0 failed; 2 ignored; "),
            "{error}"
        );
    }

    #[test]
    fn a_binary_that_died_has_no_results() {
        assert_eq!(captured!("died").unwrap_err(), "its tests began and their summary never came");
    }

    #[test]
    fn documentation_has_several_summaries() {
        let tested = captured!("documentation").unwrap();
        assert_eq!(names(&tested, &Outcome::Passed).len(), 4);
        assert_eq!(ignored(&tested), [("src/lib.rs - twice (line 16)", "no reason given")]);
        assert_eq!(captured!("none").unwrap(), []);
        assert_eq!(read("").unwrap(), []);
    }
}
