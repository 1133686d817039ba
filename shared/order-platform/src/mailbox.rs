//! The mailbox of this environment. It counts mails by effect key, and writes `.eml` files where a
//! folder is named.

use std::{io, path::PathBuf};

use notification::{Folder, Mail, Mailer, Memory, Undelivered};

/// A mailbox. Clones are the same one.
#[derive(Debug, Clone, Default)]
pub struct Mailbox {
    folder: Option<Folder>,
    arrived: Memory,
}

impl Mailbox {
    /// An empty mailbox, with a folder for files or without.
    ///
    /// # Errors
    /// Where the folder cannot be made.
    pub fn new(folder: Option<PathBuf>) -> io::Result<Self> {
        Ok(Self { folder: folder.map(Folder::new).transpose()?, arrived: Memory::default() })
    }

    /// The number of mails. One effect key is one mail: a repeat takes the place of the first, as a
    /// file of the same name does. SMTP would deliver both.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.arrived.mails().len() as u64
    }
}

impl Mailer for Mailbox {
    async fn send(&self, mail: Mail) -> Result<(), Undelivered> {
        if let Some(folder) = &self.folder {
            folder.send(mail.clone()).await?;
        }
        self.arrived.send(mail).await
    }
}
