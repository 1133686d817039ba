//! The names of a handler: one consumer of receipts for each (S-49).
//!
//! The oldest name is the one that receipts, effect keys and emitted ids are of, so that an old build and a new one meet in one
//! receipt. To keep the new name's receipts and only check the old name's was the alternative. The old build does not know the new
//! name, so a message that the new build handled first would take effect again in the old one.

use std::sync::Arc;

/// The names of a handler in its service.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    /// Service and oldest name: whose receipt it is (S-18).
    pub(crate) consumer: Arc<str>,
    /// The same with the other names, newest first. Empty where it never had another.
    pub(crate) others: Arc<[Arc<str>]>,
    /// The former names alone, newest first.
    former: Arc<[&'static str]>,
}

impl Names {
    /// The names of a handler or an effect.
    pub(crate) fn of_handler(service: &str, name: &'static str, former: &[&'static str]) -> Self {
        let consumers = std::iter::once(&name).chain(former).map(|name| format!("{service}/{name}").into());
        Self::new(consumers.collect(), former.into())
    }

    /// The names of one decision: those of its aggregate, then those of the handlers before it.
    pub(crate) fn of_decision(
        service: &str,
        (name, former): (&'static str, &[&'static str]),
        message: &str,
        handlers: &[&'static str],
    ) -> Self {
        let aggregates = std::iter::once(&name).chain(former);
        let decisions = aggregates.map(|name| format!("{service}/{name}/{message}").into());
        let handlers = handlers.iter().map(|name| format!("{service}/{name}").into());
        Self::new(decisions.chain(handlers).collect(), former.into())
    }

    /// The names of a projection at one event. Each version is a consumer of its own.
    pub(crate) fn of_projection(service: &str, name: &str, version: u16, message: &str) -> Self {
        Self::new(vec![format!("{service}/{name}@{version}/{message}").into()], [].into())
    }

    fn new(mut consumers: Vec<Arc<str>>, former: Arc<[&'static str]>) -> Self {
        let consumer = consumers.pop().unwrap_or_default();
        Self { consumer, others: consumers.into(), former }
    }

    /// Every consumer, the oldest first.
    pub(crate) fn consumers(&self) -> impl Iterator<Item = &Arc<str>> {
        std::iter::once(&self.consumer).chain(&*self.others)
    }

    /// The former names, newest first.
    pub(crate) fn former(&self) -> &[&'static str] {
        &self.former
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s49_receipts_are_of_the_oldest_name() {
        let listed = |names: &Names| names.consumers().map(|name| name.to_string()).collect::<Vec<_>>();
        assert_eq!(listed(&Names::of_handler("s", "c", &[])), ["s/c"]);
        assert_eq!(listed(&Names::of_handler("s", "c", &["b", "a"])), ["s/a", "s/c", "s/b"]);
        let names = Names::of_decision("s", ("orders", &["book"]), "order.placed", &["place"]);
        assert_eq!(listed(&names), ["s/place", "s/orders/order.placed", "s/book/order.placed"]);
    }
}
