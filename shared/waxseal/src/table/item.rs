//! Items: named attributes under a two-part key, and the conditions on writing them.
//!
//! The protocol writes texts and whole numbers only. State is stored as JSON text, not as DynamoDB
//! maps: it is exact (no 38-digit limit, no empty-key rule), it is one string to compare and to
//! move, and nested attributes could not be indexed anyway. Attributes of other writers are
//! [`Foreign`]; they concern only the reader of their item.

use std::{borrow::Cow, collections::BTreeMap, fmt, sync::Arc};

use crate::token::Token;
use waxseal_message::Timestamp;

/// The primary key of an item. It is cheap to clone, since every record names its items many times.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The partition key, attribute `pk`.
    pub partition: Arc<str>,
    /// The sort key, attribute `sk`; most are one of a few constants.
    pub sort: Cow<'static, str>,
}

impl Key {
    /// A key from a kind and its parts. Parts are escaped, so that different parts never give one
    /// key (S-18).
    ///
    /// ```
    /// use waxseal::table::Key;
    /// assert_ne!(Key::of("receipt", &["a#b", "c"], "receipt"), Key::of("receipt", &["a", "b#c"], "receipt"));
    /// assert_eq!(&*Key::of("order", &["o-1"], "state").partition, "order#o-1");
    /// ```
    #[must_use]
    pub fn of(kind: &str, parts: &[&str], sort: impl Into<Cow<'static, str>>) -> Self {
        let length = kind.len() + parts.iter().map(|part| part.len() + 1).sum::<usize>();
        let mut partition = String::with_capacity(length);
        escape(kind, &mut partition);
        for part in parts {
            partition.push('#');
            escape(part, &mut partition);
        }
        Self { partition: partition.into(), sort: sort.into() }
    }

    /// The same key in the namespace of a replay (S-40). No live key has that additional part.
    #[must_use]
    pub fn replayed(self, replay: Option<&str>) -> Self {
        let Some(replay) = replay else { return self };
        let namespace = Self::of("replay", &[replay], "");
        Self { partition: format!("{}#{}", self.partition, namespace.partition).into(), ..self }
    }
}

fn escape(part: &str, partition: &mut String) {
    // Such characters are rare.
    if !part.bytes().any(|byte| matches!(byte, b'%' | b'#')) {
        return partition.push_str(part);
    }
    for character in part.chars() {
        match character {
            '%' => partition.push_str("%25"),
            '#' => partition.push_str("%23"),
            other => partition.push(other),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} / {}", self.partition, self.sort)
    }
}

/// One attribute's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// DynamoDB's `S`.
    Text(String),
    /// DynamoDB's `N`, whole numbers only.
    Number(i64),
    /// A value of another type.
    Foreign(Foreign),
}

/// A value that the protocol never writes, as DynamoDB's JSON has it: `{"BOOL":true}`, or a number
/// with a fraction.
///
/// A table reads it like any other. So an item that holds one fails the message that reads it, and
/// never the request that brings it together with other items (S-2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign(Box<str>);

impl Foreign {
    /// A value from DynamoDB's JSON: an object whose one member is named by its type.
    #[must_use]
    pub fn new(json: impl Into<Box<str>>) -> Self {
        Self(json.into())
    }

    /// The value in DynamoDB's JSON.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.0
    }

    /// The type of the value without its content, for error texts.
    ///
    /// ```
    /// use waxseal::table::Foreign;
    /// assert_eq!(Foreign::new(r#"{"BOOL":true}"#).kind(), "BOOL");
    /// assert_eq!(Foreign::new(r#"{"N":"1.5"}"#).kind(), "N with a fraction or beyond 64 bits");
    /// ```
    #[must_use]
    pub fn kind(&self) -> &str {
        match self.0.split('"').nth(1).unwrap_or("an unknown type") {
            "N" => "N with a fraction or beyond 64 bits",
            other => other,
        }
    }
}

/// Attribute names that the protocol gives a meaning to.
pub mod attribute {
    /// Partition key.
    pub const PARTITION: &str = "pk";
    /// Sort key.
    pub const SORT: &str = "sk";
    /// The writer token of the commit that wrote the item: a [`Token`](crate::Token). Its stored
    /// name is older than its meaning.
    pub const WRITER: &str = "owner";
    /// The version of a state item.
    pub const VERSION: &str = "version";
    /// Seconds since 1970 after which the item counts as absent (S-9): the table's TTL attribute.
    pub const EXPIRES: &str = "expires_at";
    /// The emissions of a receipt. The relay's mapping filters on this attribute.
    pub const EMITTED: &str = "emitted";
    /// The shard of the index of timers in which the item stands. It is absent where the item has no timer.
    pub const WAKE_SHARD: &str = "wake_shard";
    /// The milliseconds since 1970 from which on the item is to be woken; the index of timers is sorted by it.
    pub const WAKE_AT: &str = "wake_at";
}

/// An attribute's name; those that the protocol knows are not copied.
pub type Name = Cow<'static, str>;

