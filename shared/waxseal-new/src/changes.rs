//! The changes of one command: collected, checked, then written. A file that exists is never
//! overwritten.

use std::{
    collections::BTreeMap,
    fs::{self, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::error::Error;

/// The changes of one command, by their paths below `root`.
#[derive(Debug)]
pub(crate) struct Changes {
    root: PathBuf,
    new: BTreeMap<PathBuf, String>,
    changed: BTreeMap<PathBuf, String>,
}

impl Changes {
    pub(crate) fn below(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), new: BTreeMap::new(), changed: BTreeMap::new() }
    }

    /// A new file.
    pub(crate) fn create(&mut self, path: impl Into<PathBuf>, text: String) {
        self.new.insert(path.into(), text);
    }

    /// Changes a file that exists, or one that is changed already.
    pub(crate) fn edit(
        &mut self,
        path: &str,
        edit: impl FnOnce(&str) -> Result<String, Error>,
    ) -> Result<(), Error> {
        let file = self.root.join(path);
        let text = match self.changed.get(Path::new(path)) {
            Some(text) => text.clone(),
            None => fs::read_to_string(&file).map_err(Error::io(&file))?,
        };
        self.changed.insert(path.into(), edit(&text)?);
        Ok(())
    }

    /// Writes everything, or nothing where a new file exists already. The result says which files.
    pub(crate) fn write(self) -> Result<String, Error> {
        if let Some(path) = self.new.keys().map(|path| self.root.join(path)).find(|path| path.exists()) {
            return Err(Error::Exists(path));
        }
        let mut report = String::new();
        for (path, text) in &self.new {
            let file = self.root.join(path);
            if let Some(folder) = file.parent() {
                fs::create_dir_all(folder).map_err(Error::io(folder))?;
            }
            // A file that was made meanwhile is not overwritten either.
            let made = OpenOptions::new().write(true).create_new(true).open(&file);
            made.and_then(|mut made| made.write_all(self.formatted(path, text).as_bytes()))
                .map_err(Error::io(&file))?;
            report.push_str(&format!("new      {}\n", path.display()));
        }
        for (path, text) in &self.changed {
            let file = self.root.join(path);
            fs::write(&file, self.formatted(path, text)).map_err(Error::io(&file))?;
            report.push_str(&format!("changed  {}\n", path.display()));
        }
        Ok(report)
    }

    /// Code in the format of the workspace: the place of an import follows from names. Where there is
    /// no `rustfmt`, it stays as it is.
    fn formatted(&self, path: &Path, text: &str) -> String {
        let formatted = || {
            let folder = self.root.ancestors().find(|folder| folder.is_dir())?;
            let mut rustfmt = Command::new("rustfmt")
                .args(["--edition", "2024"])
                .current_dir(folder)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .ok()?;
            rustfmt.stdin.take()?.write_all(text.as_bytes()).ok()?;
            let output = rustfmt.wait_with_output().ok()?;
            output.status.success().then(|| String::from_utf8(output.stdout).ok())?
        };
        let is_code = path.extension().is_some_and(|extension| extension == "rs");
        is_code.then(formatted).flatten().unwrap_or_else(|| text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_exists_keeps_everything_from_being_written() {
        let root = std::env::temp_dir().join(format!("waxseal-new-changes-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(&root).unwrap();
        fs::write(root.join("mine"), "mine").unwrap();
        fs::write(root.join("list"), "a\n").unwrap();

        let mut changes = Changes::below(&root);
        changes.create("mine", "other".into());
        changes.create("more", "more".into());
        changes.edit("list", |text| Ok(format!("{text}b\n"))).unwrap();
        assert!(matches!(changes.write(), Err(Error::Exists(path)) if path.ends_with("mine")));
        assert_eq!(fs::read_to_string(root.join("mine")).unwrap(), "mine");
        assert_eq!(fs::read_to_string(root.join("list")).unwrap(), "a\n");
        assert!(!root.join("more").exists());
        fs::remove_dir_all(&root).unwrap();
    }
}
