//! The event bus: rules with patterns, each with one target queue.

use std::{cell::OnceCell, collections::BTreeMap, sync::Arc};

use waxseal::lock::Lock;
use waxseal_pattern::Pattern;

use crate::{
    entry::Entry,
    limits::{self, Refused},
    message::NewMessage,
    queue::Queue,
    wire,
    world::World,
};

/// The part of an event that a rule hands to its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Input {
    /// The whole event.
    #[default]
    Whole,
    /// Its detail alone: `InputPath: $.detail`.
    Detail,
}

/// An EventBridge bus. Clones are the same bus.
#[derive(Debug, Clone)]
pub struct Bus {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    world: World,
    rules: Lock<Arc<BTreeMap<String, Rule>>>,
}

#[derive(Debug, Clone)]
struct Rule {
    pattern: Pattern,
    target: Queue,
    input: Input,
}

impl Bus {
    pub(crate) fn new(world: World) -> Self {
        Self { inner: Arc::new(Inner { world, rules: Lock::default() }) }
    }

    /// Adds a rule, or replaces the one of that name.
    pub fn rule(&self, name: &str, pattern: Pattern, target: &Queue, input: Input) {
        let rule = Rule { pattern, target: target.clone(), input };
        Arc::make_mut(&mut *self.inner.rules.lock()).insert(name.to_owned(), rule);
    }

    /// Removes a rule, where there is one of that name.
    pub(crate) fn remove(&self, name: &str) {
        Arc::make_mut(&mut *self.inner.rules.lock()).remove(name);
    }

    /// The names of its rules.
    #[must_use]
    pub fn rules(&self) -> Vec<String> {
        self.inner.rules.lock().keys().cloned().collect()
    }

    /// Puts one event. Every rule that selects it sends it to its target. The result is the event's
    /// id.
    ///
    /// # Errors
    /// The refusals of `PutEvents`: 1 MiB, a `Detail` that is no object or deeper than 1,100
    /// levels, sources that begin with `aws.`.
    pub fn put(&self, entry: &Entry) -> Result<String, Refused> {
        self.send(entry, None)
    }

    /// Puts one event as the replay of that name brings it from an archive (S-40).
    ///
    /// # Errors
    /// As [`Bus::put`]: an archive holds no other event.
    pub fn replay(&self, name: &str, entry: &Entry) -> Result<String, Refused> {
        self.send(entry, Some(name))
    }

    fn send(&self, entry: &Entry, replay: Option<&str>) -> Result<String, Refused> {
        limits::entry(entry)?;
        let id = self.inner.world.random.uuid();
        // Written once, and only where a rule asks for it.
        let text = OnceCell::new();
        let event = || {
            let write = || wire::event_bridge(&id, self.inner.world.clock.now(), entry, replay);
            &**text.get_or_init(write)
        };
        let selects = |pattern: &Pattern| {
            let known = pattern.matches_fields(|path| wire::field(entry, path));
            known.unwrap_or_else(|| pattern.matches_text(event()))
        };
        self.hand(selects, event, entry.detail.get());
        Ok(id)
    }

    /// Hands a whole event to the target of every rule that selects it.
    pub(crate) fn route(&self, event: &str, detail: &str) {
        self.hand(|pattern| pattern.matches_text(event), || event, detail);
    }

    fn hand<'a>(&self, selects: impl Fn(&Pattern) -> bool, event: impl Fn() -> &'a str, detail: &str) {
        let rules = self.inner.rules.lock().clone();
        for (name, rule) in rules.iter().filter(|(_, rule)| selects(&rule.pattern)) {
            let body = match rule.input {
                Input::Whole => event(),
                Input::Detail => detail,
            };
            // Without a tenant: a rule on AWS holds one constant `MessageGroupId` at most (S-48).
            rule.target.deliver(NewMessage::new(body), name);
        }
    }
}
