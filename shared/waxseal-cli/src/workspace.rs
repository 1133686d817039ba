//! The Cargo workspace: its folder, its target folder, its binaries.

use std::{
    collections::BTreeMap,
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::command_error::CommandError;

/// A Cargo workspace.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) target: PathBuf,
    /// Every binary, with its package.
    pub(crate) binaries: BTreeMap<String, String>,
}

/// The `cargo` that started this program, or the one on the PATH.
pub(crate) fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")))
}

impl Workspace {
    /// The workspace that a folder is in.
    pub(crate) fn of(folder: &Path) -> Result<Self, CommandError> {
        let output = cargo()
            .args(["metadata", "--format-version", "1", "--no-deps"])
            .current_dir(folder)
            .output()
            .map_err(|error| CommandError::Missing(format!("cargo cannot be started: {error}")))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let said = said.trim().trim_start_matches("error: ");
            return Err(CommandError::Usage(format!(
                "{} is in no Cargo workspace: {said}",
                folder.display()
            )));
        }
        Self::read(&output.stdout)
            .ok_or_else(|| CommandError::Failed("`cargo metadata` has another form than expected".to_owned()))
    }

    fn read(metadata: &[u8]) -> Option<Self> {
        let metadata: Value = serde_json::from_slice(metadata).ok()?;
        let mut binaries = BTreeMap::new();
        for package in metadata["packages"].as_array()? {
            let is_binary = |target: &&Value| {
                target["kind"].as_array().is_some_and(|kinds| kinds.contains(&"bin".into()))
            };
            for target in package["targets"].as_array()?.iter().filter(is_binary) {
                binaries.insert(target["name"].as_str()?.to_owned(), package["name"].as_str()?.to_owned());
            }
        }
        let path = |name: &str| metadata[name].as_str().map(PathBuf::from);
        Some(Self { root: path("workspace_root")?, target: path("target_directory")?, binaries })
    }
}

/// This program's binary as Cargo built it: its path, its name and its profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Binary {
    pub(crate) path: PathBuf,
    pub(crate) name: String,
    pub(crate) profile: String,
}

impl Binary {
    /// This program. Its file may be replaced later, so it is asked for at the start.
    pub(crate) fn own() -> Result<Self, CommandError> {
        let path = env::current_exe().map_err(CommandError::io("this program's own file"))?;
        let of = |path: PathBuf| {
            let name = path.file_stem()?.to_str()?.to_owned();
            let profile = profile(path.parent()?.file_name()?.to_str()?).to_owned();
            Some(Self { path, name, profile })
        };
        of(path).ok_or_else(|| CommandError::Failed("this program's own file has no name".to_owned()))
    }
}

/// The profile whose binaries lie in a folder of that name.
fn profile(folder: &str) -> &str {
    if folder == "debug" { "dev" } else { folder }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_of_this_package_has_its_binaries() {
        let workspace = Workspace::of(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        assert!(workspace.root.join("shared/waxseal-cli").is_dir(), "{workspace:?}");
        assert_eq!(workspace.binaries["relay"], "relay");
    }

    #[test]
    fn a_folder_without_a_manifest_is_named() {
        let error = Workspace::of(Path::new("/")).unwrap_err();
        assert_eq!(error.code(), 2);
        assert!(error.to_string().starts_with("/ is in no Cargo workspace: could not find"), "{error}");
    }

    #[test]
    fn the_folder_of_a_binary_names_its_profile() {
        assert_eq!((profile("debug"), profile("ci"), profile("release")), ("dev", "ci", "release"));
    }
}
