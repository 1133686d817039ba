//! A committed drawing that is compared with the process, or written anew.

use std::{env, fs, io, path::Path};

use crate::explore::{machine::Machine, mermaid::mermaid, text::text};

/// The variable that has drawings written.
const WRITE: &str = "WAXSEAL_DRAWINGS";

/// Compares the drawing with the file, or writes it.
///
/// # Errors
/// What is wrong, with what to do.
pub(super) fn check(machine: &Machine, path: &Path) -> Result<(), String> {
    let writes = env::var_os(WRITE).is_some_and(|value| value == "write");
    compare(&drawing(machine, path), path, writes)
}

fn compare(drawing: &str, path: &Path, writes: bool) -> Result<(), String> {
    let committed = match fs::read_to_string(path) {
        Ok(committed) => Some(committed),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(format!("{} cannot be read: {error}", path.display())),
    };
    if committed.as_deref() == Some(drawing) {
        return Ok(());
    }
    if writes {
        return fs::write(path, drawing)
            .map_err(|error| format!("{} cannot be written: {error}", path.display()));
    }
    let what = if committed.is_some() { "is stale" } else { "is missing" };
    Err(format!(
        "{} {what}: write it with `{WRITE}=write` before the command of this test\n{drawing}",
        path.display()
    ))
}

/// The drawing in the form of the file: Mermaid for `.mmd`, both forms for `.md`, else text.
fn drawing(machine: &Machine, path: &Path) -> String {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("mmd") => mermaid(machine),
        Some("md") => format!(
            "# The state machine of `{}`\n\nIts test compares this file, and writes it with `{WRITE}=write`.\n\n\
             ```mermaid\n{}```\n\n```text\n{}```\n",
            machine.process,
            mermaid(machine),
            text(machine)
        ),
        _ => text(machine),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_is_missing_stale_or_fresh() {
        let folder = env::temp_dir().join(format!("waxseal-drawing-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("machine.txt");
        assert!(compare("one", &path, false).unwrap_err().contains("machine.txt is missing: write it with"));
        assert!(!path.exists(), "a check writes nothing");
        compare("one", &path, true).unwrap();
        compare("one", &path, false).unwrap();
        let stale = compare("two", &path, false).unwrap_err();
        assert!(stale.contains("is stale") && stale.ends_with("two"), "{stale}");
        compare("two", &path, true).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        fs::remove_dir_all(folder).unwrap();
    }
}
