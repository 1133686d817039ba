//! The interface that sends mail, and two implementations that need no server.

use std::{
    collections::BTreeMap,
    fs,
    future::Future,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use lettre::Message;
use waxseal::{BoxError, lock::Lock};

/// A mail, and the key that is the same on every attempt to send it.
#[derive(Debug, Clone)]
pub struct Mail {
    /// The key, a UUID, which is safe in a file's name.
    pub effect_key: String,
    /// The mail, with recipient and all headers.
    pub message: Message,
}

/// Sends mail.
pub trait Mailer: Send + Sync + 'static {
    /// Sends a mail. After `Ok` another server is responsible for it.
    ///
    /// # Errors
    /// Where no server has accepted it; it may have been sent nevertheless.
    fn send(&self, mail: Mail) -> impl Future<Output = Result<(), Undelivered>> + Send;
}

/// The error for a mail that no server accepted.
#[derive(Debug, thiserror::Error)]
#[error("the mail was not taken")]
pub struct Undelivered {
    /// Whether the same mail will never be accepted.
    pub permanent: bool,
    /// The cause.
    pub source: BoxError,
}

/// Writes each mail to `<effect key>.eml` in a folder.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Writes mails to `path`, which is made where it does not exist.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn new(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        fs::create_dir_all(&path)?;
        Ok(Self { path })
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn write(&self, mail: &Mail) -> io::Result<()> {
        // The file gets its name last, so that readers of the folder find complete mails only.
        let unfinished = self.path.join(format!("{}.part", mail.effect_key));
        fs::write(&unfinished, mail.message.formatted())?;
        fs::rename(&unfinished, self.path.join(format!("{}.eml", mail.effect_key)))
    }
}

impl Mailer for Folder {
    // The write of a small file blocks, which is cheap enough for the embedded environment.
    async fn send(&self, mail: Mail) -> Result<(), Undelivered> {
        self.write(&mail).map_err(|source| Undelivered { permanent: false, source: source.into() })
    }
}

/// Keeps mails in memory, by effect key. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    mails: Arc<Lock<BTreeMap<String, Vec<u8>>>>,
}

impl Memory {
    /// The mails by effect key, in their form on the wire.
    #[must_use]
    pub fn mails(&self) -> BTreeMap<String, Vec<u8>> {
        self.mails.lock().clone()
    }
}

impl Mailer for Memory {
    async fn send(&self, mail: Mail) -> Result<(), Undelivered> {
        let mut mails = self.mails.lock();
        mails.insert(mail.effect_key, mail.message.formatted());
        Ok(())
    }
}
