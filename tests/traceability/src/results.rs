//! The stored runs.

use std::{fs, path::Path};

use serde_json::Value;

use crate::{
    libtest::{self, Outcome, Tested},
    record::{BEGAN, ENDED},
};

/// The run of one test binary.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub(crate) package: String,
    /// The target: `contract` for the binary `contract-1a2b3c4d5e6f7a8b`.
    pub(crate) target: String,
    pub(crate) tested: Vec<Tested>,
    /// The reason why the results are incomplete, where they are.
    pub(crate) problem: Option<String>,
}

/// Every run in `folder`, in the order of names.
pub(crate) fn read(folder: &Path) -> Result<Vec<Run>, String> {
    let failed = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(folder, error)),
    };
    let paths: Result<Vec<_>, _> = entries.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut paths = paths.map_err(|error| failed(folder, error))?;
    paths.sort();
    let kept = paths.iter().map(|path| {
        let bytes = fs::read(path).map_err(|error| failed(path, error))?;
        run(&String::from_utf8_lossy(&bytes)).ok_or_else(|| format!("{} is no kept run", path.display()))
    });
    kept.collect()
}

/// A stored run; `None` where the text is no such run.
pub(crate) fn run(kept: &str) -> Option<Run> {
    let (began, output) = kept.split_once('\n')?;
    let began: Value = serde_json::from_str(began).ok().filter(|_| began.starts_with(BEGAN))?;
    let text = |name: &str| began["began"][name].as_str().map(str::to_owned);
    let (package, executable) = (text("package")?, text("executable")?);
    let target = executable.rsplit_once('-').map_or(executable.as_str(), |(target, _hash)| target).to_owned();
    let ended = output.lines().last().filter(|line| line.starts_with(ENDED));
    let ended = ended.and_then(|line| serde_json::from_str::<Value>(line).ok()?["ended"].as_u64());
    let (tested, unread) = match libtest::read(output) {
        Ok(tested) => (tested, None),
        Err(error) => (Vec::new(), Some(error)),
    };
    let failed: Vec<&str> =
        tested.iter().filter(|test| test.outcome == Outcome::Failed).map(|test| test.name.as_str()).collect();
    let problem = match (ended, unread) {
        (None, _) => Some("it was cut off".to_owned()),
        (Some(code), Some(error)) => Some(format!("it ended with {code}; {error}")),
        (Some(0), None) => None,
        (Some(_), None) if !failed.is_empty() => Some(format!("failed: {}", failed.join(", "))),
        (Some(code), None) => Some(format!("it ended with {code}, though no test failed")),
    };
    Some(Run { package, target, tested, problem })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a test's verdict")]

    use super::*;

    fn kept(output: &str, end: &str) -> Run {
        let began = r#"{"began":{"package":"waxseal-aws","executable":"contract-1a2b3c4d5e6f7a8b"}}"#;
        run(&format!("{began}\n{output}{end}")).unwrap()
    }

    const PASSED: &str = include_str!("../tests/captured/passed.txt");

    #[test]
    fn a_run_says_whose_it_is_and_that_all_of_it_is_there() {
        let run = kept(PASSED, "\n{\"ended\":0}\n");
        assert_eq!((run.package.as_str(), run.target.as_str()), ("waxseal-aws", "contract"));
        assert_eq!((run.tested.len(), run.problem), (8, None));
    }

    #[test]
    fn whatever_is_missing_is_trouble() {
        let failed = include_str!("../tests/captured/failed.txt");
        let died = include_str!("../tests/captured/died.txt");
        for (output, end, problem) in [
            (PASSED, "", "it was cut off"),
            (died, "", "it was cut off"),
            (died, "\n{\"ended\":134}\n", "it ended with 134; its tests began and their summary never came"),
            (failed, "\n{\"ended\":101}\n", "failed: s36_s37_every_wrapping"),
            (PASSED, "\n{\"ended\":3}\n", "it ended with 3, though no test failed"),
        ] {
            assert_eq!(kept(output, end).problem.as_deref(), Some(problem));
        }
        assert!(run("something else\n").is_none() && run("").is_none());
    }
}
