//! The stack of a service in the making.

use serde_json::{Map, Value, json};
use waxseal_catalog::{
    App, Deployed,
    routes::{QueueKind, Routes},
};

use crate::{
    bus,
    names::{self, import, pascal},
};

/// Collects the resources and outputs of a service's stack.
pub(crate) struct StackBuilder<'a> {
    pub(crate) app: &'a App,
    pub(crate) service: &'a Deployed,
    pub(crate) routes: Routes,
    pub(super) resources: Map<String, Value>,
    pub(super) outputs: Map<String, Value>,
}

impl StackBuilder<'_> {
    /// `shop-${Stage}-orders-dlq`.
    pub(crate) fn named(&self, rest: &str) -> String {
        names::named(self.app, &format!("{}{rest}", self.service.name()))
    }

    pub(crate) fn add(&mut self, id: impl Into<String>, resource: Value) {
        self.resources.insert(id.into(), resource);
    }

    pub(crate) fn output(&mut self, id: impl Into<String>, value: Value) {
        self.outputs.insert(id.into(), json!({ "Value": value }));
    }

    /// The ARN of a topic, from the bus's stack.
    pub(super) fn topic_arn(&self, topic: &str) -> Value {
        import(bus::topic_export(self.app, topic))
    }

    pub(crate) fn tags(&self) -> Value {
        names::tags(&self.app.name, self.service.name())
    }
}

/// The logical id of a queue: `Events`, `Commands`.
pub(crate) fn queue_id(queue: QueueKind) -> String {
    pascal(queue.as_str())
}
