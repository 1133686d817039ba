//! The receipt: the item that remembers one event for one consumer. It is inbox and outbox at once.

use std::time::Duration;

use crate::{
    emission::{Emission, write_emissions},
    fault::{Fault, IntoFault},
    row::{sort, times::seconds_up},
    table::{Item, Key, attribute},
    token::Token,
};
use waxseal_message::{
    Timestamp,
    hash::{Comparison, PayloadHash},
};

/// The status that a receipt stores.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// The event took effect.
    Completed,
    /// An attempt holds the lease until this time, or held it.
    Leased {
        /// The end of the lease; that of a released lease is in the past.
        until: Timestamp,
    },
    /// The event failed for good and is in the dead-letter queue with this reason (S-19).
    Failed {
        /// The reason.
        error: String,
    },
    /// A person has confirmed that the effect was applied. Its emissions are still to be committed
    /// (S-19).
    Acted,
    /// The command was undone before it took effect, or its effect was (S-72). It never takes effect
    /// any more.
    Undone,
}

/// The memory of one event for one consumer.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Receipt {
    /// The key: consumer, source and event id.
    pub key: Key,
    /// The status of the event.
    pub status: Status,
    /// The [hash](crate::hash) of the payload, with the name of its algorithm (S-16).
    pub hash: String,
    /// The payload's schema version as it arrived.
    pub version: u16,
    /// The number of the attempt that wrote the receipt; 1 in transactional mode.
    pub attempt: u32,
    /// The time at which the first attempt began.
    pub first_at: Timestamp,
    /// The number of attempts whose effect may have been applied: those that did not end in a
    /// refusal by the outside system. `None` where an older build, which did not count them, wrote
    /// the receipt.
    pub uncertain: Option<u32>,
    /// The emitted messages: the outbox.
    pub emitted: Vec<Emission>,
    /// The reason of the last failed attempt.
    pub last_error: Option<String>,
    /// The time after which the receipt may be forgotten.
    pub expires: Timestamp,
}

/// The key of the receipt of one event for one consumer (S-18).
#[must_use]
pub fn key(consumer: &str, source: &str, id: &str) -> Key {
    Key::of("receipt", &[consumer, source, id], SORT)
}

const SORT: &str = sort::RECEIPT;

/// Whether a key is that of a receipt.
pub(crate) fn is_key(key: &Key) -> bool {
    key.sort == SORT
}

mod names {
    pub(super) const STATUS: &str = "status";
    pub(super) const HASH: &str = "hash";
    pub(super) const EVENT_VERSION: &str = "event_version";
    pub(super) const ATTEMPT: &str = "attempt";
    pub(super) const FIRST_AT: &str = "first_at";
    pub(super) const LEASE_UNTIL: &str = "lease_until";
    pub(super) const ERROR: &str = "error";
    pub(super) const UNCERTAIN: &str = "uncertain";
}

/// The reason why an item cannot be read as a receipt. It concerns only the message of that receipt
/// (S-2).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotAReceipt {
    /// Another program wrote the item, or damaged it. Attributes that no receipt has are ignored,
    /// whatever their type.
    #[error(
        "item {key} is no receipt: its attribute `{attribute}` is {standing}; something else wrote it, so correct it, then redrive \
         the message: without its receipt it would take effect again"
    )]
    Damaged {
        /// The item's key.
        key: Key,
        /// The first attribute that does not fit a receipt.
        attribute: &'static str,
        /// The attribute's actual type, without its content.
        standing: String,
    },
    /// A newer build wrote it.
    #[error(
        "receipt {key} has the status {status:?}, which this build does not know: a newer build wrote it, so the message is \
         retried until a deploy knows it"
    )]
    Newer {
        /// The receipt's key.
        key: Key,
        /// The first 40 bytes of its status.
        status: String,
    },
}

