//! The unit of work: the only door to state and to the outbox.

use std::{borrow::Cow, marker::PhantomData, time::Duration};

use crate::{
    commit::Access,
    emission::{DelayError, Emission, LONGEST_SEND_DELAY},
    fault::Fault,
    handler::{
        decoded::Decoded,
        staged::{Change, Staged, To},
        staged_message::StagedMessage,
    },
    row::{Entity, Loaded, Stored, Times, state},
    table::{Item, Key},
};
use waxseal_message::{
    Channel, Command, Contains, DecodeError, Emits, Envelope, Event, Message, NUMBER, Raw, SUBJECT,
    Timestamp, UNDOES, derived_id,
};

/// The reads, staged writes and emissions of one handler run. There is no commit to call: returning
/// `Ok` commits.
///
/// `S` is the set of messages that the handler declares: `Unit<'_, Self::Emits>`.
pub struct Unit<'a, S> {
    pub(crate) run: Run<'a>,
    set: PhantomData<fn() -> S>,
}

/// The part of [`Unit`] that is compiled once for all handlers.
pub(crate) struct Run<'a> {
    pub(crate) cause: &'a Raw,
    /// The event in the reaction's own type, where it was decoded before.
    pub(crate) decoded: Option<&'a Decoded>,
    pub(crate) service: &'a str,
    pub(crate) consumer: &'a str,
    pub(crate) access: Access<'a>,
    pub(crate) now: Timestamp,
    /// The namespace in which this run rebuilds (S-40).
    pub(crate) replay: Option<&'a str>,
    /// The items that the engine has read ahead.
    pub(crate) ahead: &'a [(Key, Option<Item>)],
    /// The receipt's key, until the receipt is read. The first read asks for both in one request,
    /// so a cold duplicate costs one request and ends there (S-15).
    pub(crate) unread: Option<&'a Key>,
    /// Whether the service schedules messages (S-71).
    pub(crate) schedules: bool,
    /// The kinds of the states whose histories the service keeps.
    pub(crate) histories: &'a [&'static str],
    /// Whether an earlier attempt was refused: a history may go on beyond its snapshot.
    pub(crate) has_lost: bool,
    pub(crate) staged: Staged,
}

impl<'a, S: Emits> Unit<'a, S> {
    pub(crate) fn new(run: Run<'a>) -> Self {
        Self { run, set: PhantomData }
    }

    /// Reads an entity, strongly consistent, and remembers its version. A unit reads its own
    /// earlier writes.
    ///
    /// # Errors
    /// A fault to retry where the table cannot be read, a permanent one where the item does not fit
    /// `T`. It must be passed on with `?`: the run of a duplicate ends by it, too.
    pub async fn load<T: Entity>(&mut self, id: &str) -> Result<Option<Loaded<T>>, Fault> {
        let key = state::key::<T>(id).replayed(self.run.replay);
        state::check_key(&key).map_err(Fault::permanent)?;
        let item;
        let Stored { data, version, sequence } = match self.run.staged.changes.get(&key) {
            Some(Change { to: To::Put { data, sequence, .. }, base }) => {
                Stored { data: data.as_str(), version: *base, sequence: *sequence }
            }
            Some(Change { to: To::Delete, .. }) => return Ok(None),
            Some(Change {
                to: To::Unchanged | To::Schedule { .. } | To::Append(_) | To::Head { .. },
                ..
            })
            | None => {
                item = self.run.item(&key).await?;
                match &item {
                    Some(item) => state::read(item).map_err(Fault::permanent)?,
                    None => return Ok(None),
                }
            }
        };
        let value = state::parse(&key, data).map_err(Fault::permanent)?;
        Ok(Some(Loaded { value, key, version, sequence }))
    }

    /// The row of an entity that does not exist.
    pub(crate) fn vacant<T: Entity>(&self, id: &str) -> Loaded<Option<String>> {
        let key = state::key::<T>(id).replayed(self.run.replay);
        Loaded { value: None, key, version: 0, sequence: 0 }
    }

    /// Starts an entity that must not exist yet. [Load](Unit::load) it first, and create it where
    /// the load finds none. A handler that creates an existing entity fails with
    /// [`Failure::NotLoaded`](crate::Failure::NotLoaded).
    pub fn create<T: Entity>(&self, id: &str, value: T) -> Loaded<T> {
        let key = state::key::<T>(id).replayed(self.run.replay);
        Loaded { value, key, version: 0, sequence: 0 }
    }

    /// Stages a write, guarded by the version that was read. It consumes the entity, so that the
    /// entity cannot change afterwards.
    pub fn save<T: Entity>(&mut self, entity: Loaded<T>) {
        let data = serde_json::to_string(&entity.value);
        self.save_as(entity, data);
    }

    /// As [`Unit::save`], with the entity's JSON.
    pub(crate) fn save_as<T>(&mut self, entity: Loaded<T>, data: Result<String, serde_json::Error>) {
        match data {
            Ok(data) => {
                self.run.stage(
                    entity.key,
                    entity.version,
                    To::Put { data, sequence: entity.sequence, times: Times::default() },
                );
            }
            Err(error) => {
                self.run.fail(Fault::permanent(format!("{} cannot be written as JSON: {error}", entity.key)))
            }
        }
    }

    /// Stages a removal, guarded by the version that was read. An entity that has emitted in
    /// sequence fails the run: a new one would count from 1 again, and its followers would take the
    /// events for stale. Save such an entity as closed instead.
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

    /// Commits only if `entity` is still at the version that was read. Entities that a unit only
    /// reads are otherwise not guarded.
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

