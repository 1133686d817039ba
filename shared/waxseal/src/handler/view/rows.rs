//! Reads of the rows of projections.

use crate::{
    handler::{
        failure::Failure,
        projection::{Projection, RowKey, prefix_query, read_row, row_key, sort_of},
        view::entities::View,
    },
    row::{pointer, sort},
};

/// One page of a projection's rows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RowPage<R> {
    /// The rows with their places, in the order of the places.
    pub rows: Vec<(String, R)>,
    /// The place after which the next page begins; `None` on the last page.
    pub next: Option<String>,
}

impl View<'_> {
    /// The version of a projection that queries read; `None` where its pointer was never moved.
    ///
    /// While a build has two versions of a projection, the answer to a query reads the rows of this one.
    ///
    /// # Errors
    /// Where the table cannot be read.
    pub async fn current(&self, projection: &str) -> Result<Option<u16>, Failure> {
        let item = self.item(pointer::key(projection)).await?;
        Ok(item.as_ref().and_then(pointer::read).map(|pointer| pointer.current))
    }

    /// One row of a projection, strongly consistent.
    ///
    /// # Errors
    /// Where the table cannot be read, or the row does not fit its type.
    pub async fn row<P: Projection>(&self, key: &RowKey) -> Result<Option<P::Row>, Failure> {
        let item = self.item(row_key::<P>(key)).await?;
        let row = item.as_ref().map(read_row::<P::Row>).transpose();
        Ok(row.map_err(Failure::Fault)?.map(|(row, _)| row))
    }

    /// Up to `limit` rows of a group whose places begin with `prefix`, after the place `after`.
    ///
    /// # Errors
    /// As [`View::row`].
    pub async fn rows<P: Projection>(
        &self,
        group: &str,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<RowPage<P::Row>, Failure> {
        let mut query = prefix_query::<P>(group, prefix).limit(limit);
        if let Some(after) = after {
            query = query.after(row_key::<P>(&RowKey::new(group, after)).sort);
        }
        let page = self.page(&query).await?;
        let mut rows = Vec::with_capacity(page.items.len());
        for item in &page.items {
            let (row, _) = read_row::<P::Row>(item).map_err(Failure::Fault)?;
            rows.push((sort_of(&item.key).to_owned(), row));
        }
        let next = page.next.map(|next| next.strip_prefix(sort::ROW).unwrap_or(&next).to_owned());
        Ok(RowPage { rows, next })
    }
}
