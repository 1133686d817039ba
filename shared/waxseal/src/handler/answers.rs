//! Queries that a service answers.

use std::{future::Future, marker::PhantomData};

use serde_json::value::{RawValue, to_raw_value};

use crate::{
    error_chain::error_chain,
    fault::Fault,
    future::BoxFuture,
    handler::{failure::Failure, view::View},
    problem::{CONTENT_TYPE, Problem},
};
use waxseal_message::{DeclaredQuery, Query};

/// The answer of a service to a [`Query`].
///
/// It reads and nothing else: there is no unit, so it can neither save nor emit.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use waxseal::{Answers, Entity, Failure, Service, View};
///
/// #[derive(Serialize, Deserialize)] struct GetStock { sku: String }
/// #[derive(Serialize, Deserialize, PartialEq, Debug)] struct Stock { on_hand: u32 }
/// impl Entity for Stock { const KIND: &'static str = "stock"; }
/// waxseal::query!(GetStock { name: "get-stock", version: 1, owner: "inventory", path: "/stock/{sku}", answer: Stock });
///
/// struct StockOf;
/// impl Answers<GetStock> for StockOf {
///     async fn answer(&self, query: &GetStock, view: &View<'_>) -> Result<Option<Stock>, Failure> {
///         view.read::<Stock>(&query.sku).await
///     }
/// }
/// let service = Service::new("inventory").answers(StockOf);
/// assert_eq!(service.queries()[0].path, "/stock/{sku}");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not answer `{Q}`",
    label = "no answer to `{Q}`",
    note = "write `impl Answers<{Q}> for {Self}`"
)]
pub trait Answers<Q: Query>: Send + Sync + 'static {
    /// The answer; `None` where there is nothing of that kind, which is a 404 over HTTP.
    ///
    /// # Errors
    /// A permanent failure is a 400 over HTTP: the question makes no sense. Any other is a 503.
    fn answer(
        &self,
        query: &Q,
        view: &View<'_>,
    ) -> impl Future<Output = Result<Option<Q::Answer>, Failure>> + Send;
}

/// The reason why a question in text was not answered.
#[derive(Debug)]
pub(crate) enum Unanswered {
    /// A member is missing or is no value of its type; the reason, for the one who asks.
    Unreadable(String),
    /// The service could not answer.
    Failed(Failure),
}

/// The answer to a query over HTTP, as data.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answered {
    /// The status.
    pub status: u16,
    /// The media type of the body.
    pub content_type: &'static str,
    /// The seconds of the header `Retry-After`, where a later question may be answered.
    pub retry_after: Option<u64>,
    /// The body: JSON.
    pub body: String,
}

impl Answered {
    pub(crate) fn of(name: &str, answer: Result<Option<Box<RawValue>>, Unanswered>) -> Self {
        let problem = match answer {
            Ok(Some(json)) => {
                let body = Box::<str>::from(json).into_string();
                return Self { status: 200, content_type: "application/json", retry_after: None, body };
            }
            Ok(None) => Problem::new(404, "Not Found", "there is nothing of that kind"),
            Err(Unanswered::Unreadable(reason)) => Problem::new(400, "Bad Request", reason),
            Err(Unanswered::Failed(failure)) if failure.is_permanent() => {
                Problem::new(400, "Bad Request", failure.to_string())
            }
            Err(Unanswered::Failed(failure)) => {
                tracing::warn!(query = name, error = error_chain(&failure), "the query is not answered");
                Problem::new(503, "Service Unavailable", "the answer cannot be read now: ask again")
            }
        };
        Self::from(problem)
    }
}

impl From<Problem> for Answered {
    fn from(problem: Problem) -> Self {
        let (status, retry_after, body) = (problem.status, problem.retry_after(), problem.body());
        Self { status, content_type: CONTENT_TYPE, retry_after, body }
    }
}

/// The answer to a query in the erased form.
pub(crate) trait Asked: Send + Sync {
    fn declared(&self) -> DeclaredQuery;
    /// Answers a question whose members are given as a query string.
    fn answer<'a>(
        &'a self,
        members: String,
        view: View<'a>,
    ) -> BoxFuture<'a, Result<Option<Box<RawValue>>, Unanswered>>;
}

/// The answer of `A` to `Q`.
pub(crate) struct AnswerTo<A, Q> {
    pub(crate) answers: A,
    query: PhantomData<fn() -> Q>,
}

impl<A, Q> AnswerTo<A, Q> {
    pub(crate) fn new(answers: A) -> Self {
        Self { answers, query: PhantomData }
    }
}

impl<Q: Query, A: Answers<Q>> Asked for AnswerTo<A, Q> {
    fn declared(&self) -> DeclaredQuery {
        DeclaredQuery::of::<Q>()
    }

    fn answer<'a>(
        &'a self,
        members: String,
        view: View<'a>,
    ) -> BoxFuture<'a, Result<Option<Box<RawValue>>, Unanswered>> {
        Box::pin(async move {
            let query: Q = serde_urlencoded::from_str(&members)
                .map_err(|error| Unanswered::Unreadable(error.to_string()))?;
            let answer = self.answers.answer(&query, &view).await.map_err(Unanswered::Failed)?;
            let json = |answer| {
                to_raw_value(&answer).map_err(|error| Unanswered::Failed(Failure::Fault(Fault::retry(error))))
            };
            answer.map(json).transpose()
        })
    }
}
