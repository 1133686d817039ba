//! The help of `make`, as a terminal shows it, and options that several targets share.

use std::{fs, process::Command};

use crate::source::root;

/// The Makefile of this repository, and that of new workspaces.
const MAKEFILES: [&str; 2] = ["Makefile", "shared/waxseal-new/templates/workspace/Makefile.in"];
const COLUMNS: usize = 80;

fn make(file: &str, arguments: &[&str]) -> String {
    let mut command = Command::new("make");
    // Under `make test` these would be options of that run.
    command.env_remove("MAKEFLAGS").env_remove("MAKELEVEL").env_remove("PORT");
    let output = command.args(["--silent", "-f", file]).args(arguments).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "make -f {file} {arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_line_of_help_fits_80_columns() {
    for file in MAKEFILES {
        let help = make(file, &["help"]);
        let long: Vec<&str> = help.lines().filter(|line| line.chars().count() > COLUMNS).collect();
        assert!(long.is_empty(), "{file}: shorten, or begin another line with ` | `:\n{}", long.join("\n"));
        for target in ["run", "localstack", "deploy-local"] {
            assert!(help.contains(&format!("  make {target} ")), "{file} has no {target}:\n{help}");
        }
    }
}

#[test]
fn a_port_is_that_of_localstack_and_of_what_is_deployed_there() {
    for file in MAKEFILES {
        for target in ["deploy-local", "undeploy-local"] {
            let endpoint = "AWS_ENDPOINT_URL=http://127.0.0.1:4570 ";
            let shown = make(file, &["--dry-run", target, "PORT=4570"]);
            assert!(shown.contains(endpoint), "{file} {target}: {shown}");
            let usual = make(file, &["--dry-run", target]);
            assert!(!usual.contains("AWS_ENDPOINT_URL"), "{file} {target}: {usual}");
        }
        for target in ["localstack", "localstack-stop"] {
            let shown = make(file, &["--dry-run", target, "PORT=4570"]).replace(['\'', '\\'], "");
            assert!(shown.contains("--port 4570"), "{file} {target}: {shown}");
        }
    }
}

/// The options that some targets must have.
const GIVEN: [&str; 5] =
    ["STAGE=prod", "SERVICE=orders", "FROM=2026-11-20T00:00:00Z", "SOURCE=inventory", "ID=018f"];

#[test]
fn every_target_can_be_made_and_exports_what_it_names() {
    for file in MAKEFILES {
        let text = fs::read_to_string(root().join(file)).unwrap();
        for line in text.lines().filter(|line| line.contains(": export ")) {
            assert!(
                line.contains('='),
                "{file}: make takes `export` for a prerequisite without a value: {line}"
            );
        }
        let help = make(file, &["help"]);
        for target in help.lines().filter_map(|line| line.strip_prefix("  make ")?.split(' ').next()) {
            // A target may stand before its rule, with what it exports.
            let rules: Vec<&str> = text.split(&format!("\n{target}: ")).skip(1).collect();
            assert!(!rules.is_empty(), "{file} has no rule for {target}");
            let recipe: String = rules
                .iter()
                .flat_map(|rule| rule.lines().skip(1).take_while(|line| line.starts_with('\t')))
                .collect();
            // Even a dry run runs the lines that call make.
            if !recipe.contains("$(MAKE)") {
                make(file, &[&["--dry-run", target][..], &GIVEN].concat());
            }
        }
    }
}
