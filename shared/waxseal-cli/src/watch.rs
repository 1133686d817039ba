//! The state of the sources, compared from time to time.
//!
//! Notices of the operating system were the alternative. They need a crate for each system, and do
//! not come through every kind of mounted folder. A look at some hundred files takes milliseconds.

use std::{collections::BTreeMap, fs, path::Path, path::PathBuf, time::SystemTime};

/// The sources below a folder, each with its time and its size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sources(BTreeMap<PathBuf, (SystemTime, u64)>);

impl Sources {
    /// The sources as they are now: `.rs` and `.toml` files, outside of `target` and of hidden
    /// folders.
    pub(crate) fn of(root: &Path) -> Self {
        let (mut found, mut open) = (BTreeMap::new(), vec![root.to_owned()]);
        while let Some(folder) = open.pop() {
            // A folder that cannot be read, or is gone by now, has no sources.
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                let (path, name) = (entry.path(), entry.file_name());
                let name = name.to_string_lossy();
                let Ok(metadata) = entry.metadata() else { continue };
                if metadata.is_dir() {
                    if !name.starts_with('.') && name != "target" && name != "node_modules" {
                        open.push(path);
                    }
                } else if name.ends_with(".rs") || name.ends_with(".toml") {
                    let time = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                    found.insert(path, (time, metadata.len()));
                }
            }
        }
        Self(found)
    }

    /// The first file that is new, gone or changed.
    pub(crate) fn difference<'s>(&'s self, before: &'s Self) -> Option<&'s Path> {
        let changed = self.0.iter().find(|(path, state)| before.0.get(*path) != Some(state));
        let gone = || before.0.iter().find(|(path, _)| !self.0.contains_key(*path));
        changed.or_else(gone).map(|(path, _)| path.as_path())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_a_changed_and_a_removed_source_is_a_difference_and_other_files_are_none() {
        let root = std::env::temp_dir().join(format!("waxseal-cli-watch-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(root.join("src")).unwrap();
        fs::create_dir_all(root.join("target")).unwrap();
        let source = root.join("src/lib.rs");
        let state = || Sources::of(&root);

        let empty = state();
        fs::write(&source, "").unwrap();
        let new = state();
        assert_eq!(new.difference(&empty), Some(source.as_path()));
        fs::write(&source, "fn main() {}").unwrap();
        let changed = state();
        assert_eq!(changed.difference(&new), Some(source.as_path()));
        fs::write(root.join("target/made.rs"), "").unwrap();
        fs::write(root.join("src/notes.md"), "").unwrap();
        assert_eq!(state().difference(&changed), None);
        fs::remove_file(&source).unwrap();
        assert_eq!(state().difference(&changed), Some(source.as_path()));
        fs::remove_dir_all(&root).unwrap();
    }
}
