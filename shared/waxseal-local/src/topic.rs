//! Topics: SNS fan-out to queues, with filter policies on the message body.

use std::{collections::BTreeMap, sync::Arc};

use waxseal::lock::Lock;
use waxseal_pattern::{Pattern, PatternError};

use crate::{
    limits::{self, Refused},
    message::NewMessage,
    queue::Queue,
    wire,
    world::World,
};

/// An SNS topic. Clones are the same topic.
#[derive(Debug, Clone)]
pub struct Topic {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    name: String,
    world: World,
    subscriptions: Lock<Arc<BTreeMap<String, Subscription>>>,
}

/// One queue's subscription.
#[derive(Debug, Clone)]
pub struct Subscription {
    /// The queue that gets the messages.
    pub queue: Queue,
    /// The filter policy, with scope `MessageBody`. `None` selects every message.
    pub filter: Option<Pattern>,
    /// Raw delivery: the message itself is the body, without SNS's wrapping.
    pub raw: bool,
}

impl Topic {
    pub(crate) fn new(name: &str, world: World) -> Self {
        let subscriptions = Lock::default();
        Self { inner: Arc::new(Inner { name: name.to_owned(), world, subscriptions }) }
    }

    /// Adds a subscription, or replaces the one of that name.
    ///
    /// # Errors
    /// Where SNS refuses the filter policy. It knows fewer operators than EventBridge, five keys
    /// and 150 combinations of values.
    pub fn subscribe(&self, name: &str, subscription: Subscription) -> Result<(), PatternError> {
        subscription.filter.as_ref().map_or(Ok(()), Pattern::check_filter_policy)?;
        let mut subscriptions = self.inner.subscriptions.lock();
        Arc::make_mut(&mut *subscriptions).insert(name.to_owned(), subscription);
        Ok(())
    }

    /// Removes a subscription, where there is one of that name.
    pub(crate) fn unsubscribe(&self, name: &str) {
        Arc::make_mut(&mut *self.inner.subscriptions.lock()).remove(name);
    }

    /// The names of its subscriptions.
    #[must_use]
    pub fn subscriptions(&self) -> Vec<String> {
        self.inner.subscriptions.lock().keys().cloned().collect()
    }

    /// Publishes a message to every subscription whose filter selects it. The result is the
    /// message's id.
    ///
    /// # Errors
    /// The refusals of SNS: more than 256 KiB, and an empty message.
    pub fn publish(&self, message: &str) -> Result<String, Refused> {
        self.send(message, None)
    }

    /// As [`Topic::publish`], on behalf of a tenant: SNS forwards it to the message groups of
    /// standard queues (S-48).
    ///
    /// # Errors
    /// As [`Topic::publish`], and where `tenant` is no message group.
    pub fn publish_for(&self, tenant: &str, message: &str) -> Result<String, Refused> {
        limits::group("InvalidParameter", tenant)?;
        self.send(message, Some(tenant))
    }

    fn send(&self, message: &str, tenant: Option<&str>) -> Result<String, Refused> {
        limits::notification(message, 0)?;
        let id = self.inner.world.random.uuid();
        let subscriptions = self.inner.subscriptions.lock().clone();
        for subscription in subscriptions.values() {
            // A body that is not JSON is selected by no filter, as at SNS.
            let selected = subscription.filter.as_ref().is_none_or(|filter| filter.matches_text(message));
            if selected {
                let body = if subscription.raw {
                    message.to_owned()
                } else {
                    wire::sns_notification(&self.inner.name, &id, self.inner.world.clock.now(), message)
                };
                let queue = &subscription.queue;
                // As at SNS, which forwards it to standard queues alone.
                let group = tenant.filter(|_| !queue.settings().fifo).map(str::to_owned);
                queue.deliver(NewMessage { group, ..NewMessage::new(body) }, &self.inner.name);
            }
        }
        Ok(id)
    }
}
