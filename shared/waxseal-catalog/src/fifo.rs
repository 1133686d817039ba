//! A FIFO queue that others fill, as a source of a service.

/// A FIFO queue that others fill, as a source of a service.
///
/// Another system sends to it: envelopes, CloudEvents, or JSON that the service
/// [adapts](waxseal::Service::adapt). The records of a message group run strictly one after another
/// (S-30), and groups at once. It has a FIFO dead-letter queue of its own, in which the dead letters of
/// a group keep their order (S-68).
///
/// Programs of the same account send by their own IAM policies. Other accounts are named:
///
/// ```
/// use waxseal::Service;
/// use waxseal_catalog::{Deployed, FifoQueue};
/// let bookings = FifoQueue::new("bookings").batch(5).content_based_deduplication().sender("210987654321");
/// let orders = Deployed::new(Service::new("orders")).fifo(bookings);
/// assert_eq!((orders.fifo[0].batch, &*orders.fifo[0].senders[0]), (5, "210987654321"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FifoQueue {
    /// Its name in the service: `bookings` makes `shop-<stage>-orders-bookings.fifo`.
    pub name: String,
    /// The largest batch: 1 to 10, since a FIFO queue gives no more. 10 unless set.
    pub batch: u32,
    /// Whether a message without a deduplication id gets the hash of its body for one. Two equal bodies
    /// within five minutes are one message then. `false` unless set: SQS refuses a message without an id.
    pub content_based_deduplication: bool,
    /// The other accounts that may send to it, by their twelve digits. They are the default of a parameter
    /// of the stack, so a stage may have others.
    pub senders: Vec<String>,
}

impl FifoQueue {
    /// A queue of that name.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            batch: LARGEST_BATCH,
            content_based_deduplication: false,
            senders: Vec::new(),
        }
    }

    /// The largest batch: 1 to 10.
    #[must_use]
    pub fn batch(self, records: u32) -> Self {
        Self { batch: records, ..self }
    }

    /// A message without a deduplication id gets the hash of its body for one.
    #[must_use]
    pub fn content_based_deduplication(self) -> Self {
        Self { content_based_deduplication: true, ..self }
    }

    /// Another account, by its twelve digits, may send to it.
    #[must_use]
    pub fn sender(mut self, account: impl Into<String>) -> Self {
        self.senders.push(account.into());
        self
    }
}

/// The largest batch of a FIFO queue. Source: Lambda API reference, `CreateEventSourceMapping`.
pub(crate) const LARGEST_BATCH: u32 = 10;

/// The suffix of the dead-letter queue beside a FIFO queue.
pub const FIFO_DEAD_LETTERS_SUFFIX: &str = "-dlq";
