//! The rules of the crates: the things that each must not know.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{packages, parse, paths, rust_files, states, text};

/// A rule of one crate.
struct Rule {
    /// The package, or the folder of several packages.
    package: &'static str,
    /// The rule's sentence in ARCHITECTURE.md.
    sentence: &'static str,
    /// Prefixes of package names that it must not depend on, directly or indirectly.
    packages: &'static [&'static str],
    /// Paths that its code must not name.
    paths: &'static [&'static str],
}

const AWS: &[&str] = &["aws-", "waxseal-aws"];

const RULES: [Rule; 13] = [
    Rule {
        package: "waxseal",
        sentence: "It knows no AWS type, no socket, no clock and no runtime.",
        packages: &[
            "aws-",
            "lambda_",
            "tokio",
            "hyper",
            "jiff",
            "waxseal-aws",
            "waxseal-lambda",
            "waxseal-local",
        ],
        paths: &["std::net", "std::time::SystemTime", "std::time::Instant", "std::thread::sleep"],
    },
    Rule {
        package: "waxseal-lambda",
        sentence: "It knows no SDK client",
        packages: &["aws-", "waxseal-aws", "waxseal-local"],
        paths: &[],
    },
    Rule {
        package: "waxseal-aws",
        sentence: "It parses no delivery.",
        packages: &["lambda_", "waxseal-lambda", "waxseal-local"],
        paths: &[],
    },
    Rule {
        package: "waxseal-local",
        sentence: "It knows no SDK, and no function knows it.",
        packages: AWS,
        paths: &[],
    },
    Rule {
        package: "waxseal-catalog",
        sentence: "It knows no environment",
        packages: &["aws-", "waxseal-aws", "waxseal-lambda", "waxseal-local", "waxseal-infra"],
        paths: &[],
    },
    Rule {
        package: "waxseal-pattern",
        sentence: "It knows nothing of Waxseal.",
        packages: &["aws-", "waxseal"],
        paths: &[],
    },
    Rule {
        package: "waxseal-ledger",
        sentence: "It knows no AWS client, no clock and no runtime.",
        packages: &["aws-", "tokio", "hyper", "waxseal-aws", "waxseal-lambda", "waxseal-local"],
        paths: &["std::net", "std::time::SystemTime", "std::time::Instant"],
    },
    Rule { package: "waxseal-testing", sentence: "The test kit knows no SDK.", packages: AWS, paths: &[] },
    Rule {
        package: "waxseal-conformance",
        sentence: "The suite knows no environment.",
        packages: &["aws-", "waxseal-aws", "waxseal-local"],
        paths: &[],
    },
    Rule {
        package: "waxseal-infra",
        sentence: "It knows no service by name",
        packages: &[
            "aws-",
            "waxseal-aws",
            "orders",
            "inventory",
            "payment",
            "shipping",
            "fulfilment",
            "notification",
            "analytics",
        ],
        paths: &[],
    },
    Rule {
        package: "waxseal-cli",
        sentence: "It links no SDK, and knows no application.",
        packages: &[
            "aws-",
            "waxseal-aws",
            "order-",
            "orders",
            "inventory",
            "payment",
            "shipping",
            "fulfilment",
            "notification",
            "analytics",
        ],
        paths: &[],
    },
    Rule {
        package: "waxseal-new",
        sentence: "It runs nothing of a workspace, and knows no environment.",
        packages: &["aws-", "waxseal-aws", "waxseal-lambda", "waxseal-local", "waxseal-cli"],
        paths: &[],
    },
    Rule { package: "order-platform", sentence: "`make run` compiles no SDK", packages: AWS, paths: &[] },
];

/// The dependencies of each package of the workspace in its manifest, without those of tests and
/// optional ones.
fn manifests() -> BTreeMap<String, BTreeSet<String>> {
    packages()
        .into_iter()
        .map(|folder| {
            let manifest: toml::Table = text(&folder.join("Cargo.toml")).parse().unwrap();
            let name = manifest["package"]["name"].as_str().unwrap().to_owned();
            let dependencies = manifest.get("dependencies").and_then(toml::Value::as_table);
            let is_optional =
                |value: &toml::Value| value.get("optional").is_some_and(|it| it.as_bool() == Some(true));
            let names = dependencies.into_iter().flatten().filter(|(_, value)| !is_optional(value));
            (name, names.map(|(name, _)| name.clone()).collect())
        })
        .collect()
}

/// The direct and indirect dependencies of a package.
fn reachable<'m>(manifests: &'m BTreeMap<String, BTreeSet<String>>, package: &str) -> BTreeSet<&'m String> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&String> = manifests[package].iter().collect();
    while let Some(name) = open.pop() {
        if found.insert(name) {
            open.extend(manifests.get(name).into_iter().flatten());
        }
    }
    found
}

#[test]
fn no_crate_depends_on_what_it_must_not_know() {
    let manifests = manifests();
    let mut broken = Vec::new();
    for Rule { package, sentence, packages, .. } in &RULES {
        states(sentence);
        for name in reachable(&manifests, package) {
            if packages.iter().any(|forbidden| name.starts_with(forbidden)) {
                broken.push(format!("  {package}: {sentence}\n      It depends on {name}."));
            }
        }
    }
    assert!(broken.is_empty(), "dependencies that the plan forbids:\n{}", broken.join("\n"));
}

#[test]
fn messages_depend_on_three_crates() {
    for (package, sentence, dependencies) in [
        (
            "waxseal-message",
            "It depends on serde, serde_json and sha2 alone.",
            ["serde", "serde_json", "sha2"],
        ),
        (
            "order-events",
            "`order-events` depends on waxseal-message, serde and thiserror alone",
            ["waxseal-message", "serde", "thiserror"],
        ),
    ] {
        states(sentence);
        assert_eq!(manifests()[package], dependencies.map(str::to_owned).into(), "{package}");
    }
}

#[test]
fn events_of_aws_depend_on_messages_and_serde() {
    states("It depends on the messages and serde alone.");
    let expected = ["serde", "serde_json", "waxseal-message"].map(str::to_owned);
    assert_eq!(manifests()["waxseal-aws-events"], expected.into());
}

#[test]
fn no_function_depends_on_another() {
    states("No function calls another, or depends on one.");
    let manifests = manifests();
    let functions: BTreeSet<String> = packages()
        .iter()
        .filter(|folder| folder.parent().is_some_and(|parent| parent.ends_with("functions")))
        .map(|folder| folder.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert!(functions.len() > 4, "{functions:?}");
    for function in &functions {
        let others: Vec<_> =
            reachable(&manifests, function).into_iter().filter(|name| functions.contains(*name)).collect();
        assert!(others.is_empty(), "{function} depends on {others:?}");
    }
}

#[test]
fn no_code_names_what_its_crate_must_not_know() {
    let mut broken = Vec::new();
    for Rule { package, sentence, paths: forbidden, .. } in &RULES {
        let folder = packages().into_iter().find(|folder| folder.ends_with(package)).unwrap();
        for file in rust_files(&folder.join("src")) {
            for path in paths(&parse(&file)) {
                let path = path.join("::");
                if forbidden.iter().any(|forbidden| path.starts_with(forbidden)) {
                    broken.push(format!("  {}: {sentence}\n      It names {path}.", file.display()));
                }
            }
        }
    }
    assert!(broken.is_empty(), "names that the plan forbids:\n{}", broken.join("\n"));
}
