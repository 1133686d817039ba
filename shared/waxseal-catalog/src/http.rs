//! The HTTP interface of a service, with its type erased.
//!
//! An application holds services of many kinds: an `axum::Router`, a tower stack, a service by
//! hand. Each environment gives it a request with its whole body and gets a response with its whole
//! body, as Lambda does.

use std::{
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::{BodyExt as _, Full};
use tower_service::Service;
use waxseal::{BoxError, Engine};

type Answer = Pin<Box<dyn Future<Output = Result<Response<Full<Bytes>>, BoxError>> + Send>>;

/// An HTTP service of any kind. Clones are the same one.
///
/// It takes a request with any body that is bytes, and it is always ready: it makes a clone of the
/// inner service ready for each call.
#[derive(Clone)]
pub struct HttpService {
    call: Arc<dyn Fn(Request<Full<Bytes>>) -> Answer + Send + Sync>,
}

impl HttpService {
    /// Erases a service.
    #[must_use]
    pub fn new<S, B>(service: S) -> Self
    where
        S: Service<Request<Full<Bytes>>, Response = Response<B>> + Clone + Send + Sync + 'static,
        S::Future: Send + 'static,
        S::Error: Into<BoxError> + Send,
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<BoxError>,
    {
        let call = move |request: Request<Full<Bytes>>| -> Answer {
            let mut service = service.clone();
            Box::pin(async move {
                poll_fn(|context| service.poll_ready(context)).await.map_err(Into::into)?;
                let (parts, body) = service.call(request).await.map_err(Into::into)?.into_parts();
                let body = body.collect().await.map_err(Into::into)?.to_bytes();
                Ok(Response::from_parts(parts, Full::new(body)))
            })
        };
        Self { call: Arc::new(call) }
    }
}

impl<B: AsRef<[u8]>> Service<Request<B>> for HttpService {
    type Response = Response<Full<Bytes>>;
    type Error = BoxError;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Answer {
        (self.call)(request.map(|body| Full::new(Bytes::copy_from_slice(body.as_ref()))))
    }
}

impl fmt::Debug for HttpService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpService").finish_non_exhaustive()
    }
}

/// Makes the HTTP interface of a service once there is an engine for it.
#[derive(Clone)]
pub(crate) struct Router(Arc<dyn Fn(Engine) -> HttpService + Send + Sync>);

impl Router {
    pub(crate) fn new(make: impl Fn(Engine) -> HttpService + Send + Sync + 'static) -> Self {
        Self(Arc::new(make))
    }

    pub(crate) fn on(&self, engine: Engine) -> HttpService {
        (self.0)(engine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers with the body, doubled.
    #[derive(Clone)]
    struct Echo;

    impl Service<Request<Full<Bytes>>> for Echo {
        type Response = Response<Full<Bytes>>;
        type Error = BoxError;
        type Future = Answer;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, request: Request<Full<Bytes>>) -> Answer {
            Box::pin(async move {
                let body = request.into_body().collect().await?.to_bytes();
                Ok(Response::new(Full::new([&body[..], &body[..]].concat().into())))
            })
        }
    }

    fn answer<F: Future>(future: F) -> F::Output {
        let mut future = std::pin::pin!(future);
        match future.as_mut().poll(&mut Context::from_waker(std::task::Waker::noop())) {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("nothing here waits"),
        }
    }

    #[test]
    fn an_erased_service_gets_the_whole_body_and_gives_the_whole_body() {
        let mut service = HttpService::new(Echo);
        let response = answer(service.call(Request::new("ab"))).expect("an answer");
        let body = answer(response.into_body().collect()).expect("a body").to_bytes();
        assert_eq!(body, "abab");
    }
}
