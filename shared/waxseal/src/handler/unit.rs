//! The unit of work: the only door to state and to the outbox.

use std::{marker::PhantomData, time::Duration};

use crate::handler::staged::{Change, Staged, To};
use crate::{
    commit::Access,
    emission::{DelayError, Emission},
    fault::Fault,
    handler::{decoded::Decoded, staged_message::StagedMessage},
    row::{Entity, Loaded, Stored, state},
    table::{Item, Key},
};
use waxseal_message::{
    Channel, Command, Contains, Emits, Envelope, Event, NUMBER, Raw, SUBJECT, Timestamp, derived_id,
};

/// What one handler run reads, stages and emits. There is no commit to call: returning `Ok` commits.
///
/// `S` is the set of messages that the handler declares: `Unit<'_, Self::Emits>`.
pub struct Unit<'a, S> {
    pub(crate) run: Run<'a>,
    set: PhantomData<fn() -> S>,
}

/// The part of [`Unit`] that is compiled once for all handlers.
pub(crate) struct Run<'a> {
    pub(crate) cause: &'a Raw,
    /// The same in the reaction's own type, where somebody has decoded it already.
    pub(crate) decoded: Option<&'a Decoded>,
    pub(crate) service: &'a str,
    pub(crate) consumer: &'a str,
    pub(crate) access: Access<'a>,
    pub(crate) now: Timestamp,
    /// The namespace that this run rebuilds in (S-40).
    pub(crate) replay: Option<&'a str>,
    /// What the engine has read ahead.
    pub(crate) ahead: &'a [(Key, Option<Item>)],
    /// The receipt's key, while nobody has looked whether there is one: the first read asks for both in one request,
    /// so that a cold duplicate costs one request and goes no further (S-15).
    pub(crate) unread: Option<&'a Key>,
    pub(crate) staged: Staged,
}

impl<'a, S: Emits> Unit<'a, S> {
    pub(crate) fn new(run: Run<'a>) -> Self {
        Self { run, set: PhantomData }
    }

    /// Reads an entity, strongly consistent, and remembers the version it was read at. What this unit has saved
    /// before is what it reads.
    ///
    /// # Errors
    /// Retry where the table cannot be read; permanent where the item does not fit `T`. Pass it on with `?`: it is also
    /// how a run ends that turns out to be a duplicate.
    pub async fn load<T: Entity>(&mut self, id: &str) -> Result<Option<Loaded<T>>, Fault> {
        let key = state::key::<T>(id).replayed(self.run.replay);
        state::check_key(&key).map_err(Fault::permanent)?;
        let read;
        let Stored { data, version, sequence } = match self.run.staged.changes.get(&key) {
            Some(Change { to: To::Put { data, sequence }, base }) => {
                Stored { data: data.as_str(), version: *base, sequence: *sequence }
            }
            Some(Change { to: To::Delete, .. }) => return Ok(None),
            Some(Change { to: To::Unchanged, .. }) | None => {
                let item = match self.run.ahead.iter().find(|(ahead, _)| *ahead == key) {
                    Some((_, item)) => item.as_ref(),
                    None => {
                        read = self.run.read(&key).await?;
                        read.as_ref()
                    }
                };
                match item {
                    Some(item) => state::read(item).map_err(Fault::permanent)?,
                    None => return Ok(None),
                }
            }
        };
        let value = state::parse(&key, data).map_err(Fault::permanent)?;
        Ok(Some(Loaded { value, key, version, sequence }))
    }

    /// The row of an entity that is not there.
    pub(crate) fn vacant<T: Entity>(&self, id: &str) -> Loaded<Option<String>> {
        let key = state::key::<T>(id).replayed(self.run.replay);
        Loaded { value: None, key, version: 0, sequence: 0 }
    }

