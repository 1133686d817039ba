//! The rows of a projection in its table.

use serde::de::DeserializeOwned;

use crate::{
    fault::Fault,
    handler::projection::{definition::Projection, key::RowKey},
    row::{
        sort,
        state::{self, Stored},
    },
    table::{Item, Key, Query, SortRange},
};
use waxseal_message::misfit;

/// The kind of the rows of a projection: its name and version. Rows of two versions are apart.
#[must_use]
pub fn row_kind<P: Projection>() -> String {
    format!("{}@{}", P::NAME, P::VERSION)
}

/// The table's key of a row.
pub(crate) fn row_key<P: Projection>(key: &RowKey) -> Key {
    Key::of(&row_kind::<P>(), &[&key.group], format!("{}{}", sort::ROW, key.place))
}

/// The place that a sort key names.
pub(crate) fn sort_of(key: &Key) -> &str {
    key.sort.strip_prefix(sort::ROW).unwrap_or(&key.sort)
}

/// A read of the rows of a group whose places begin with `prefix`.
pub(crate) fn prefix_query<P: Projection>(group: &str, prefix: &str) -> Query {
    let partition = row_key::<P>(&RowKey::new(group, "")).partition;
    Query::of(&*partition).range(SortRange::prefix(format!("{}{prefix}", sort::ROW)))
}

/// The row in an item, and the version that guards it.
pub(crate) fn read_row<R: DeserializeOwned>(item: &Item) -> Result<(R, u64), Fault> {
    let Stored { data, version, .. } = state::read(item).map_err(Fault::permanent)?;
    let row = serde_json::from_str(data).map_err(|error| {
        let reason = misfit(&error);
        Fault::permanent(format!(
            "row {} does not fit its type: {reason}; raise the projection's VERSION",
            item.key
        ))
    })?;
    Ok((row, version))
}