/// An item: a key and its other attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The item's key.
    pub key: Key,
    /// The item's attributes, without those of the key.
    pub attributes: BTreeMap<Name, Value>,
}

impl Item {
    /// An item with no attribute but its key.
    #[must_use]
    pub fn new(key: Key) -> Self {
        Self { key, attributes: BTreeMap::new() }
    }

    /// Adds a text.
    #[must_use]
    pub fn text(mut self, name: impl Into<Name>, value: impl Into<String>) -> Self {
        self.attributes.insert(name.into(), Value::Text(value.into()));
        self
    }

    /// Adds a number.
    #[must_use]
    pub fn number(mut self, name: impl Into<Name>, value: i64) -> Self {
        self.attributes.insert(name.into(), Value::Number(value));
        self
    }

    /// Reads a text.
    #[must_use]
    pub fn get_text(&self, name: &str) -> Option<&str> {
        match self.attributes.get(name) {
            Some(Value::Text(text)) => Some(text),
            Some(Value::Number(_) | Value::Foreign(_)) | None => None,
        }
    }

    /// Reads a number.
    #[must_use]
    pub fn get_number(&self, name: &str) -> Option<i64> {
        match self.attributes.get(name) {
            Some(Value::Number(number)) => Some(*number),
            Some(Value::Text(_) | Value::Foreign(_)) | None => None,
        }
    }

    /// The first attribute that the protocol did not write.
    #[must_use]
    pub fn foreign(&self) -> Option<(&str, &Foreign)> {
        self.attributes.iter().find_map(|(name, value)| match value {
            Value::Foreign(foreign) => Some((&**name, foreign)),
            Value::Text(_) | Value::Number(_) => None,
        })
    }

    /// The type of an attribute that its reader did not expect, without its content: for error
    /// texts.
    pub(crate) fn standing(&self, name: &str) -> String {
        match self.attributes.get(name) {
            None => "missing".to_owned(),
            Some(Value::Text(_)) => "a text (S) that does not fit".to_owned(),
            Some(Value::Number(_)) => "a number (N) that does not fit".to_owned(),
            Some(Value::Foreign(foreign)) => format!("of type {}", foreign.kind()),
        }
    }

    /// Whether the item counts as absent at `now`, even if TTL has not deleted it yet (S-9).
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.get_number(attribute::EXPIRES).is_some_and(|expires| expires <= now.as_second())
    }

    /// Whether the commit with `token` wrote the item.
    #[must_use]
    pub fn is_written_by(&self, token: Token) -> bool {
        self.get_text(attribute::WRITER) == Some(token.to_string().as_str())
    }

    /// The size that DynamoDB counts towards its limit of 400 KB: names and values in UTF-8,
    /// numbers at their longest.
    ///
    /// Source: DynamoDB developer guide, "Item sizes and formats".
    #[must_use]
    pub fn size(&self) -> usize {
        let of = |value: &Value| match value {
            Value::Text(text) => text.len(),
            Value::Number(_) => 21,
            Value::Foreign(foreign) => foreign.0.len(),
        };
        attribute::PARTITION.len()
            + attribute::SORT.len()
            + self.key.partition.len()
            + self.key.sort.len()
            + self.attributes.iter().map(|(name, value)| name.len() + of(value)).sum::<usize>()
    }
}

/// The condition on the stored item under which a write is applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// No item is stored, or it has expired at this time (S-9).
    Absent {
        /// The time that is compared with the expiry.
        now: Timestamp,
    },
    /// The item's [`attribute::VERSION`] has this value.
    Version(u64),
    /// The item's [`attribute::WRITER`] has this value: a fencing token.
    Writer(String),
}

impl Condition {
    /// Whether `stored` satisfies the condition. Every table must give the condition this meaning.
    #[must_use]
    pub fn holds(&self, stored: Option<&Item>) -> bool {
        match self {
            Self::Absent { now } => stored.is_none_or(|item| item.is_expired(*now)),
            Self::Version(version) => stored
                .and_then(|item| item.get_number(attribute::VERSION))
                .is_some_and(|number| u64::try_from(number) == Ok(*version)),
            Self::Writer(writer) => {
                stored.is_some_and(|item| item.get_text(attribute::WRITER) == Some(writer.as_str()))
            }
        }
    }
}

/// One action of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// The action.
    pub action: Action,
    /// The condition, which guards the whole commit.
    pub condition: Condition,
}

/// The action of a [`Write`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Replaces the whole item.
    Put(Item),
    /// Removes the item.
    Delete(Key),
    /// Only checks the condition.
    Check(Key),
}

impl Write {
    /// The key of the item that the action concerns.
    #[must_use]
    pub fn key(&self) -> &Key {
        match &self.action {
            Action::Put(item) => &item.key,
            Action::Delete(key) | Action::Check(key) => key,
        }
    }

    /// The bytes that the action adds to the size of a transaction.
    #[must_use]
    pub(crate) fn bytes(&self) -> usize {
        match &self.action {
            Action::Put(item) => item.size(),
            Action::Delete(_) | Action::Check(_) => 0,
        }
    }
}
