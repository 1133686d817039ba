//! An HTTP service behind a function.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use lambda_http::IntoResponse;
use tower_service::Service;

#[cfg(any(feature = "alb", feature = "apigateway-rest"))]
use super::version1::{self, Query};
use super::{
    form::Form,
    request::{self, Refused},
    response::{self, problem},
};
use crate::{error::InvokeError, invocation::Invocation};

/// An HTTP service, erased: the function is one type for every service.
pub(crate) trait AnyHttp: Send + Sync {
    fn call<'a>(
        &'a self,
        payload: &'a str,
        invocation: &'a Invocation,
    ) -> BoxFuture<'a, Result<Vec<u8>, InvokeError>>;
}

struct Http<S>(S);

pub(crate) fn erase<S>(service: S) -> Arc<dyn AnyHttp>
where
    S: Service<lambda_http::Request> + Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
    S::Response: IntoResponse + Send + 'static,
    S::Error: std::fmt::Display + Send + 'static,
{
    Arc::new(Http(service))
}

impl<S> AnyHttp for Http<S>
where
    S: Service<lambda_http::Request> + Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
    S::Response: IntoResponse + Send + 'static,
    S::Error: std::fmt::Display + Send + 'static,
{
    fn call<'a>(
        &'a self,
        payload: &'a str,
        invocation: &'a Invocation,
    ) -> BoxFuture<'a, Result<Vec<u8>, InvokeError>> {
        Box::pin(async move {
            let form = Form::of(payload);
            let request = match read(form, payload) {
                Ok(request) => request,
                Err(Refused::NoRequest(saw)) => return Err(InvokeError::Unrecognised { saw }),
                Err(Refused::Bad { status, detail }) => {
                    tracing::info!(request_id = invocation.request_id, status, detail, "no HTTP request");
                    return problem(form, status, &detail);
                }
            };
            let failed = |error: S::Error| InvokeError::Http(error.to_string());
            let mut service = self.0.clone();
            std::future::poll_fn(|cx| service.poll_ready(cx)).await.map_err(failed)?;
            let response = service.call(request).await.map_err(failed)?;
            response::write(form, response.into_response().await)
        })
    }
}

fn read(form: Form, payload: &str) -> Result<lambda_http::Request, Refused> {
    match form {
        Form::Version2 => request::read(payload),
        #[cfg(feature = "apigateway-rest")]
        Form::Rest => version1::read(payload, Query::Decoded),
        #[cfg(feature = "alb")]
        Form::LoadBalancer { .. } => version1::read(payload, Query::Written),
    }
}