    /// Emits an event that the handler declares as the next one in `entity`'s sequence (S-34). The
    /// event carries the entity and its dense number, for consumers that choose a
    /// [`Sequencing`](crate::Sequencing).
    ///
    /// The count is kept with the entity, so a run that does not [save](Unit::save) it afterwards
    /// fails.
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

    /// As [`Unit::send`], with a delay: the recipient sees the command `after` the run's time at the
    /// earliest.
    ///
    /// Up to 900 s the recipient's queue holds the command back. A longer delay is an item of its own
    /// until it is over (S-71): it costs a write and an index write more now, and as many then. The
    /// service must [say](crate::Service::schedules_messages) that it does this, else the run fails
    /// with a [`DelayError`](crate::DelayError) and nothing is committed.
    pub fn send_after<C: Command, At>(&mut self, command: C, after: Duration)
    where
        S: Contains<C, At>,
    {
        self.run.push(StagedMessage { after: Some(after), ..StagedMessage::new(&command) }, None);
    }

    /// The time at which this run started. Handlers use it instead of a clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.run.now
    }
}

impl<'a> Run<'a> {
    /// The message as `M`: as it was decoded before, or decoded now into `room`.
    pub(super) fn message<'m, M: Message>(
        &self,
        room: &'m mut Option<Envelope<M>>,
    ) -> Result<&'m Envelope<M>, DecodeError>
    where
        'a: 'm,
    {
        match self.decoded.and_then(|message| message.downcast_ref()) {
            Some(message) => Ok(message),
            None => Ok(room.insert(self.cause.decode()?)),
        }
    }

    /// The item under `key`: as the engine has read it ahead, or read now.
    pub(super) async fn item(&mut self, key: &Key) -> Result<Option<Cow<'a, Item>>, Fault> {
        match self.ahead.iter().find(|(ahead, _)| ahead == key) {
            Some((_, item)) => Ok(item.as_ref().map(Cow::Borrowed)),
            None => Ok(self.read(key).await?.map(Cow::Owned)),
        }
    }

    /// The items under `keys`, as the engine has read them ahead, or all of them read now in one request.
    pub(super) async fn items(&mut self, keys: &[Key]) -> Result<Vec<Option<Item>>, Fault> {
        let ahead =
            |key: &Key| self.ahead.iter().find(|(ahead, _)| ahead == key).map(|(_, item)| item.clone());
        if let Some(items) = keys.iter().map(ahead).collect() {
            return Ok(items);
        }
        self.read_all(keys).await
    }

    /// Reads an item, and with the first item the receipt.
    async fn read(&mut self, key: &Key) -> Result<Option<Item>, Fault> {
        Ok(self.read_all(std::slice::from_ref(key)).await?.pop().flatten())
    }

    async fn read_all(&mut self, wanted: &[Key]) -> Result<Vec<Option<Item>>, Fault> {
        let keys: Vec<Key> = wanted.iter().chain(self.unread).cloned().collect();
        let mut items = self.access.get(keys).await.map_err(Fault::retry)?;
        self.staged.reads.extend(wanted.iter().cloned());
        if self.unread.take().is_some() {
            self.staged.known = items.pop().flatten().filter(|receipt| !receipt.is_expired(self.now));
        }
        match self.staged.known {
            Some(_) => Err(Fault::retry("this event has taken effect before")),
            None => Ok(items),
        }
    }

    pub(super) fn stage(&mut self, key: Key, base: u64, to: To) {
        // An entity that this unit deletes and creates again keeps the item that was read.
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

    /// Stages a message. Its id is a function of its cause (S-45), and it inherits correlation and
    /// trace (S-44).
    pub(crate) fn push(&mut self, message: StagedMessage, sequence: Option<(String, u64)>) {
        // A rebuilding handler emits nothing; the live run already did (S-40).
        if self.replay.is_some() {
            return;
        }
        let StagedMessage { declared, data, tenant, after, undoes, .. } = message;
        let data = match data {
            Ok(data) => data,
            Err(error) => {
                return self
                    .fail(Fault::permanent(format!("{} cannot be written as JSON: {error}", declared.name)));
            }
        };
        if let Some(error) = after.and_then(|after| DelayError::check(&declared, after, self.schedules).err())
        {
            return self.fail(Fault::permanent(error));
        }
        let index = self.staged.messages;
        self.staged.messages = index.saturating_add(1);
        let source = match declared.channel {
            Channel::Queue(_) => self.service,
            Channel::Bus | Channel::Topic(_) | Channel::Foreign(_) => declared.owner,
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
                .chain(
                    undoes.and_then(|undoes| Some((UNDOES.to_owned(), serde_json::to_value(undoes).ok()?))),
                )
                .collect(),
        };
        match Emission::staged(&declared, &envelope) {
            Ok((mut emission, to_check_in)) => {
                emission.tenant = tenant.unwrap_or_else(|error| {
                    let (emits, reason) = (declared.name, error.to_string());
                    tracing::warn!(emits, reason, "its tenant is left off: SQS would refuse it");
                    None
                });
                emission.not_before = after.map(|after| self.now.saturating_add(after));
                if after.is_some_and(|after| after > LONGEST_SEND_DELAY) {
                    return self.schedule(&declared, &envelope.id, &emission, to_check_in);
                }
                if to_check_in {
                    self.staged.to_check_in.push(self.staged.emitted.len());
                }
                self.staged.emitted.push(emission);
            }
            Err(fault) => self.fail(fault),
        }
    }
}
