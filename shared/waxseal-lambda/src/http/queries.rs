//! The queries of a service as an HTTP service.

use std::{
    convert::Infallible,
    task::{Context, Poll},
};

use futures_util::future::BoxFuture;
use lambda_http::http::{
    HeaderValue, Method, Request, Response, StatusCode,
    header::{ALLOW, CONTENT_TYPE, RETRY_AFTER},
};
use tower_service::Service;
use waxseal::{Answered, Engine, problem::Problem};

/// The queries that a service answers, as an HTTP service: `GET` of each query's path. It is for
/// [`Function::http`](crate::Function::http), or for the fallback of a router.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use waxseal::{Answers, Entity, Failure, Service, View};
/// use waxseal_lambda::Queries;
/// use waxseal_testing::Fixture;
///
/// #[derive(Serialize, Deserialize)] struct GetStock { sku: String }
/// #[derive(Serialize, Deserialize)] struct Stock { on_hand: u32 }
/// impl Entity for Stock { const KIND: &'static str = "stock"; }
/// waxseal::query!(GetStock { name: "get-stock", version: 1, owner: "inventory", path: "/stock/{sku}", answer: Stock });
/// struct StockOf;
/// impl Answers<GetStock> for StockOf {
///     async fn answer(&self, query: &GetStock, view: &View<'_>) -> Result<Option<Stock>, Failure> {
///         view.read::<Stock>(&query.sku).await
///     }
/// }
/// let engine = Fixture::default().engine(Service::new("inventory").answers(StockOf));
/// let router: axum::Router = axum::Router::new().fallback_service(Queries::new(engine));
/// ```
#[derive(Debug, Clone)]
pub struct Queries {
    engine: Engine,
}

impl Queries {
    /// The queries of the engine's service.
    #[must_use]
    pub fn new(engine: Engine) -> Self {
        Self { engine }
    }
}

impl<B> Service<Request<B>> for Queries {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (engine, method, uri) = (self.engine.clone(), request.method().clone(), request.uri().clone());
        Box::pin(async move {
            if method != Method::GET {
                let problem = Problem::new(405, "Method Not Allowed", "queries are asked by GET");
                let mut response = response(problem.into());
                response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET"));
                return Ok(response);
            }
            let nothing = || Problem::new(404, "Not Found", "no query has this path").into();
            let answered = engine.get(uri.path(), uri.query().unwrap_or_default()).await;
            Ok(response(answered.unwrap_or_else(nothing)))
        })
    }
}

fn response(answered: Answered) -> Response<String> {
    let mut response = Response::new(answered.body);
    *response.status_mut() =
        StatusCode::from_u16(answered.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(answered.content_type));
    if let Some(seconds) = answered.retry_after {
        headers.insert(RETRY_AFTER, seconds.into());
    }
    response
}
