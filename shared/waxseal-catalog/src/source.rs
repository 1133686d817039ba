//! Sources that others fill: streams, topics of Kafka, tables, buckets.

/// A source that feeds a service's function besides its queues. It belongs to somebody else: a stage
/// says where it is.
///
/// ```
/// use waxseal_catalog::{Source, StartingPosition};
///
/// let clicks = Source::kinesis("clicks").batch(500).parallel(4).max_age(3600);
/// assert_eq!((clicks.batch, clicks.start), (500, StartingPosition::Oldest));
/// assert!(Source::msk("orders").provisioned(1, 3).has_partial_responses());
/// assert!(!Source::msk("orders").has_partial_responses());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Source {
    /// What it is.
    pub kind: SourceKind,
    /// Its name in this application: of the stream, the topic, the table or the bucket.
    pub name: String,
    /// The largest batch.
    pub batch: u32,
    /// Seconds to wait for a batch to fill.
    pub window: u32,
    /// Batches of one shard at once, 1 to 10. Records of one key keep their order.
    pub parallel: u32,
    /// The place where a new mapping begins.
    pub start: StartingPosition,
    /// The age in seconds at which the mapping gives a record up. A record that still fails in the
    /// last quarter of that time is dead-lettered.
    pub max_age: u32,
    /// The least and the most event pollers of Kafka's provisioned mode; `None` in on-demand mode,
    /// where a failed record fails its whole batch.
    pub pollers: Option<(u32, u32)>,
}

/// The kind of a [`Source`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SourceKind {
    /// A Kinesis data stream.
    Kinesis,
    /// A topic of Amazon MSK.
    Msk,
    /// A topic of another Kafka cluster.
    Kafka,
    /// The stream of a table that is not Waxseal's.
    Table,
    /// A bucket that notifies the service's queue of events.
    Bucket,
}

/// The place where a mapping begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StartingPosition {
    /// With the oldest record that there is.
    Oldest,
    /// With the records that come from now on. Lambda may miss some while the mapping is made.
    Latest,
}

/// The age of a record, unless a source says another: two hours.
const MAX_AGE: u32 = 7200;

impl Source {
    fn new(kind: SourceKind, name: impl Into<String>) -> Self {
        Self {
            kind,
            name: name.into(),
            batch: 100,
            window: 0,
            parallel: 1,
            start: StartingPosition::Oldest,
            max_age: MAX_AGE,
            pollers: None,
        }
    }

    /// A Kinesis data stream.
    #[must_use]
    pub fn kinesis(name: impl Into<String>) -> Self {
        Self::new(SourceKind::Kinesis, name)
    }

    /// A topic of Amazon MSK.
    #[must_use]
    pub fn msk(topic: impl Into<String>) -> Self {
        Self::new(SourceKind::Msk, topic)
    }

    /// A topic of a Kafka cluster that is none of Amazon MSK.
    #[must_use]
    pub fn kafka(topic: impl Into<String>) -> Self {
        Self::new(SourceKind::Kafka, topic)
    }

    /// The stream of a table that is not Waxseal's: its changes.
    #[must_use]
    pub fn table(name: impl Into<String>) -> Self {
        Self::new(SourceKind::Table, name)
    }

    /// A bucket that notifies the service's queue of events. Its owner configures the notification.
    #[must_use]
    pub fn bucket(name: impl Into<String>) -> Self {
        Self::new(SourceKind::Bucket, name)
    }

    /// The largest batch.
    #[must_use]
    pub fn batch(mut self, records: u32) -> Self {
        self.batch = records;
        self
    }

    /// Seconds to wait for a batch to fill.
    #[must_use]
    pub fn window(mut self, seconds: u32) -> Self {
        self.window = seconds;
        self
    }

    /// Batches of one shard at once, 1 to 10.
    #[must_use]
    pub fn parallel(mut self, batches: u32) -> Self {
        self.parallel = batches;
        self
    }

    /// The place where a new mapping begins.
    #[must_use]
    pub fn starting_at(mut self, start: StartingPosition) -> Self {
        self.start = start;
        self
    }

    /// The age in seconds at which the mapping gives a record up: 60 to 604,800, of a table 86,400 at
    /// the most, since its stream forgets then.
    #[must_use]
    pub fn max_age(mut self, seconds: u32) -> Self {
        self.max_age = seconds;
        self
    }

    /// Kafka's provisioned mode with this many event pollers. It alone has partial responses, a
    /// maximum age and a bisection.
    #[must_use]
    pub fn provisioned(mut self, least: u32, most: u32) -> Self {
        self.pollers = Some((least, most));
        self
    }

    /// Whether an event source mapping reads it. A bucket sends to a queue.
    #[must_use]
    pub fn has_mapping(&self) -> bool {
        self.kind != SourceKind::Bucket
    }

    /// Whether it is a topic of Kafka.
    #[must_use]
    pub fn is_kafka(&self) -> bool {
        matches!(self.kind, SourceKind::Msk | SourceKind::Kafka)
    }

    /// Whether its mapping reads which records of a batch failed.
    #[must_use]
    pub fn has_partial_responses(&self) -> bool {
        self.has_mapping() && (!self.is_kafka() || self.pollers.is_some())
    }
}
