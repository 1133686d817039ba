//! The benchmark is a workspace of its own. It measures the functions only if they are built as the
//! project releases them.

use std::{collections::BTreeMap, fs};

use toml::{Table, Value};

use crate::source::root;

fn read(path: &str) -> Table {
    let text = fs::read_to_string(root().join(path)).unwrap();
    text.parse().unwrap()
}

/// The table under these names; empty where there is none.
fn under(table: &Table, names: [&str; 2]) -> Table {
    let inner = names.iter().try_fold(table, |table, name| table.get(*name)?.as_table());
    inner.cloned().unwrap_or_default()
}

/// The locked versions of each package.
fn locked(lock: &Table) -> BTreeMap<String, Vec<String>> {
    let mut versions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in lock["package"].as_array().unwrap() {
        let text = |name: &str| package[name].as_str().unwrap().to_owned();
        versions.entry(text("name")).or_default().push(text("version"));
    }
    versions
}

#[test]
fn the_benchmark_builds_functions_as_the_project_releases_them() {
    let (own, project) = (read("tests/bench/Cargo.toml"), read("Cargo.toml"));
    let release = ["profile", "release"];
    assert_eq!(under(&own, release), under(&project, release), "[profile.release]");

    let dependencies = ["workspace", "dependencies"];
    let theirs = under(&project, dependencies);
    for (name, dependency) in under(&own, dependencies) {
        let is_path = dependency.as_table().is_some_and(|table| table.contains_key("path"));
        assert!(is_path || theirs.get(&name) == Some(&dependency), "{name} = {dependency:?}");
    }

    let (own, project) = (locked(&read("tests/bench/Cargo.lock")), locked(&read("Cargo.lock")));
    for name in ["lambda_runtime", "aws-sdk-dynamodb", "aws-smithy-runtime", "hyper", "tokio", "serde_json"] {
        assert!(own.contains_key(name), "{name} is in no lock file");
        assert_eq!(own.get(name), project.get(name), "the locked version of {name}");
    }
}

#[test]
fn a_section_is_found_and_an_absent_one_is_empty() {
    let manifest: Table = "[profile.release]\nlto = 'fat'".parse().unwrap();
    assert_eq!(under(&manifest, ["profile", "release"])["lto"], Value::from("fat"));
    assert!(under(&manifest, ["profile", "dev"]).is_empty());
}
