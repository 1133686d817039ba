//! The sort keys of the protocol's own items.

/// A receipt.
pub const RECEIPT: &str = "receipt";
/// An entity's state.
pub const STATE: &str = "state";
/// A consumer's place in a sequence (S-34).
pub const CURSOR: &str = "cursor";
/// The marker of a run that has not ended (S-28).
pub const MARKER: &str = "marker";
/// The block of a FIFO group (S-32).
pub const GROUP: &str = "group";
/// A message that is sent later.
pub const SCHEDULED: &str = "scheduled";
/// How far a rebuild is.
pub const REBUILD: &str = "rebuild";
/// The version of a projection that queries read.
pub const POINTER: &str = "pointer";
/// The beginning of the sort keys of recorded events. The number of the first one follows.
pub const EVENT: &str = "event#";
/// The beginning of the sort keys of a projection's rows. The place in the group follows.
pub const ROW: &str = "row#";
/// All that are whole sort keys.
const WHOLE: [&str; 8] = [RECEIPT, STATE, CURSOR, MARKER, GROUP, SCHEDULED, REBUILD, POINTER];

/// Whether a sort key is that of an item of the protocol.
///
/// ```
/// use waxseal::row::sort::is_own;
/// assert!(is_own("receipt") && is_own("event#00000000000000000001") && !is_own("invoice"));
/// ```
#[must_use]
pub fn is_own(sort: &str) -> bool {
    WHOLE.contains(&sort) || sort.starts_with(EVENT) || sort.starts_with(ROW)
}
