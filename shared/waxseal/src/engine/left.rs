//! The entity as a commit left it, for a caller that waits.

use std::sync::Arc;

use crate::{
    handler::Staged,
    lock::Lock,
    table::{Item, Key},
};

/// The entity of one route as the route's commit left it.
pub(crate) struct Left {
    consumer: Arc<str>,
    entity: Key,
    item: Lock<Option<Option<Item>>>,
}

impl Left {
    pub(super) fn new(consumer: Arc<str>, entity: Key) -> Self {
        Self { consumer, entity, item: Lock::default() }
    }

    /// Whether it is asked of this consumer.
    pub(super) fn is_of(&self, consumer: &Arc<str>) -> bool {
        self.consumer == *consumer
    }

    /// The entity as the commit of `staged` leaves it, which was decided on what was read `ahead`.
    pub(super) fn of(&self, staged: &Staged, ahead: &[(Key, Option<Item>)]) -> Option<Item> {
        let read = || ahead.iter().find(|(key, _)| *key == self.entity).and_then(|(_, item)| item.clone());
        staged.seen(&self.entity).unwrap_or_else(read)
    }

    pub(super) fn keep(&self, item: Option<Item>) {
        *self.item.lock() = Some(item);
    }

    /// The entity, where the handler has committed; `None` inside where its commit left none.
    pub(super) fn into_item(self) -> Option<Option<Item>> {
        self.item.into_inner()
    }
}
