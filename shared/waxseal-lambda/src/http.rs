//! HTTP, through `lambda_http`: the service sees `http` types, whoever calls it.

use std::{future::Future, pin::Pin, sync::Arc};

use lambda_http::{Adapter, IntoResponse, request::LambdaRequest};
use lambda_runtime::{Context, LambdaEvent};
use tower_service::Service;

use crate::{Invocation, InvokeError};

pub(crate) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// An HTTP service, erased: the function is one type whatever serves its HTTP.
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
            let request: LambdaRequest =
                serde_json::from_str(payload).map_err(|_| InvokeError::Unrecognised {
                    saw: "an HTTP request that lacks parts of payload version 2.0".to_owned(),
                })?;
            let mut context = Context::default();
            context.request_id.clone_from(&invocation.request_id);
            context.xray_trace_id.clone_from(&invocation.trace);
            context.deadline =
                invocation.deadline.map_or(0, |at| at.as_millisecond().try_into().unwrap_or(0));
            let failed = |error: S::Error| InvokeError::Http(error.to_string());
            let mut service = self.0.clone();
            std::future::poll_fn(|cx| service.poll_ready(cx)).await.map_err(failed)?;
            // Not one expression with the `await`: the adapter must not be held across it, it is not `Send`.
            let response = Adapter::from(service).call(LambdaEvent::new(request, context));
            let response = response.await.map_err(failed)?;
            serde_json::to_vec(&response).map_err(InvokeError::Response)
        })
    }
}
