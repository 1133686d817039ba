//! An object of the ledger: its name, and its lines.

use std::io::{Read as _, Write as _};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use sha2::{Digest as _, Sha256};
use waxseal::Timestamp;

use crate::entry::Entry;

/// The name of an object: service, day, and the sequence numbers of its first and last record.
///
/// It follows from the batch alone, so a batch that is delivered again has the same name. Lambda does
/// not tell the shard of a batch; sequence numbers are unique in a table's stream.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(String);

impl Name {
    /// The name of the object with these entries.
    pub(crate) fn of(service: &str, entries: &[Entry]) -> Option<Self> {
        let (first, last) = (entries.first()?, entries.last()?);
        let end = |entry: &Entry| {
            if entry.sequence.is_empty() { entry.record.clone() } else { entry.sequence.clone() }
        };
        // A record that cannot be read has no time.
        let at =
            entries.iter().map(|entry| entry.at).find(|at| *at != Timestamp::UNIX_EPOCH).unwrap_or(first.at);
        Some(Self(format!("{}{}-{}.jsonl.gz", day_prefix(service, &day(at)), end(first), end(last))))
    }

    /// The name as a text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The day of a time, in UTC: `2026-11-29`.
pub(crate) fn day(at: Timestamp) -> String {
    at.to_string().chars().take(10).collect()
}

/// The beginning of the names of a service's objects of a day. Athena reads `dt` as a partition.
pub(crate) fn day_prefix(service: &str, day: &str) -> String {
    format!("{service}/entries/dt={day}/")
}

/// The SHA-256 of some bytes, in hexadecimal digits.
pub(crate) fn hex_digest(bytes: &[u8]) -> String {
    waxseal_message::hex(&Sha256::digest(bytes))
}

/// The lines of the entries, compressed. The same entries give the same bytes.
pub(crate) fn pack(entries: &[Entry]) -> Vec<u8> {
    let mut lines = GzEncoder::new(Vec::new(), Compression::fast());
    for entry in entries {
        // An entry is texts, numbers and JSON, and a vector takes every byte.
        let line = serde_json::to_vec(entry).unwrap_or_default();
        let _ = lines.write_all(&line).and_then(|()| lines.write_all(b"\n"));
    }
    lines.finish().unwrap_or_default()
}

/// An object holds no lines of entries.
#[derive(Debug, thiserror::Error)]
#[error("object {name}, line {line}: {reason}")]
#[non_exhaustive]
pub struct NotAnObject {
    /// The object's name.
    pub name: String,
    /// The line, from 1; 0 where the object cannot be unpacked.
    pub line: usize,
    /// The reason, without the content.
    pub reason: String,
}

/// The entries of an object.
pub(crate) fn unpack(name: &str, body: &[u8]) -> Result<Vec<Entry>, NotAnObject> {
    let mut text = String::new();
    let broken = |line, reason: String| NotAnObject { name: name.to_owned(), line, reason };
    GzDecoder::new(body).read_to_string(&mut text).map_err(|error| broken(0, error.to_string()))?;
    let entry = |(line, text): (usize, &str)| {
        serde_json::from_str(text)
            .map_err(|error| broken(line + 1, format!("no entry, at column {}", error.column())))
    };
    text.lines().enumerate().map(entry).collect()
}
