//! Ordered groups that are held back since one of theirs was dead-lettered (S-32).

use super::{CommitError, Engine, Failure, group::Access};
use crate::{
    Fault, chain,
    item::{Action, Condition, Item, Key, Write, attribute, sort},
    table::WriteError,
};

const REASON: &str = "reason";

fn key(service: &str, group: &str) -> Key {
    Key::of("held", &[service, group], sort::GROUP)
}

impl Engine {
    /// Why a group is held back, if it is.
    ///
    /// # Errors
    /// Where the table cannot be read.
    pub async fn held_group(&self, group: &str) -> Result<Option<String>, Failure> {
        self.held(Access::Alone(self.table()), group).await
    }

    /// Lets an ordered group go on that was held back under [`GroupPolicy::Block`](crate::batch::GroupPolicy::Block):
    /// once what was dead-lettered is dealt with. Whether it was held back.
    ///
    /// # Errors
    /// Where the table cannot be written.
    pub async fn release_group(&self, group: &str) -> Result<bool, Failure> {
        let access = Access::Alone(self.table());
        let key = key(&self.inner.service.name, group);
        let items = access.get(vec![key.clone()]).await?;
        let Some(Some(item)) = items.into_iter().next() else { return Ok(false) };
        let Some(owner) = item.get_text(attribute::OWNER).map(str::to_owned) else {
            let standing = item.standing(attribute::OWNER);
            return Err(Failure::Fault(Fault::permanent(format!(
                "item {key} holds the group back and its attribute `owner` is {standing}: remove the item"
            ))));
        };
        let write = Write { action: Action::Delete(key), condition: Condition::Owner(owner) };
        match access.commit(vec![write], Vec::new()).await {
            Ok(()) => Ok(true),
            // Somebody else released it.
            Err(CommitError::Write(WriteError::Refused(_))) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) async fn held(&self, access: Access<'_>, group: &str) -> Result<Option<String>, Failure> {
        let items = access.get(vec![key(&self.inner.service.name, group)]).await?;
        let item = items.into_iter().next().flatten();
        Ok(item.map(|item| match item.get_text(REASON) {
            Some(reason) => reason.to_owned(),
            // It holds all the same: to go on would break the order.
            None => format!("the item {} says so, whose `{REASON}` is {}", item.key, item.standing(REASON)),
        }))
    }

    /// Holds a group back from now on; the first reason stands.
    pub(crate) async fn hold(&self, access: Access<'_>, group: &str, reason: &str) -> Result<(), Failure> {
        let (now, token) = (self.inner.host.now(), self.inner.host.token());
        let item = Item::new(key(&self.inner.service.name, group))
            .text(REASON, reason)
            .text(attribute::OWNER, token.to_string());
        let write = Write { action: Action::Put(item), condition: Condition::Absent { now } };
        match self.inner.write(access, vec![write], Vec::new(), token).await {
            Ok(()) | Err(CommitError::Write(WriteError::Refused(_)) | CommitError::Crossed(_)) => Ok(()),
            Err(error) => {
                let failure = Failure::from(error);
                tracing::error!(group, error = chain(&failure), "the group could not be held back");
                Err(failure)
            }
        }
    }
}
