//! Templates as files: written, or compared with what is written.

use std::{collections::BTreeMap, fmt, fs, io, path::Path};

use crate::stack::Stack;

/// The reason why a file of the folder is not what [`write()`] writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stale {
    /// It does not exist yet.
    Missing,
    /// Its text is another one.
    Different,
    /// No stack has this name any more.
    Orphan,
}

impl fmt::Display for Stale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "missing",
            Self::Different => "different",
            Self::Orphan => "of no stack",
        })
    }
}

/// The files of `folder` that differ from `stacks`, by their names.
///
/// # Errors
/// Where the folder cannot be read.
pub fn stale(stacks: &[Stack], folder: &Path) -> io::Result<BTreeMap<String, Stale>> {
    let mut stale: BTreeMap<String, Stale> = BTreeMap::new();
    if folder.is_dir() {
        for file in fs::read_dir(folder)? {
            let name = file?.file_name().to_string_lossy().into_owned();
            if name.ends_with(".yaml") {
                stale.insert(name, Stale::Orphan);
            }
        }
    }
    for stack in stacks {
        let name = format!("{}.yaml", stack.name);
        match stale.remove(&name) {
            None => drop(stale.insert(name, Stale::Missing)),
            Some(_) if fs::read_to_string(folder.join(&name))? != stack.to_yaml() => {
                stale.insert(name, Stale::Different);
            }
            Some(_) => {}
        }
    }
    Ok(stale)
}

/// Writes `stacks` into `folder` and removes the files of no stack. The result is what was wrong
/// before.
///
/// # Errors
/// Where a file cannot be written.
pub fn write(stacks: &[Stack], folder: &Path) -> io::Result<BTreeMap<String, Stale>> {
    fs::create_dir_all(folder)?;
    let stale = stale(stacks, folder)?;
    for (name, what) in &stale {
        match what {
            Stale::Orphan => fs::remove_file(folder.join(name))?,
            Stale::Missing | Stale::Different => {
                if let Some(stack) = stacks.iter().find(|stack| name == &format!("{}.yaml", stack.name)) {
                    fs::write(folder.join(name), stack.to_yaml())?;
                }
            }
        }
    }
    Ok(stale)
}
