//! The program as `make` uses it, on a target folder of its own.
#![allow(clippy::unwrap_used, reason = "a panic is a test's verdict")]

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output},
};

struct Target(PathBuf);

impl Target {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("ci")).unwrap();
        // A link, not a copy: another process that a test starts meanwhile would hold the copy open
        // for writing ("text file busy").
        fs::hard_link(env!("CARGO_BIN_EXE_contract-table"), folder.join("ci/contract-table")).unwrap();
        Self(folder)
    }

    fn run(&self, arguments: &[&str], format: &str) -> Output {
        Command::new(self.0.join("ci/contract-table"))
            .args(arguments)
            .env("CARGO_PKG_NAME", "shop")
            .env("FORMAT", format)
            .output()
            .unwrap()
    }

    /// A program that prints an output of libtest.
    fn test(&self, name: &str, captured: &str, end: &str) -> String {
        let path = self.0.join(name);
        let output = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captured").join(captured);
        fs::write(&path, format!("#!/bin/sh\ncat '{}'\necho \"$@\" >&2\n{end}\n", output.display())).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_recorded_test_looks_to_cargo_as_if_it_ran_alone() {
    let target = Target::new("recorded");
    for (name, captured, end, code) in [
        ("laws-1a2b", "passed.txt", "exit 0", 0),
        ("shop-1a2b", "failed.txt", "exit 101", 101),
        ("dies-1a2b", "died.txt", "kill -ABRT $$", 134),
    ] {
        let test = target.test(name, captured, end);
        let output = target.run(&["record", &test, "--test-threads", "2"], "");
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        let printed = fs::read_to_string(Path::new("tests/captured").join(captured)).unwrap();
        assert_eq!((text(&output.stdout), text(&output.stderr)), (printed, "--test-threads 2\n".to_owned()));
    }
    let kept = fs::read_to_string(target.0.join("contract/shop.laws-1a2b")).unwrap();
    assert!(
        kept.contains("test memory::s1_all_succeed ... ok\n") && kept.ends_with("\n{\"ended\":0}\n"),
        "{kept}"
    );

    let table = target.run(&[], "");
    let (code, table) = (table.status.code(), text(&table.stdout));
    assert_eq!(code, Some(1), "{table}");
    // Promised statements have a line, and are not counted.
    let json: serde_json::Value = serde_json::from_slice(&target.run(&[], "json").stdout).unwrap();
    let asked = |statement: &&serde_json::Value| statement["promised"] == false;
    let statements = json["statements"].as_array().unwrap().iter().filter(asked).count();
    for line in [
        "shop dies: it ended with 134; its tests began and their summary never came",
        "shop shop: failed: s36_s37_every_wrapping",
        "S-12: no test that passed carries it",
        "localstack: no result of any test; were its tests run?",
        "S-29 is not proven on plain by memory::s29_a_failure_holds_back_its_group: LocalStack splits FIFO batches",
        &format!("the contract does NOT hold: 6 of {statements} statements have tests that passed"),
    ] {
        assert!(table.lines().any(|other| other.trim() == line), "{line}\n{table}");
    }
    assert_eq!((&json["holds"], &json["statements"][0]["id"]), (&false.into(), &"S-1".into()));
}

#[test]
fn what_it_cannot_do_is_said_in_a_line() {
    let target = Target::new("refused");
    for (arguments, format, error) in [
        (&["record"][..], "", "usage: contract-table"),
        (&["--with", "x"], "", "usage: contract-table"),
        (&["--without", "moon"], "", "there is no environment moon"),
        (&["record", "/no/such/test-1a2b"], "", "/no/such/test-1a2b: "),
        (&[], "yaml", "FORMAT is yaml, not text or json"),
    ] {
        let output = target.run(arguments, format);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(text(&output.stderr).starts_with(&format!("error: {error}")), "{output:?}");
    }
}
