//! State items: one entity, one version, JSON text.

use std::ops::{Deref, DerefMut};

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    fault::Fault,
    row::{sort, times::Times},
    table::{Item, Key, LARGEST_PARTITION, attribute},
};
use waxseal_message::misfit;

/// Persistent state, addressed by kind and key.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an entity",
    label = "not an entity",
    note = "name its kind: `impl waxseal::Entity for {Self} {{ const KIND: &'static str = \"order\"; }}`",
    note = "it also needs serde's `Serialize` and `Deserialize`",
    note = "an `EventSourced` state has a history instead: `unit.history`, `engine.state_of`, a `Decider`"
)]
pub trait Entity: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The first part of the entity's key in the table.
    const KIND: &'static str;
}

/// An entity with the version at which it was read. Changes are stored once it is given to
/// [`Unit::save`](crate::Unit::save), guarded by that version.
#[must_use = "an entity that is not saved changes nothing"]
#[derive(Debug)]
pub struct Loaded<T> {
    pub(crate) value: T,
    pub(crate) key: Key,
    /// The stored version; 0 for a new entity.
    pub(crate) version: u64,
    /// The number of events that were emitted in the entity's sequence (S-34).
    pub(crate) sequence: u64,
}

impl<T> Loaded<T> {
    /// The version at which the entity was read; 0 for a new one.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The value alone. It can no longer be saved.
    pub fn into_value(self) -> T {
        self.value
    }
}

impl<T> Deref for Loaded<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Loaded<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

/// The reason why an item could not be read as an entity.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StateError {
    #[error("the id of `{kind}` has {bytes} bytes as a partition key, {LARGEST_PARTITION} at most")]
    Id { kind: String, bytes: usize },
    #[error(
        "item {key} is no entity: its attribute `{attribute}` is {standing}; something else wrote it, so correct or remove it, then \
         redrive the message"
    )]
    Foreign { key: Key, attribute: &'static str, standing: String },
    #[error(
        "item {key} has the attribute `{attribute}` of type {found}: only texts (S) and whole numbers (N) belong in an entity's \
         item, and the next write would delete it; move or remove it, then redrive the message"
    )]
    Attribute { key: Key, attribute: String, found: String },
    #[error("item {key} does not fit its type: {reason}")]
    Shape { key: Key, reason: String },
}

const DATA: &str = "data";
const SEQUENCE: &str = "sequence";
const SORT: &str = sort::STATE;

/// The key of an entity's item.
#[must_use]
pub fn key<T: Entity>(id: &str) -> Key {
    Key::of(T::KIND, &[id], SORT)
}

/// Whether a key is that of an entity's item.
pub(crate) fn is_key(key: &Key) -> bool {
    key.sort == SORT
}

/// Refuses an id that no table takes. The id comes from a payload, so the fault is the event's.
pub(crate) fn check_key(key: &Key) -> Result<(), StateError> {
    let bytes = key.partition.len();
    if bytes <= LARGEST_PARTITION { Ok(()) } else { Err(StateError::Id { kind: kind(key), bytes }) }
}

/// The kind of the row under a key.
pub(crate) fn kind_of(key: &Key) -> &str {
    key.partition.split('#').next().unwrap_or_default()
}

fn kind(key: &Key) -> String {
    kind_of(key).to_owned()
}

/// The stored form of an entity: its JSON, its version and the end of its sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stored<D> {
    pub(crate) data: D,
    pub(crate) version: u64,
    pub(crate) sequence: u64,
}

/// The item of one version of an entity.
pub(crate) fn item(key: Key, Stored { data, version, sequence }: Stored<String>, times: Times) -> Item {
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let item = times.on(Item::new(key).number(attribute::VERSION, number(version)).text(DATA, data));
    // Most entities have no sequence, and an attribute costs bytes.
    if sequence == 0 { item } else { item.number(SEQUENCE, number(sequence)) }
}

pub(crate) fn read(item: &Item) -> Result<Stored<&str>, StateError> {
    // A commit replaces the whole item, so an attribute that is ignored here would be deleted
    // silently.
    if let Some((name, foreign)) = item.foreign() {
        let (attribute, found) = (name.to_owned(), foreign.kind().to_owned());
        return Err(StateError::Attribute { key: item.key.clone(), attribute, found });
    }
    let number = |name| item.get_number(name).and_then(|number| u64::try_from(number).ok());
    let lacks = |attribute| {
        move || {
            let standing = item.standing(attribute);
            StateError::Foreign { key: item.key.clone(), attribute, standing }
        }
    };
    Ok(Stored {
        data: item.get_text(DATA).ok_or_else(lacks(DATA))?,
        version: number(attribute::VERSION).ok_or_else(lacks(attribute::VERSION))?,
        sequence: number(SEQUENCE).unwrap_or_default(),
    })
}

/// The entity that an item holds, and its version; `None` where the item is another row.
///
/// # Errors
/// Where no commit can have written the item, or its data does not fit `T`.
pub fn value<T: Entity>(item: &Item) -> Result<Option<(T, u64)>, Fault> {
    if !is_key(&item.key) || kind(&item.key) != T::KIND {
        return Ok(None);
    }
    let Stored { data, version, .. } = read(item).map_err(Fault::permanent)?;
    Ok(Some((parse(&item.key, data).map_err(Fault::permanent)?, version)))
}

/// The item of an entity at `version`, from 1: to put a table into a state, as tests do.
///
/// # Errors
/// Where the entity has no JSON form, or its id is too long.
pub fn stored<T: Entity>(id: &str, value: &T, version: u64) -> Result<Item, Fault> {
    let key = key::<T>(id);
    check_key(&key).map_err(Fault::permanent)?;
    let data = serde_json::to_string(value).map_err(Fault::permanent)?;
    Ok(item(key, Stored { data, version, sequence: 0 }, Times::default()))
}

/// The name of the entity that a key names, for error texts.
pub(crate) fn named(key: &Key) -> &str {
    &key.partition
}

/// The id of the entity that an item's key names.
#[must_use]
pub fn id(key: &Key) -> Option<String> {
    let id = key.partition.split_once('#')?.1;
    is_key(key).then(|| id.replace("%23", "#").replace("%25", "%"))
}

pub(crate) fn parse<T: Entity>(key: &Key, data: &str) -> Result<T, StateError> {
    serde_json::from_str(data).map_err(|error| StateError::Shape { key: key.clone(), reason: misfit(&error) })
}
