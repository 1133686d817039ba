//! DynamoDB's limits of one request.

use crate::table::item::{Key, Write};

/// A limit of one DynamoDB write request, found before anything is sent (C-2).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TooLarge {
    /// More actions than a transaction takes.
    #[error("{count} actions, {LARGEST_ACTIONS} at most")]
    Actions {
        /// The number of actions.
        count: usize,
    },
    /// An item exceeds the limit.
    #[error("item {key} has {bytes} bytes, {LARGEST_ITEM} at most")]
    Item {
        /// The item's key.
        key: Key,
        /// The item's size in bytes.
        bytes: usize,
    },
    /// The transaction as a whole exceeds the limit.
    #[error("{bytes} bytes in all, {LARGEST_COMMIT} at most; the largest item is {largest}")]
    Commit {
        /// The size of the transaction in bytes.
        bytes: usize,
        /// The key of the largest item.
        largest: Key,
    },
    /// A key exceeds the limit.
    #[error("the key that starts with {start} has {bytes} bytes, {limit} at most")]
    Key {
        /// The beginning of the key.
        start: String,
        /// The key's size in bytes.
        bytes: usize,
        /// The limit in bytes; partition and sort keys have different ones.
        limit: usize,
    },
    /// Two actions concern one item.
    #[error("two actions on item {key}")]
    Twice {
        /// The item's key.
        key: Key,
    },
}

/// Actions in one transaction. Source: DynamoDB developer guide, "Quotas".
pub const LARGEST_ACTIONS: usize = 100;
/// Bytes of one item. Source: as above; 400 KB.
pub const LARGEST_ITEM: usize = 400 * 1024;
/// Bytes of one transaction. Source: as above; 4 MB.
pub const LARGEST_COMMIT: usize = 4 * 1024 * 1024;

/// Keys of one batch read. Source: `BatchGetItem` in the API reference.
pub const LARGEST_READ: usize = 100;

/// Bytes of a partition key. Source: as above.
pub const LARGEST_PARTITION: usize = 2048;
/// Bytes of a sort key. Source: as above.
pub const LARGEST_SORT: usize = 1024;

/// Checks the limits of one write request: every [`Table`](crate::Table) calls this function first.
///
/// # Errors
/// The exceeded limit, with the items.
pub fn check_size(writes: &[Write]) -> Result<(), TooLarge> {
    if writes.len() > LARGEST_ACTIONS {
        return Err(TooLarge::Actions { count: writes.len() });
    }
    for Key { partition, sort } in writes.iter().map(Write::key) {
        for (text, limit) in [(&**partition, LARGEST_PARTITION), (&**sort, LARGEST_SORT)] {
            if text.len() > limit {
                let start = text[..text.floor_char_boundary(64)].to_owned();
                return Err(TooLarge::Key { start, bytes: text.len(), limit });
            }
        }
    }
    let mut keys: Vec<&Key> = writes.iter().map(Write::key).collect();
    keys.sort_unstable();
    if let Some(pair) = keys.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(TooLarge::Twice { key: pair[0].clone() });
    }
    let (mut bytes, mut largest) = (0, (0, None));
    for write in writes {
        let size = write.bytes();
        if size > LARGEST_ITEM {
            return Err(TooLarge::Item { key: write.key().clone(), bytes: size });
        }
        bytes += size;
        largest = largest.max((size, Some(write.key())));
    }
    match largest {
        (_, Some(largest)) if bytes > LARGEST_COMMIT => {
            Err(TooLarge::Commit { bytes, largest: largest.clone() })
        }
        _ => Ok(()),
    }
}
