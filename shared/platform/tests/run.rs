//! `make run` as a newcomer meets it: the built binary with the defaults, as `make` starts it.
#![allow(clippy::unwrap_used, reason = "a panic is a test's verdict")]

use std::{path::Path, process::Command};

/// The options that `make` exports, all of them empty unless they are given.
const OPTIONS: [&str; 7] = ["ORDERS", "STOCK", "SEED", "FORMAT", "PORT", "MAILS", "LOG"];

/// Whether it succeeded, and every line of both outputs.
fn run(given: &[(&str, &str)]) -> (bool, Vec<String>) {
    // Its mails go into a folder of this test's.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("run");
    std::fs::create_dir_all(&folder).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_platform"))
        .arg("run")
        .current_dir(folder)
        .envs(OPTIONS.map(|option| (option, "")))
        .envs(given.iter().copied())
        .output()
        .unwrap();
    let printed = [output.stdout, b"\n".to_vec(), output.stderr].concat();
    let lines = String::from_utf8(printed).unwrap().lines().map(str::to_owned).collect();
    (output.status.success(), lines)
}

#[test]
fn a_run_with_the_defaults_prints_no_error_and_fits_80_columns() {
    let (is_well, lines) = run(&[]);
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
    let (is_well, lines) = run(&[("LOG", "loud")]);
    assert!(!is_well);
    let error = "error: LOG is `loud`, not off, error, warn, info, debug or trace";
    assert!(lines.iter().any(|line| line == error), "{lines:#?}");
}
