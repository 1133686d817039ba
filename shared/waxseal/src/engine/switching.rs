//! The versions of a projection: which one queries read, and the end of one that nobody reads.

use crate::{
    commit::Access,
    engine::handle::Engine,
    handler::{Failure, Projection, row_kind},
    row::{pointer, rebuild},
    table::{Action, Condition, Item, Key, Scan, Table, TableError, Write, WriteError, attribute},
};

/// The rows of one step of a removal: as many as fit one write request.
const STEP: usize = 90;

impl Engine {
    /// Lets queries read the rows of `P`'s version from now on, where they read those of `from` now; `None` is a projection whose
    /// pointer was never moved. Of two that switch at once, one succeeds. Gives whether the pointer was moved.
    ///
    /// Switch once the version is [rebuilt](crate::batch::Rebuild), and the service counts live events into it.
    ///
    /// # Errors
    /// Where the table cannot be read or written.
    pub async fn switch<P: Projection>(&self, from: Option<u16>) -> Result<bool, Failure> {
        let access = Access::Alone(&*self.inner.table);
        let found = access.get(vec![pointer::key(P::NAME)]).await?.pop().flatten();
        let read = found.as_ref().and_then(pointer::read);
        if found.is_some() != read.is_some() || read.map(|pointer| pointer.current) != from {
            return Ok(false);
        }
        let write = pointer::write(P::NAME, P::VERSION, read, self.now());
        match self.inner.table.write(&[write]).await {
            Ok(()) => Ok(true),
            Err(WriteError::Refused(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// The rows of a version of a projection were not removed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DropError {
    /// Queries read this version: [switch](Engine::switch) to another one first.
    #[error("queries read {kind}: switch to another version first")]
    Current {
        /// The projection and its version.
        kind: String,
    },
    /// The table cannot be read.
    #[error(transparent)]
    Table(#[from] TableError),
    /// A row was not removed. A further call goes on.
    #[error("a row was not removed")]
    Write(#[source] WriteError),
}

/// Removes the rows of a version of a projection that nobody reads any more, and the place of its
/// rebuild. Deploy a build without the version first: it would write rows again. Its receipts expire
/// by themselves.
///
/// It scans the table, which DynamoDB bills whole. Gives the number of rows. It may be killed and
/// called again.
///
/// # Errors
/// [`DropError`]; a version that queries read stays.
pub async fn drop_rows<P: Projection>(table: &impl Table) -> Result<u64, DropError> {
    let kind = row_kind::<P>();
    let found = table.get(&[pointer::key(P::NAME)]).await?.pop().flatten();
    if found.as_ref().and_then(pointer::read).is_some_and(|pointer| pointer.current == P::VERSION) {
        return Err(DropError::Current { kind });
    }
    let (prefix, place) = (format!("{kind}#"), rebuild::key(&kind));
    let (mut scan, mut dropped) = (Scan::having(attribute::VERSION), 0);
    loop {
        let page = table.scan(&scan).await?;
        let is_its = |item: &&Item| item.key.partition.starts_with(&prefix) || item.key == place;
        let gone: Vec<Write> = page.items.iter().filter(is_its).filter_map(removal).collect();
        for step in gone.chunks(STEP) {
            table.write(step).await.map_err(DropError::Write)?;
        }
        let rows = gone.iter().filter(|write| *write.key() != place).count();
        dropped += u64::try_from(rows).unwrap_or(u64::MAX);
        let Some(next) = page.next else { return Ok(dropped) };
        scan = scan.after(Some(next));
    }
}

/// The removal of a row as it was read.
fn removal(item: &Item) -> Option<Write> {
    let version = item.get_number(attribute::VERSION).and_then(|version| u64::try_from(version).ok())?;
    let key: Key = item.key.clone();
    Some(Write { action: Action::Delete(key), condition: Condition::Version(version) })
}
