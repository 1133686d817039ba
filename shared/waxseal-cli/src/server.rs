//! A service's HTTP interface on loopback.

use std::{net::Ipv4Addr, sync::Arc, thread, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, Response, StatusCode},
};
use tokio::{net::TcpListener, sync::oneshot};
use waxseal_local::Local;

use crate::print;

/// The largest body that is read; the function has a smaller limit of its own.
const LARGEST_BODY: usize = 1024 * 1024;

/// A server on a thread of its own, until it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    /// The port that it listens on.
    pub(crate) port: u16,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

/// The reason for which no server listens.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on 127.0.0.1:{port}: {source}; choose another one with --port")]
pub(crate) struct CannotListen {
    port: u16,
    source: std::io::Error,
}

impl Server {
    /// Listens on 127.0.0.1 and hands every request to the function of `service`. The caller runs
    /// the environment's executor.
    ///
    /// # Errors
    /// Where the port is taken.
    pub(crate) fn start(local: &Local, service: &str, port: u16) -> Result<Self, CannotListen> {
        let failed = |source| CannotListen { port, source };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, port))).map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        let (stop, stopped) = oneshot::channel::<()>();
        let (local, service) = (local.clone(), Arc::<str>::from(service));
        let app = Router::new().fallback(move |request: Request<Body>| {
            let (local, service) = (local.clone(), service.clone());
            async move { forward(local, service, request).await }
        });
        let thread = thread::spawn(move || {
            let served = runtime.block_on(async move {
                let stopped = async move {
                    // A dropped sender is a stop as well.
                    let _ = stopped.await;
                };
                axum::serve(listener, app).with_graceful_shutdown(stopped).await
            });
            if let Err(error) = served {
                print::progress(format_args!("the HTTP server stopped: {error}"));
            }
        });
        Ok(Self { port, stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        // A connection that is kept alive would delay a graceful end, so the wait is short.
        for _ in 0..20 {
            if self.thread.as_ref().is_none_or(thread::JoinHandle::is_finished) {
                break;
            }
            thread::sleep(Duration::from_millis(25));
        }
    }
}

async fn forward(local: Local, service: Arc<str>, request: Request<Body>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let plain = |status: StatusCode, text: String| {
        let mut response = Response::new(Body::from(text));
        *response.status_mut() = status;
        response
    };
    let body = match to_bytes(body, LARGEST_BODY).await {
        Ok(body) => body,
        Err(error) => {
            return plain(StatusCode::PAYLOAD_TOO_LARGE, format!("the body could not be read: {error}\n"));
        }
    };
    let inner = local.clone();
    let request = Request::from_parts(head, body);
    let answer = local.executor().spawn(async move { inner.request(&service, request).await }).await;
    match answer {
        Ok(Ok(response)) => response.map(Body::from),
        Ok(Err(error)) => plain(StatusCode::BAD_GATEWAY, format!("{error}\n")),
        Err(ended) => plain(StatusCode::BAD_GATEWAY, format!("{ended}\n")),
    }
}