    /// Starts an entity that must not exist yet. [Load](Unit::load) it first, and create it where that finds none: a handler that
    /// creates what exists fails with [`Failure::NotLoaded`](crate::Failure::NotLoaded).
    pub fn create<T: Entity>(&self, id: &str, value: T) -> Loaded<T> {
        let key = state::key::<T>(id).replayed(self.run.replay);
        Loaded { value, key, version: 0, sequence: 0 }
    }

    /// Stages a write, guarded by the version that was read. Consumes the entity, so that it cannot drift afterwards.
    pub fn save<T: Entity>(&mut self, entity: Loaded<T>) {
        let data = serde_json::to_string(&entity.value);
        self.save_as(entity, data);
    }

    /// As [`Unit::save`], with the entity's JSON as it is known already.
    pub(crate) fn save_as<T>(&mut self, entity: Loaded<T>, data: Result<String, serde_json::Error>) {
        match data {
            Ok(data) => {
                self.run.stage(entity.key, entity.version, To::Put { data, sequence: entity.sequence });
            }
            Err(error) => {
                self.run.fail(Fault::permanent(format!("{} cannot be written as JSON: {error}", entity.key)))
            }
        }
    }

    /// Stages a removal, guarded by the version that was read. An entity that has emitted in sequence fails its run: created
    /// anew it would count from 1 again, and whoever follows it would take its events for stale. Save it closed instead.
    pub fn delete<T: Entity>(&mut self, entity: Loaded<T>) {
        self.delete_row(entity);
    }

    /// As [`Unit::delete`].
    pub(crate) fn delete_row<T>(&mut self, entity: Loaded<T>) {
        if entity.sequence > 0 {
            return self.run.fail(Fault::permanent(format!(
                "{} has emitted in sequence and cannot be deleted: save it closed instead",
                entity.key
            )));
        }
        self.run.stage(entity.key, entity.version, To::Delete);
    }

    /// Commits only if `entity` is still at the version that was read: what a unit only reads is not guarded otherwise.
    pub fn require_unchanged<T: Entity>(&mut self, entity: &Loaded<T>) {
        self.require_row(entity);
    }

    /// As [`Unit::require_unchanged`].
    pub(crate) fn require_row<T>(&mut self, entity: &Loaded<T>) {
        let changes = &mut self.run.staged.changes;
        if changes.get(&entity.key).is_none() {
            changes.insert(entity.key.clone(), Change { base: entity.version, to: To::Unchanged });
        }
    }

    /// Emits an event that the handler declares. The relay publishes it after the commit.
    pub fn emit<E: Event, At>(&mut self, event: E)
    where
        S: Contains<E, At>,
    {
        self.run.push(StagedMessage::new(&event), None);
    }

    /// Emits an event that the handler declares as the next one in `entity`'s sequence (S-34): it carries the entity and a
    /// dense count of what was emitted about it, for consumers that ask for an [`Sequencing`](crate::Sequencing).
    ///
    /// The count is kept with the entity, so a run that does not [save](Unit::save) it afterwards fails.
    pub fn emit_in_sequence<E: Event, T: Entity, At>(&mut self, event: E, entity: &mut Loaded<T>)
    where
        S: Contains<E, At>,
    {
        self.run.push_in_sequence(StagedMessage::new(&event), entity);
    }

    /// Sends a command that the handler declares to its recipient's queue, after the commit.
    pub fn send<C: Command, At>(&mut self, command: C)
    where
        S: Contains<C, At>,
    {
        self.run.push(StagedMessage::new(&command), None);
    }

    /// As [`Unit::send`], and the recipient sees it `after` the commit's time at the earliest: 900 s at most, in whole seconds. A longer
    /// delay fails the run with a [`DelayError`](crate::DelayError), and nothing is committed.
    pub fn send_after<C: Command, At>(&mut self, command: C, after: Duration)
    where
        S: Contains<C, At>,
    {
        self.run.push(StagedMessage { after: Some(after), ..StagedMessage::new(&command) }, None);
    }

    /// When this run started: the time to use instead of a clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.run.now
    }
}

