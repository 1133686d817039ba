//! Ids that are a function of their cause (S-45).

use sha2::{Digest, Sha256};

/// The id of the `index`-th message that `consumer` emits about one cause: a UUID of version 8
/// (S-45).
///
/// A second run gives the same ids. Every part is length-prefixed, so different parts never hash
/// alike.
///
/// ```
/// let id = waxseal_message::derived_id("orders", "key-1", "inventory/reserve-stock", 0);
/// assert_eq!(id, waxseal_message::derived_id("orders", "key-1", "inventory/reserve-stock", 0));
/// assert_ne!(id, waxseal_message::derived_id("orders", "key-1", "inventory/reserve-stock", 1));
/// assert_eq!(id.as_bytes()[14], b'8');
/// ```
#[must_use]
pub fn derived_id(cause_source: &str, cause_id: &str, consumer: &str, index: u32) -> String {
    uuid8(&["emit", cause_source, cause_id, consumer], index)
}

/// The key of the `index`-th outside effect of one event. It is the same on every attempt and never
/// equals an emitted id.
#[must_use]
pub fn effect_key(source: &str, id: &str, consumer: &str, index: u32) -> String {
    uuid8(&["effect", source, id, consumer], index)
}

/// The id of the timeout that an engine makes of a timer: a function of the process, its key, the timer, the time at which it
/// was due, and the number of its arming (S-69). A timer that is armed again for the same time gives another.
#[must_use]
pub fn timeout_id(process: &str, key: &str, timer: &str, due: &str, arming: &str) -> String {
    uuid8(&["timeout", process, key, timer, due, arming], 0)
}

fn uuid8(parts: &[&str], index: u32) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.update(index.to_be_bytes());
    let digest = hasher.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hex(&bytes);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// Bytes as lower-case hex digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: [u8; 16] = *b"0123456789abcdef";
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}
