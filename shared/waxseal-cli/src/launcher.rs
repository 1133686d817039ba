//! The launcher of LocalStack without Docker: its files, embedded.
//!
//! A workspace with a launcher of its own in `localstack/` uses that one. Any other gets a copy in its
//! target folder, so that an installed or copied binary needs nothing beside it. `localstack` in this
//! package's folder is a link to the launcher's own, whose files Cargo puts into the package.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The entry among the files.
const ENTRY: &str = "waxseal-localstack";

macro_rules! embedded {
    ($($name:literal,)*) => {
        &[$(($name, include_str!(concat!("../localstack/", $name)))),*]
    };
}

/// Every file of the launcher, by its path. A test compares the list with the folder.
const FILES: &[(&str, &str)] = embedded![
    "pyproject.toml",
    "requirements.lock",
    "src/waxseal_localstack/__init__.py",
    "src/waxseal_localstack/__main__.py",
    "src/waxseal_localstack/cli.py",
    "src/waxseal_localstack/dynamodb/__init__.py",
    "src/waxseal_localstack/dynamodb/backend.py",
    "src/waxseal_localstack/dynamodb/lock.py",
    "src/waxseal_localstack/dynamodb/provider.py",
    "src/waxseal_localstack/dynamodb/semantics.py",
    "src/waxseal_localstack/dynamodb/sizes.py",
    "src/waxseal_localstack/dynamodb/streams.py",
    "src/waxseal_localstack/dynamodb/tokens.py",
    "src/waxseal_localstack/dynamodb/transactions.py",
    "src/waxseal_localstack/dynamodb/ttl.py",
    "src/waxseal_localstack/dynamodb/wire.py",
    "src/waxseal_localstack/dynamodb/writes.py",
    "src/waxseal_localstack/executor/__init__.py",
    "src/waxseal_localstack/executor/executor.py",
    "src/waxseal_localstack/executor/report.py",
    "src/waxseal_localstack/executor/runtime_api.py",
    "src/waxseal_localstack/executor/sandbox.py",
    "src/waxseal_localstack/executor/spawner.py",
    "src/waxseal_localstack/host.py",
    "src/waxseal_localstack/instance.py",
    "src/waxseal_localstack/kernel.py",
    "src/waxseal_localstack/kinesis.py",
    "src/waxseal_localstack/mends/__init__.py",
    "src/waxseal_localstack/mends/cfn.py",
    "src/waxseal_localstack/mends/cfn_archive.py",
    "src/waxseal_localstack/mends/cfn_concurrency.py",
    "src/waxseal_localstack/mends/cfn_dashboard.py",
    "src/waxseal_localstack/mends/cfn_log_group.py",
    "src/waxseal_localstack/mends/cfn_metric_filter.py",
    "src/waxseal_localstack/mends/cfn_put_again.py",
    "src/waxseal_localstack/mends/cfn_rule.py",
    "src/waxseal_localstack/mends/delivery.py",
    "src/waxseal_localstack/mends/environments.py",
    "src/waxseal_localstack/mends/patience.py",
    "src/waxseal_localstack/mends/replay.py",
    "src/waxseal_localstack/mends/s3_events.py",
    "src/waxseal_localstack/mends/scheduler.py",
    "src/waxseal_localstack/mends/stream_identity.py",
    "src/waxseal_localstack/mends/target_dlq.py",
    "src/waxseal_localstack/mends/wildcard.py",
    "src/waxseal_localstack/plugins.py",
    "src/waxseal_localstack/settings.py",
    "src/waxseal_localstack/supervisor.py",
    "venv.sh",
    "waxseal-localstack",
];

/// The path of the launcher of a workspace. Where the workspace has none of its own, the embedded one
/// is written below `home`.
pub(crate) fn path(root: &Path, home: &Path) -> io::Result<PathBuf> {
    let own = root.join("localstack").join(ENTRY);
    if own.is_file() {
        return Ok(own);
    }
    let folder = home.join("launcher");
    for (name, text) in FILES {
        let file = folder.join(name);
        // A file that stays as it is lets the launcher keep its environment.
        if fs::read_to_string(&file).is_ok_and(|written| written == *text) {
            continue;
        }
        file.parent().map(fs::create_dir_all).transpose()?;
        fs::write(&file, text)?;
    }
    Ok(folder.join(ENTRY))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn files(folder: &Path, root: &Path, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir() && !name.starts_with("__") && !name.ends_with(".egg-info") {
                files(&path, root, found);
            } else if path.is_file() {
                found.insert(path.strip_prefix(root).unwrap().to_string_lossy().into_owned());
            }
        }
    }

    #[test]
    fn every_file_of_the_launcher_is_embedded() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("localstack");
        let mut wanted = BTreeSet::new();
        files(&root.join("src"), &root, &mut wanted);
        wanted.extend([ENTRY, "venv.sh", "pyproject.toml", "requirements.lock"].map(str::to_owned));
        let embedded: BTreeSet<String> = FILES.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(embedded, wanted);
    }

    #[test]
    fn a_workspace_without_a_launcher_gets_the_embedded_one_and_another_keeps_its_own() {
        let root = std::env::temp_dir().join(format!("waxseal-cli-launcher-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        let written = path(&root, &root.join("home")).unwrap();
        assert_eq!(written, root.join("home/launcher/waxseal-localstack"));
        assert!(fs::read_to_string(&written).unwrap().starts_with("#!/usr/bin/env bash"));
        assert!(root.join("home/launcher/src/waxseal_localstack/cli.py").is_file());

        let own = root.join("localstack/waxseal-localstack");
        fs::create_dir_all(own.parent().unwrap()).unwrap();
        fs::write(&own, "").unwrap();
        assert_eq!(path(&root, &root.join("home")).unwrap(), own);
        fs::remove_dir_all(&root).unwrap();
    }
}