impl NotAReceipt {
    /// The error for an attribute that does not fit a receipt.
    pub(crate) fn damaged(item: &Item, attribute: &'static str) -> Self {
        Self::Damaged { key: item.key.clone(), attribute, standing: item.standing(attribute) }
    }
}

impl IntoFault for NotAReceipt {
    fn into_fault(self) -> Fault {
        match self {
            Self::Damaged { .. } => Fault::permanent(self),
            Self::Newer { .. } => Fault::retry(self),
        }
    }
}

impl Receipt {
    /// The receipt of an event that took effect at its first attempt, at `at`, and emitted nothing.
    #[must_use]
    pub fn completed(key: Key, hash: String, version: u16, at: Timestamp, expires: Timestamp) -> Self {
        Self {
            key,
            status: Status::Completed,
            hash,
            version,
            attempt: 1,
            first_at: at,
            uncertain: None,
            emitted: Vec::new(),
            last_error: None,
            expires,
        }
    }

    /// The item that stores the receipt, marked as written by `token`.
    ///
    /// `emitted` is one text, and absent where nothing was emitted: the relay's mapping can filter
    /// only on a leaf attribute (O-5).
    #[must_use]
    pub fn to_item(&self, token: Token) -> Item {
        self.clone().into_item(token)
    }

    pub(crate) fn into_item(self, token: Token) -> Item {
        let (status, error) = match &self.status {
            Status::Completed => ("completed", None),
            Status::Leased { .. } => ("leased", self.last_error.as_ref()),
            Status::Failed { error } => ("failed", Some(error)),
            Status::Acted => ("acted", None),
            Status::Undone => ("undone", self.last_error.as_ref()),
        };
        let mut item = Item::new(self.key)
            .text(names::STATUS, status)
            .text(names::HASH, self.hash)
            .number(names::EVENT_VERSION, self.version.into())
            .number(names::ATTEMPT, self.attempt.into())
            .number(names::FIRST_AT, self.first_at.as_millisecond())
            .number(attribute::EXPIRES, seconds_up(self.expires))
            .text(attribute::WRITER, token.to_string());
        if let Status::Leased { until } = &self.status {
            item = item.number(names::LEASE_UNTIL, until.as_millisecond());
        }
        if let (Some(uncertain), Status::Leased { .. } | Status::Failed { .. }) =
            (self.uncertain, &self.status)
        {
            item = item.number(names::UNCERTAIN, uncertain.into());
        }
        if let Some(error) = error {
            item = item.text(names::ERROR, clip(error, 2048));
        }
        if !self.emitted.is_empty() {
            item = item.text(attribute::EMITTED, write_emissions(&self.emitted));
        }
        item
    }

    /// Reads a stored receipt without its emissions.
    ///
    /// # Errors
    /// Where another program wrote the item, or a newer build.
    pub fn from_item(item: &Item) -> Result<Self, NotAReceipt> {
        let lacks = |attribute| move || NotAReceipt::damaged(item, attribute);
        let text = |name| item.get_text(name).ok_or_else(lacks(name));
        let number = |name| item.get_number(name).ok_or_else(lacks(name));
        let time = |name| {
            number(name)
                .and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).map_err(|_| lacks(name)()))
        };
        let last_error = item.get_text(names::ERROR).map(str::to_owned);
        Ok(Self {
            key: item.key.clone(),
            status: match text(names::STATUS)? {
                "completed" => Status::Completed,
                "leased" => Status::Leased { until: time(names::LEASE_UNTIL)? },
                "failed" => Status::Failed { error: last_error.clone().unwrap_or_default() },
                "acted" => Status::Acted,
                "undone" => Status::Undone,
                status => {
                    let status = clip(status, 40).to_owned();
                    return Err(NotAReceipt::Newer { key: item.key.clone(), status });
                }
            },
            hash: text(names::HASH)?.to_owned(),
            version: number(names::EVENT_VERSION)?.try_into().map_err(|_| lacks(names::EVENT_VERSION)())?,
            attempt: number(names::ATTEMPT)?.try_into().map_err(|_| lacks(names::ATTEMPT)())?,
            first_at: time(names::FIRST_AT)?,
            uncertain: item.get_number(names::UNCERTAIN).and_then(|count| count.try_into().ok()),
            emitted: Vec::new(),
            last_error,
            expires: number(attribute::EXPIRES).and_then(|seconds| {
                Timestamp::from_second(seconds).map_err(|_| lacks(attribute::EXPIRES)())
            })?,
        })
    }
}

