//! A FIFO queue that others fill, as a source of a service.

/// A FIFO queue that others fill, as a source of a service.
///
/// Another system sends to it: envelopes, CloudEvents, or JSON that the service
/// [adapts](waxseal::Service::adapt). The records of a message group run strictly one after another
/// (S-30), and groups at once. It has a FIFO dead-letter queue of its own, in which the dead letters of
/// a group keep their order (S-68).
///
/// ```
/// use waxseal::Service;
/// use waxseal_catalog::{Deployed, FifoQueue};
/// let orders = Deployed::new(Service::new("orders")).fifo(FifoQueue::new("bookings").batch(5));
/// assert_eq!(orders.fifo[0].batch, 5);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FifoQueue {
    /// Its name in the service: `bookings` makes `shop-<stage>-orders-bookings.fifo`.
    pub name: String,
    /// The largest batch: 1 to 10, since a FIFO queue gives no more. 10 unless set.
    pub batch: u32,
}

impl FifoQueue {
    /// A queue of that name.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), batch: LARGEST_BATCH }
    }

    /// The largest batch: 1 to 10.
    #[must_use]
    pub fn batch(self, records: u32) -> Self {
        Self { batch: records, ..self }
    }
}

/// The largest batch of a FIFO queue. Source: Lambda API reference, `CreateEventSourceMapping`.
pub(crate) const LARGEST_BATCH: u32 = 10;

/// The suffix of the dead-letter queue beside a FIFO queue.
pub const FIFO_DEAD_LETTERS_SUFFIX: &str = "-dlq";
