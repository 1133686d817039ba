//! The entity after a commit, for a caller that waits.

use std::sync::Arc;

use crate::{
    handler::Staged,
    lock::Lock,
    table::{Item, Key},
};

/// The entity of one route after the route's commit.
pub(crate) struct Left {
    consumer: Arc<str>,
    entity: Key,
    item: Lock<Option<Option<Item>>>,
}

impl Left {
    pub(super) fn new(consumer: Arc<str>, entity: Key) -> Self {
        Self { consumer, entity, item: Lock::default() }
    }

    /// Whether the caller asks for the entity of this consumer.
    pub(super) fn is_of(&self, consumer: &Arc<str>) -> bool {
        self.consumer == *consumer
    }

    /// The entity after the commit of `staged`, which was decided on the items read `ahead`.
    pub(super) fn of(&self, staged: &Staged, ahead: &[(Key, Option<Item>)]) -> Option<Item> {
        let read = || ahead.iter().find(|(key, _)| *key == self.entity).and_then(|(_, item)| item.clone());
        staged.seen(&self.entity).unwrap_or_else(read)
    }

    pub(super) fn keep(&self, item: Option<Item>) {
        *self.item.lock() = Some(item);
    }

    /// The entity, where the handler has committed. The inner value is `None` where its commit left
    /// no entity.
    pub(super) fn into_item(self) -> Option<Option<Item>> {
        self.item.into_inner()
    }
}
