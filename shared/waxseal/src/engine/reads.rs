//! The reads of the code around an engine: those of a [`View`], and the answers to queries.

use percent_encoding::percent_decode_str;

use crate::{
    engine::handle::Engine,
    handler::{Answered, EventSourced, Failure, Folded, Projection, Recorded, RowKey, RowPage, View},
    row::{Entity, state},
};
use waxseal_message::{DeclaredQuery, Timestamp};

impl Engine {
    /// The reads of the service's table.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        View::of(&*self.inner.table)
    }

    /// Reads an entity for a query, strongly consistent. It cannot be saved.
    ///
    /// # Errors
    /// Where the table cannot be read, or the item does not fit.
    pub async fn read<T: Entity>(&self, id: &str) -> Result<Option<T>, Failure> {
        self.view().read(id).await
    }

    /// Reads an entity of the namespace that handlers [rebuilt](crate::Replay::Rebuild) from the
    /// events of `replay`, strongly consistent (S-40).
    ///
    /// # Errors
    /// As [`Engine::read`].
    pub async fn read_replayed<T: Entity>(&self, replay: &str, id: &str) -> Result<Option<T>, Failure> {
        self.view().read_at(state::key::<T>(id).replayed(Some(replay))).await
    }

    /// As [`View::state_of`].
    ///
    /// # Errors
    /// As [`View::state_of`].
    pub async fn state_of<S: EventSourced>(&self, id: &str) -> Result<Folded<S>, Failure> {
        self.view().state_of(id).await
    }

    /// As [`View::at_version`].
    ///
    /// # Errors
    /// As [`View::state_of`].
    pub async fn at_version<S: EventSourced>(&self, id: &str, version: u64) -> Result<Folded<S>, Failure> {
        self.view().at_version(id, version).await
    }

    /// As [`View::as_of`].
    ///
    /// # Errors
    /// As [`View::state_of`].
    pub async fn as_of<S: EventSourced>(&self, id: &str, time: Timestamp) -> Result<Folded<S>, Failure> {
        self.view().as_of(id, time).await
    }

    /// As [`View::recorded`].
    ///
    /// # Errors
    /// As [`View::state_of`].
    pub async fn recorded<S: EventSourced>(
        &self,
        id: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Recorded<S::Event>>, Failure> {
        self.view().recorded::<S>(id, after, limit).await
    }

    /// As [`View::row`].
    ///
    /// # Errors
    /// As [`View::row`].
    pub async fn row<P: Projection>(&self, key: &RowKey) -> Result<Option<P::Row>, Failure> {
        self.view().row::<P>(key).await
    }

    /// As [`View::rows`].
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
        self.view().rows::<P>(group, prefix, after, limit).await
    }

    /// Answers the HTTP request `GET path?members`, where a query has such a path; `None` where none
    /// has. Both are given as they were requested, escapes included.
    ///
    /// | answer | when |
    /// |---|---|
    /// | 200 | the answer's JSON |
    /// | 400 | a member is missing, is there twice or is no value of its type; or the service refuses the question |
    /// | 404 | there is nothing of that kind |
    /// | 503 | the table cannot be read now |
    ///
    /// Errors are `application/problem+json`.
    pub async fn get(&self, path: &str, members: &str) -> Option<Answered> {
        let parts: Vec<String> = path
            .split('/')
            .skip(1)
            .map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned())
            .collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let found = self.inner.service.queries.iter().find_map(|asked| {
            let given = asked.declared().members(&parts)?;
            Some((asked, given))
        });
        let (asked, given) = found?;
        let given = serde_urlencoded::to_string(given).unwrap_or_default();
        // A member of the path that is in the query string, too, is there twice, and is refused.
        let members = [given.as_str(), members].into_iter().filter(|part| !part.is_empty());
        let answer = asked.answer(members.collect::<Vec<_>>().join("&"), self.view()).await;
        Some(Answered::of(asked.declared().name, answer))
    }

    /// The queries that the service answers.
    #[must_use]
    pub fn queries(&self) -> Vec<DeclaredQuery> {
        self.inner.service.queries()
    }
}
