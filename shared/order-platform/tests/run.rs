//! `make run` as a newcomer meets it: the built binary with the defaults, as `make` starts it.
#![allow(clippy::unwrap_used, reason = "a panic is a test's verdict")]

use std::{path::Path, process::Command};

/// The variables that `make` exports, all of them empty unless they are given.
const VARIABLES: [&str; 3] = ["ORDERS", "STOCK", "MAILS"];

/// Whether it succeeded, and every line of both outputs.
fn run(name: &str, options: &[&str]) -> (bool, Vec<String>) {
    // A folder of this test's, with the samples where the repository's root has them: its mails go
    // there too.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    for samples in ["functions/orders/samples", "functions/inventory/samples"] {
        let (from, to) =
            (Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(samples), folder.join(samples));
        std::fs::create_dir_all(&to).unwrap();
        for file in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
            std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    }
    let output = Command::new(env!("CARGO_BIN_EXE_order-platform"))
        .arg("run")
        .args(options)
        .current_dir(folder)
        .envs(VARIABLES.map(|variable| (variable, "")))
        .output()
        .unwrap();
    let printed = [output.stdout, b"\n".to_vec(), output.stderr].concat();
    let lines = String::from_utf8(printed).unwrap().lines().map(str::to_owned).collect();
    (output.status.success(), lines)
}

#[test]
fn a_run_with_the_defaults_prints_no_error_and_fits_80_columns() {
    let (is_well, lines) = run("defaults", &[]);
    assert!(is_well, "{lines:#?}");
    assert!(lines.len() > 10, "it says how the run went: {lines:#?}");
    for line in &lines {
        let columns = line.chars().count();
        assert!(columns <= 80, "{columns} columns: {line}");
        for level in ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"] {
            assert!(!line.contains(level), "{line}");
        }
        assert!(!line.contains("panicked") && !line.starts_with("error"), "{line}");
    }
}

#[test]
fn a_level_that_is_none_is_named() {
    let (is_well, lines) = run("no-level", &["--log", "loud"]);
    assert!(!is_well);
    let error = "error: invalid value 'loud' for '--log <LEVEL>'";
    assert!(lines.iter().any(|line| line == error), "{lines:#?}");
    let levels = "  [possible values: off, error, warn, info, debug, trace]";
    assert!(lines.iter().any(|line| line == levels), "{lines:#?}");
}
