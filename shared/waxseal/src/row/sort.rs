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
/// All of them.
pub const ALL: [&str; 6] = [RECEIPT, STATE, CURSOR, MARKER, GROUP, SCHEDULED];
