//! The keys of a projection's rows, and the rows that an event concerns.

/// The key of a row: the group in which it is found, and its place there.
///
/// Rows of one group are read together, in the order of their places, by prefix and page: sales by
/// `day` and `sku/currency`, orders by `customer` and `time/order`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowKey {
    /// The group.
    pub group: String,
    /// The place in the group; it may be empty where a group has one row.
    pub place: String,
}

impl RowKey {
    /// The row at `place` in `group`.
    pub fn new(group: impl Into<String>, place: impl Into<String>) -> Self {
        Self { group: group.into(), place: place.into() }
    }
}

impl std::fmt::Display for RowKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.group, self.place)
    }
}

/// The rows that one event concerns, as they are before it.
#[derive(Debug)]
pub struct Rows<R> {
    pub(super) rows: Vec<(RowKey, Option<R>)>,
}

impl<R> Rows<R> {
    /// The rows of these keys.
    #[must_use]
    pub fn new(rows: Vec<(RowKey, Option<R>)>) -> Self {
        Self { rows }
    }

    /// One of the rows; `None` in it is a row that does not exist.
    ///
    /// # Panics
    /// Where [`Project::rows`](crate::Project::rows) does not name the key for this event: the row was
    /// not read. The event is then a failed record, as with any panic (S-6).
    #[track_caller]
    pub fn at(&mut self, key: &RowKey) -> &mut Option<R> {
        match self.rows.iter_mut().find(|(of, _)| of == key) {
            Some((_, row)) => row,
            None => panic!("`rows` does not name the row {key} for this event, so it was not read"),
        }
    }

    /// All of the rows, in the order of their keys.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&RowKey, &mut Option<R>)> {
        self.rows.iter_mut().map(|(key, row)| (&*key, row))
    }
}
