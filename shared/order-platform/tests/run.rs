//! `make run` as a newcomer meets it: the built binary with the defaults, as `make` starts it.
#![allow(clippy::unwrap_used, reason = "a panic is a test's verdict")]

use std::{path::Path, process::Command};

/// The variables that `make` exports, all of them empty unless they are given.
const VARIABLES: [&str; 4] = ["ORDERS", "STOCK", "MAILS", "DEADLINE"];

/// Whether it succeeded, and every line of both outputs.
fn run(name: &str, options: &[&str]) -> (bool, Vec<String>) {
    run_in("", name, options)
}

/// As [`run`], in a style.
fn run_in(style: &str, name: &str, options: &[&str]) -> (bool, Vec<String>) {
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
        .env("STYLE", style)
        .output()
        .unwrap();
    let printed = [output.stdout, b"\n".to_vec(), output.stderr].concat();
    let lines = String::from_utf8(printed).unwrap().lines().map(str::to_owned).collect();
    (output.status.success(), lines)
}

/// Fails where a run has failed, has printed an error, or is wider than a terminal.
fn is_fit_to_read((is_well, lines): &(bool, Vec<String>)) {
    assert!(is_well, "{lines:#?}");
    assert!(lines.len() > 10, "it says how the run went: {lines:#?}");
    for line in lines {
        let columns = line.chars().count();
        assert!(columns <= 80, "{columns} columns: {line}");
        for level in ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"] {
            assert!(!line.contains(level), "{line}");
        }
        assert!(!line.contains("panicked") && !line.starts_with("error"), "{line}");
    }
}

#[test]
fn a_run_with_the_defaults_prints_no_error_and_fits_80_columns() {
    is_fit_to_read(&run("defaults", &[]));
}

#[test]
fn g2_s69_a_run_in_orchestration_shows_a_way_a_compensation_and_a_wait() {
    let ran = run_in("orchestration", "orchestration", &[]);
    is_fit_to_read(&ran);
    let has = |wanted: &str| ran.1.iter().any(|line| line.contains(wanted));
    for wanted in [
        "An order's way through the process",
        "■ confirmed",
        "A compensation: what was done is undone, the last first",
        "✓ reserve-stock is undone",
        "An order that waits for a timer, in the middle of the run",
        "waits for the answer about: payment, for 13 min more",
        "The books balance.",
    ] {
        assert!(has(wanted), "{wanted}: {:#?}", ran.1);
    }
}

#[test]
fn a_style_that_is_none_is_named() {
    let (is_well, lines) = run_in("ballet", "no-style", &[]);
    assert!(!is_well);
    let error = "STYLE: a style is choreography or orchestration";
    assert!(lines.iter().any(|line| line.contains(error)), "{lines:#?}");
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
