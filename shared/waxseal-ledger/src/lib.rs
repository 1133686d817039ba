//! The ledger of a service: every committed write of its table, kept for ever.
//!
//! A table's receipts expire, its stream forgets after a day, and a bus's archive is short and has no
//! order. The ledger is the stream, kept: an [`Entry`] for each write, in objects of JSON lines. It
//! costs the table no write unit.
//!
//! [`write()`] turns a batch of a DynamoDB stream into an object and puts it into a [`LedgerStore`], which takes
//! each name once. A batch that is delivered again, or overlaps, does no harm: [`read()`] gives each
//! record once (E-11). [`seal`] adds a digest of new objects to a chain, and [`verify`] shows any edit,
//! removal or swap up to the last digest (E-12).
//!
//! What writes nothing leaves no entry: duplicates, and failed attempts of transactional handlers.
//!
//! The crate decides without a clock and a runtime, and knows no AWS client.

mod chain;
mod entry;
mod folder;
mod image;
mod kind;
mod memory;
mod messages;
mod object;
mod reading;
mod store;
mod stream;
mod writing;

pub use chain::{Digest, Finding, Sealed, seal, verify};
pub use entry::{Entry, EntryKind, Handled};
pub use folder::Folder;
pub use memory::Memory;
pub use messages::{Selection, UnreadableMessage, messages};
pub use object::{Name, NotAnObject};
pub use reading::{Days, ReadError, read};
pub use store::{LedgerStore, Put, StoreError};
pub use writing::{WriteError, Written, write};