fn clip(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// The meaning of an existing receipt for a delivery of the same event. It is the heart of the
/// protocol, as a plain value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReceiptMeaning {
    /// The event has already taken effect (S-15).
    Duplicate,
    /// The same id came with another payload (S-16).
    Mismatch {
        /// The hash of the first payload.
        first: String,
        /// The hash of this payload in the same algorithm.
        now: String,
    },
    /// This build cannot compare the receipt's hash: a newer build wrote it (S-16).
    Incomparable {
        /// The receipt's hash.
        hash: String,
    },
    /// Another attempt holds the lease (S-14).
    InProgress {
        /// The end of that lease.
        until: Timestamp,
    },
    /// The lease of an earlier attempt is over, so this attempt may take over (S-10).
    TakeOver {
        /// The number of this attempt.
        attempt: u32,
        /// The time at which the first attempt began.
        first_at: Timestamp,
    },
    /// The event failed for good before, with this reason (S-19).
    Remembered {
        /// The reason.
        error: String,
    },
    /// A person has confirmed that the effect was applied. Only its emissions are still to be
    /// committed (S-19).
    Acted,
    /// Another attempt now could act twice, since the outside system has forgotten the effect key.
    OutcomeUnknown {
        /// The number of attempts so far.
        attempts: u32,
        /// The time at which the first attempt began.
        first_at: Timestamp,
    },
}

impl Receipt {
    /// Judges a delivery with this payload at `now`. `key_ttl` is the life of an effect's key.
    #[must_use]
    pub fn judge(
        &self,
        hash: &PayloadHash<'_>,
        version: u16,
        now: Timestamp,
        key_ttl: Option<Duration>,
    ) -> ReceiptMeaning {
        // An undo may have come first, without the payload.
        if self.status == Status::Undone {
            return ReceiptMeaning::Duplicate;
        }
        // The same id in another version is a duplicate, since upcasting changes payloads (S-16).
        if self.version == version {
            match hash.against(&self.hash) {
                Comparison::Same => {}
                Comparison::Other { now } => {
                    return ReceiptMeaning::Mismatch { first: self.hash.clone(), now };
                }
                Comparison::Unknown => return ReceiptMeaning::Incomparable { hash: self.hash.clone() },
            }
        }
        match &self.status {
            Status::Completed | Status::Undone => ReceiptMeaning::Duplicate,
            Status::Failed { error } => ReceiptMeaning::Remembered { error: error.clone() },
            Status::Acted => ReceiptMeaning::Acted,
            Status::Leased { until } if now < *until => ReceiptMeaning::InProgress { until: *until },
            Status::Leased { .. } => self.next_attempt(now, key_ttl),
        }
    }

    /// Whether another attempt may run at `now`, once no attempt holds the lease: after its end, or
    /// when a failure is released.
    ///
    /// The life of the keys begins anew where every attempt so far ended in a refusal by the
    /// outside system (S-19).
    #[must_use]
    pub fn next_attempt(&self, now: Timestamp, key_ttl: Option<Duration>) -> ReceiptMeaning {
        let first_at = if self.uncertain == Some(0) { now } else { self.first_at };
        let age = now.saturating_duration_since(first_at);
        if key_ttl.is_some_and(|ttl| age >= ttl) {
            ReceiptMeaning::OutcomeUnknown { attempts: self.attempt, first_at }
        } else {
            ReceiptMeaning::TakeOver { attempt: self.attempt.saturating_add(1), first_at }
        }
    }
}
