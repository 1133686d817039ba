//! Ordered groups that are blocked since one of their records was dead-lettered (S-32).

use crate::{
    commit::{Access, CommitError},
    engine::handle::Engine,
    error_chain::error_chain,
    fault::Fault,
    handler::Failure,
    row::group_block,
    table::{Action, Condition, Write, WriteError, attribute},
};

impl Engine {
    /// The reason why a group is blocked; `None` where it is not.
    ///
    /// # Errors
    /// Where the table cannot be read.
    pub async fn blocked_group(&self, group: &str) -> Result<Option<String>, Failure> {
        self.block_reason(Access::Alone(self.table()), group).await
    }

    /// Unblocks an ordered group that was blocked under
    /// [`GroupPolicy::Block`](crate::batch::GroupPolicy::Block): after its dead letter was handled.
    /// Returns whether it was blocked.
    ///
    /// # Errors
    /// Where the table cannot be written.
    pub async fn unblock_group(&self, group: &str) -> Result<bool, Failure> {
        let access = Access::Alone(self.table());
        let key = group_block::key(&self.inner.service.name, group);
        let items = access.get(vec![key.clone()]).await?;
        let Some(Some(item)) = items.into_iter().next() else { return Ok(false) };
        let Some(owner) = item.get_text(attribute::WRITER).map(str::to_owned) else {
            let standing = item.standing(attribute::WRITER);
            return Err(Failure::Fault(Fault::permanent(format!(
                "item {key} blocks the group and its attribute `owner` is {standing}: remove the item"
            ))));
        };
        let write = Write { action: Action::Delete(key), condition: Condition::Writer(owner) };
        match access.commit(vec![write], Vec::new()).await {
            Ok(()) => Ok(true),
            // Another call unblocked it.
            Err(CommitError::Write(WriteError::Refused(_))) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) async fn block_reason(
        &self,
        access: Access<'_>,
        group: &str,
    ) -> Result<Option<String>, Failure> {
        let items = access.get(vec![group_block::key(&self.inner.service.name, group)]).await?;
        let item = items.into_iter().next().flatten();
        Ok(item.as_ref().map(group_block::reason))
    }

    /// Blocks a group from now on; the first reason is kept.
    pub(crate) async fn block(&self, access: Access<'_>, group: &str, reason: &str) -> Result<(), Failure> {
        let (now, token) = (self.inner.host.now(), self.inner.host.token());
        let item = group_block::item(group_block::key(&self.inner.service.name, group), reason, token);
        let write = Write { action: Action::Put(item), condition: Condition::Absent { now } };
        match self.inner.write(access, vec![write], Vec::new(), token).await {
            Ok(()) | Err(CommitError::Write(WriteError::Refused(_)) | CommitError::ConflictInBatch(_)) => {
                Ok(())
            }
            Err(error) => {
                let failure = Failure::from(error);
                tracing::error!(group, error = error_chain(&failure), "the group could not be blocked");
                Err(failure)
            }
        }
    }
}
