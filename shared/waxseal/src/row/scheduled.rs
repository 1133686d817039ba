//! A message that is sent later: an item of its own, without TTL, until it has been sent (S-71).

use crate::{
    emission::Emission,
    row::{Times, sort},
    table::{Item, Key, attribute},
};
use waxseal_message::Timestamp;

/// The attribute with the message.
const MESSAGE: &str = "message";
/// The only version of such an item: it is written once, and removed once.
pub(crate) const VERSION: u64 = 1;

/// The key of the message with this id.
pub(crate) fn key(id: &str) -> Key {
    Key::of("scheduled", &[id], sort::SCHEDULED)
}

/// Whether a key is that of such a message.
pub(crate) fn is_key(key: &Key) -> bool {
    key.sort == sort::SCHEDULED
}

/// The item of a message that is sent at `at`. `message` is an [`Emission`] as JSON.
pub(crate) fn item(key: Key, message: String, at: Timestamp) -> Item {
    let item = Item::new(key).number(attribute::VERSION, 1).text(MESSAGE, message);
    Times { wake: Some(at), expires: None }.on(item)
}

/// The message of such an item.
///
/// # Errors
/// Where something else wrote the item.
pub(crate) fn read(item: &Item) -> Result<Emission, String> {
    let text = item.get_text(MESSAGE).ok_or_else(|| {
        let standing = item.standing(MESSAGE);
        format!("item {} is no scheduled message: its attribute `{MESSAGE}` is {standing}", item.key)
    })?;
    serde_json::from_str(text).map_err(|error| {
        format!("item {} is no scheduled message: {}", item.key, waxseal_message::misfit(&error))
    })
}
