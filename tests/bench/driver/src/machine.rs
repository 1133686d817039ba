//! The facts that a result depends on besides the code: the machine and the versions. They are
//! read, not typed.

use std::{fs, path::Path, process::Command};

use crate::peer::Places;

/// The machine, as one line.
pub(crate) fn machine() -> String {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let cores = cpus.lines().filter(|line| line.starts_with("processor")).count();
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let memory: u64 = memory
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:")?.split_whitespace().next()?.parse().ok())
        .unwrap_or_default();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!(
        "{} (virtual or not, as the kernel names it), {cores} cores, {} GB of memory, Linux {}",
        model.trim_start_matches(['\t', ' ', ':']),
        memory / 1_000_000,
        kernel.split('-').next().unwrap_or_default().trim()
    )
}

/// The compiled and installed packages, by name and version.
pub(crate) fn versions(places: &Places) -> Vec<(String, String)> {
    let mut versions = vec![
        ("rustc".to_owned(), said("rustc", "--version")),
        ("Python".to_owned(), said(places.home.join("python/bin/python"), "--version")),
        ("node".to_owned(), said(&places.node, "--version")),
    ];
    let cargo = fs::read_to_string(places.sources.join("Cargo.lock")).unwrap_or_default();
    for name in ["lambda_runtime", "aws_lambda_events", "aws-config", "aws-sdk-dynamodb", "tokio"] {
        versions.push((name.to_owned(), in_cargo_lock(&cargo, name).unwrap_or_default()));
    }
    let python = fs::read_to_string(places.sources.join("python/requirements.lock")).unwrap_or_default();
    for name in ["aws-lambda-powertools", "awslambdaric", "boto3"] {
        versions.push((format!("{name} (PyPI)"), in_requirements(&python, name).unwrap_or_default()));
    }
    let node = fs::read(places.sources.join("typescript/package-lock.json")).unwrap_or_default();
    let node: serde_json::Value = serde_json::from_slice(&node).unwrap_or_default();
    for name in [
        "@aws-lambda-powertools/batch",
        "@aws-lambda-powertools/idempotency",
        "@aws-sdk/client-dynamodb",
        "aws-lambda-ric",
    ] {
        let version = node["packages"][format!("node_modules/{name}")]["version"].as_str();
        versions.push((format!("{name} (npm)"), version.unwrap_or_default().to_owned()));
    }
    versions
}

fn said(program: impl AsRef<Path>, argument: &str) -> String {
    let output = Command::new(program.as_ref()).arg(argument).output();
    let text =
        output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    text.trim_start_matches("rustc ").trim_start_matches("Python ").trim_start_matches('v').to_owned()
}

fn in_cargo_lock(lock: &str, name: &str) -> Option<String> {
    let start = lock.find(&format!("name = \"{name}\"\nversion = \""))?;
    lock[start..].lines().nth(1)?.split('"').nth(1).map(str::to_owned)
}

fn in_requirements(lock: &str, name: &str) -> Option<String> {
    let line = lock.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix("=="))?;
    line.split_whitespace().next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_locks() {
        let lock = "[[package]]\nname = \"tokio\"\nversion = \"1.54.0\"\n[[package]]\nname = \"tokio-util\"\nversion = \"0.7\"";
        assert_eq!(in_cargo_lock(lock, "tokio"), Some("1.54.0".to_owned()));
        assert_eq!(in_requirements("boto3==1.44.5 \\\n --hash", "boto3"), Some("1.44.5".to_owned()));
    }
}