impl Run<'_> {
    /// Reads an item, and with the first one the receipt.
    async fn read(&mut self, key: &Key) -> Result<Option<Item>, Fault> {
        let keys: Vec<Key> = std::iter::once(key).chain(self.unread).cloned().collect();
        let mut items = self.access.get(keys).await.map_err(Fault::retry)?;
        self.staged.reads.push(key.clone());
        if self.unread.take().is_some() {
            self.staged.known = items.pop().flatten().filter(|receipt| !receipt.is_expired(self.now));
        }
        if self.staged.known.is_some() {
            return Err(Fault::retry("this event has taken effect before"));
        }
        Ok(items.pop().flatten())
    }

    fn stage(&mut self, key: Key, base: u64, to: To) {
        // What this unit deletes and starts anew is still the item that was read.
        let base = match self.staged.changes.get(&key) {
            Some(Change { to: To::Delete, base: read }) => *read,
            _ => base,
        };
        self.staged.changes.insert(key, Change { base, to });
    }

    pub(crate) fn fail(&mut self, fault: Fault) {
        self.staged.error.get_or_insert(fault);
    }

    /// As [`Run::push`], as the next one in `entity`'s sequence.
    pub(crate) fn push_in_sequence<T>(&mut self, message: StagedMessage, entity: &mut Loaded<T>) {
        entity.sequence += 1;
        let given = self.staged.numbered.insert(entity.key.clone(), entity.sequence);
        if given.is_some_and(|given| given >= entity.sequence) {
            return self.fail(Fault::permanent(format!(
                "{} was loaded twice, and both copies emit in its sequence: save the first before loading it again",
                entity.key
            )));
        }
        let name = entity.key.partition.to_string();
        self.push(message, Some((name, entity.sequence)));
    }

    /// Stages a message: its id is a function of its cause (S-45), its correlation and trace are inherited (S-44).
    pub(crate) fn push(&mut self, message: StagedMessage, sequence: Option<(String, u64)>) {
        // Whoever rebuilds says nothing: it was said the first time (S-40).
        if self.replay.is_some() {
            return;
        }
        let StagedMessage { declared, data, tenant, after, .. } = message;
        let data = match data {
            Ok(data) => data,
            Err(error) => {
                return self
                    .fail(Fault::permanent(format!("{} cannot be written as JSON: {error}", declared.name)));
            }
        };
        if let Some(error) = after.and_then(|after| DelayError::check(&declared, after).err()) {
            return self.fail(Fault::permanent(error));
        }
        let index = u32::try_from(self.staged.emitted.len()).unwrap_or(u32::MAX);
        let source = match declared.channel {
            Channel::Queue(_) => self.service,
            Channel::Bus | Channel::Topic(_) => declared.owner,
        };
        let trace = ["traceparent", "tracestate"];
        let envelope = Envelope {
            id: derived_id(&self.cause.source, &self.cause.id, self.consumer, index),
            name: declared.name.to_owned(),
            version: declared.version,
            timestamp: self.now,
            source: source.to_owned(),
            correlation_id: self.cause.correlation_id.clone(),
            causation_id: Some(self.cause.id.clone()),
            data,
            metadata: trace
                .iter()
                .filter_map(|name| Some(((*name).to_owned(), self.cause.metadata.get(*name)?.clone())))
                .chain(sequence.into_iter().flat_map(|(subject, number)| {
                    [(SUBJECT.to_owned(), subject.into()), (NUMBER.to_owned(), number.into())]
                }))
                .collect(),
        };
        match Emission::staged(&declared, &envelope) {
            Ok((mut emission, due)) => {
                emission.tenant = tenant.unwrap_or_else(|error| {
                    let (emits, reason) = (declared.name, error.to_string());
                    tracing::warn!(emits, reason, "its tenant is left off: SQS would refuse it");
                    None
                });
                emission.not_before = after.map(|after| self.now.saturating_add(after));
                if due {
                    self.staged.due.push(self.staged.emitted.len());
                }
                self.staged.emitted.push(emission);
            }
            Err(fault) => self.fail(fault),
        }
    }
}
