//! A ledger in a folder: for a development server that keeps its data.

use std::{
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use crate::store::{LedgerStore, Put, StoreError};

/// Objects as files below a folder.
///
/// A file appears under its name only once it is whole, by a link that fails where the name is
/// taken. So a process that is killed leaves no half of an object.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    writes: AtomicU64,
}

impl Folder {
    /// The objects below `root`, which is made with the first object.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), writes: AtomicU64::new(0) }
    }

    fn write(&self, name: &str, body: &[u8]) -> io::Result<Put> {
        let path = self.root.join(name);
        if path.exists() {
            return Ok(Put::Known);
        }
        let parent = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(parent)?;
        let number = self.writes.fetch_add(1, Ordering::Relaxed);
        let part = parent.join(format!(".part-{}-{number}", std::process::id()));
        let mut file = fs::File::create(&part)?;
        file.write_all(body)?;
        file.sync_all()?;
        let linked = fs::hard_link(&part, &path);
        fs::remove_file(&part)?;
        match linked {
            Ok(()) => Ok(Put::New),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(Put::Known),
            Err(error) => Err(error),
        }
    }
}

impl LedgerStore for Folder {
    async fn put(&self, name: &str, body: Vec<u8>) -> Result<Put, StoreError> {
        self.write(name, &body).map_err(|error| StoreError::new("put", name, error))
    }

    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        match fs::read(self.root.join(name)) {
            Ok(body) => Ok(Some(body)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StoreError::new("get", name, error)),
        }
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let mut names = Vec::new();
        files(&self.root, &self.root, &mut names).map_err(|error| StoreError::new("list", prefix, error))?;
        names.retain(|name| name.starts_with(prefix));
        names.sort_unstable();
        Ok(names)
    }
}

fn files(root: &Path, folder: &Path, names: &mut Vec<String>) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let path = entry?.path();
        let is_part = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(".part-"));
        if path.is_dir() {
            files(root, &path, names)?;
        } else if !is_part && let Ok(name) = path.strip_prefix(root) {
            names.push(name.to_string_lossy().replace('\\', "/"));
        }
    }
    Ok(())
}
