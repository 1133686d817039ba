//! The command that a command undoes, in the metadata of the undo (S-72).

use serde::{Deserialize, Serialize};

use crate::{envelope::Envelope, malformed::Malformed, timestamp::Timestamp};

/// The metadata member that says which command is undone.
pub const UNDOES: &str = "undoes";

/// The command that a command undoes.
///
/// ```
/// use waxseal_message::{Envelope, Timestamp, UNDOES, Undoes};
/// # #[derive(serde::Serialize, serde::Deserialize)] struct ReleaseStock {}
/// # waxseal_message::command!(ReleaseStock { name: "release-stock", version: 1, recipient: "inventory" });
/// let sent = Timestamp::UNIX_EPOCH;
/// let mut release = Envelope::starting("u-1", "fulfilment", sent, ReleaseStock {});
/// assert_eq!(release.undoes().unwrap(), None);
/// let undoes = Undoes { id: "c-1".into(), source: "fulfilment".into(), sent, is_acknowledged: true };
/// release.metadata.insert(UNDOES.into(), serde_json::to_value(&undoes).unwrap());
/// assert_eq!(release.undoes().unwrap(), Some(undoes));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undoes {
    /// The id of the command's envelope.
    pub id: String,
    /// The source of the command's envelope.
    pub source: String,
    /// The time at which the command was sent.
    pub sent: Timestamp,
    /// Whether the sender has seen that the command was handled.
    #[serde(rename = "acknowledged")]
    pub is_acknowledged: bool,
}

impl<D> Envelope<D> {
    /// The command that this command undoes; `None` where it is no undo.
    ///
    /// # Errors
    /// Where the metadata has a member [`UNDOES`] of another form.
    pub fn undoes(&self) -> Result<Option<Undoes>, Malformed> {
        let Some(undoes) = self.metadata.get(UNDOES) else { return Ok(None) };
        Undoes::deserialize(undoes).map(Some).map_err(|_| {
            Malformed::new(format!(
                "its metadata has a member `{UNDOES}` that does not name a command by id, source, sent and acknowledged"
            ))
        })
    }
}
