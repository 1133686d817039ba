//! How a mail leaves, and two ways that need no server.

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
    /// A UUID: safe in a file's name.
    pub effect_key: String,
    /// The mail, with recipient and all headers.
    pub message: Message,
}

/// Sends mail.
pub trait Mailer: Send + Sync + 'static {
    /// Sends a mail; `Ok` once somebody else has taken responsibility for it.
    ///
    /// # Errors
    /// Where nobody has; it may have been sent all the same.
    fn send(&self, mail: Mail) -> impl Future<Output = Result<(), Undelivered>> + Send;
}

/// Nobody took the mail.
#[derive(Debug, thiserror::Error)]
#[error("the mail was not taken")]
pub struct Undelivered {
    /// The same mail will never be taken.
    pub permanent: bool,
    /// Why.
    pub source: BoxError,
}

/// Writes each mail to `<effect key>.eml` in a folder.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Mails go to `path`, which is made where it does not exist.
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
        // Under another name first: whoever looks into the folder finds whole mails only.
        let unfinished = self.path.join(format!("{}.part", mail.effect_key));
        fs::write(&unfinished, mail.message.formatted())?;
        fs::rename(&unfinished, self.path.join(format!("{}.eml", mail.effect_key)))
    }
}

impl Mailer for Folder {
    // Blocks for one small file: the embedded environment has nothing better to do meanwhile.
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
    /// The mails by effect key, as they would go over the wire.
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
