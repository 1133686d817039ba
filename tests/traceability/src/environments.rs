//! The environments, and the environment of each test. The manifests state them, beside the tests.
//!
//! The root manifest lists them in the order of their columns; the first is the default of every
//! test. A package states where its integration tests run, all of them (`tests = "wire"`) or some
//! (`tests = { contract = "memory" }`).

use std::{collections::HashMap, path::Path, process::Command};

use serde_json::Value;

/// An environment of tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Environment {
    /// Its name in one word: the head of its column.
    pub(crate) name: String,
    /// Its description.
    pub(crate) what: String,
    /// Whether the table needs results from it.
    pub(crate) is_wanted: bool,
}

/// All of them.
#[derive(Debug, Clone)]
pub(crate) struct Environments {
    pub(crate) list: Vec<Environment>,
    /// The environments by package and integration test.
    by_test: HashMap<(String, String), usize>,
}

impl Environments {
    /// Reads the manifests of the workspace at `root`.
    pub(crate) fn of_workspace(root: &Path) -> Result<Self, String> {
        let output = Command::new("cargo")
            .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
            .current_dir(root)
            .output()
            .map_err(|error| format!("cargo metadata: {error}"))?;
        if !output.status.success() {
            return Err(format!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr).trim()));
        }
        Self::read(
            &serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo metadata: {error}"))?,
        )
    }

    /// Reads the output of `cargo metadata`.
    pub(crate) fn read(metadata: &Value) -> Result<Self, String> {
        let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let listed = metadata["metadata"]["contract"]["environments"].as_array();
        let listed = listed.filter(|listed| !listed.is_empty());
        let listed = listed.ok_or("Cargo.toml has no workspace.metadata.contract.environments")?;
        let list: Vec<Environment> = listed
            .iter()
            .map(|one| Environment { name: text(one, "name"), what: text(one, "what"), is_wanted: true })
            .collect();
        let mut by_test = HashMap::new();
        for package in metadata["packages"].as_array().into_iter().flatten() {
            let (package_name, said) = (text(package, "name"), &package["metadata"]["contract"]["tests"]);
            let targets = package["targets"].as_array().into_iter().flatten();
            for test in targets.filter(|target| target["kind"][0] == "test") {
                let test = text(test, "name");
                let Some(name) = said.as_str().or_else(|| said[&test].as_str()) else { continue };
                let place =
                    list.iter().position(|environment| environment.name == name).ok_or_else(|| {
                        format!(
                            "{package_name} says that {test} runs on {name}, which Cargo.toml does not list"
                        )
                    })?;
                by_test.insert((package_name.clone(), test), place);
            }
            for test in said.as_object().into_iter().flat_map(|tests| tests.keys()) {
                if !by_test.contains_key(&(package_name.clone(), test.clone())) {
                    return Err(format!("{package_name} says where {test} runs and has no such test"));
                }
            }
        }
        Ok(Self { list, by_test })
    }

    /// The same environments, without a need for results from `names`.
    pub(crate) fn without(mut self, names: &[&str]) -> Result<Self, String> {
        for name in names {
            let known = self.list.iter_mut().find(|environment| environment.name == *name);
            known.ok_or_else(|| format!("there is no environment {name}"))?.is_wanted = false;
        }
        Ok(self)
    }

    /// The position of the environment that a test target runs on.
    pub(crate) fn of(&self, package: &str, target: &str) -> usize {
        self.by_test.get(&(package.to_owned(), target.to_owned())).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a test's verdict")]

    use serde_json::json;

    use super::*;

    fn metadata(said: &Value) -> Value {
        json!({
            "metadata": {"contract": {"environments": [
                {"name": "plain", "what": "functions"}, {"name": "wire", "what": "DynamoDB's protocol"},
            ]}},
            "packages": [{"name": "shop", "metadata": {"contract": {"tests": said}}, "targets": [
                {"name": "shop", "kind": ["lib"]}, {"name": "contract", "kind": ["test"]},
                {"name": "laws", "kind": ["test"]},
            ]}, {"name": "silent", "metadata": null, "targets": [{"name": "laws", "kind": ["test"]}]}],
        })
    }

    #[test]
    fn a_package_says_it_for_all_its_integration_tests_or_for_some() {
        let all = Environments::read(&metadata(&json!("wire"))).unwrap();
        let some = Environments::read(&metadata(&json!({"contract": "wire"}))).unwrap();
        for (package, target, in_all, in_some) in [
            ("shop", "contract", 1, 1),
            ("shop", "laws", 1, 0),
            ("shop", "shop", 0, 0),
            ("silent", "laws", 0, 0),
        ] {
            assert_eq!(
                (all.of(package, target), some.of(package, target)),
                (in_all, in_some),
                "{package} {target}"
            );
        }
    }

    #[test]
    fn what_does_not_exist_is_an_error() {
        let error = |said: Value| Environments::read(&metadata(&said)).unwrap_err();
        assert_eq!(
            error(json!("moon")),
            "shop says that contract runs on moon, which Cargo.toml does not list"
        );
        assert_eq!(error(json!({"gone": "wire"})), "shop says where gone runs and has no such test");
        let known = Environments::read(&metadata(&json!("wire"))).unwrap();
        assert_eq!(known.clone().without(&["sea"]).unwrap_err(), "there is no environment sea");
        assert!(!known.without(&["wire"]).unwrap().list[1].is_wanted);
        assert!(Environments::read(&json!({"packages": []})).is_err());
    }

    #[test]
    fn the_manifests_of_this_repository_are_sound() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let ours = Environments::of_workspace(&root).unwrap();
        let of = |package: &str, target: &str| ours.list[ours.of(package, target)].name.as_str();
        assert_eq!(of("waxseal-conformance", "contract"), "memory");
        assert_eq!(of("waxseal", "laws"), "plain");
        assert_eq!(of("waxseal-tests", "binaries"), "binaries");
        assert_eq!(of("waxseal-tests", "localstack"), "localstack");
    }
}
