//! The gateway over HTTP: for the Lambda entry.

use std::{env, time::Duration};

use bytes::Bytes;
use http::{Request, Response, Uri, uri::PathAndQuery};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use waxseal::BoxError;

use crate::gateway::{Gateway, TIME_OUT};

/// The longest answer in bytes: ids and a short text.
const LARGEST_ANSWER: usize = 64 * 1024;
const CONNECT_TIME_OUT: Duration = Duration::from_secs(5);
/// The idle time-out is below that of all known load balancers (60 s), so that a kept connection is
/// not already closed.
const IDLE_TIME_OUT: Duration = Duration::from_secs(30);

/// The gateway behind a URL; connections are kept.
#[derive(Debug, Clone)]
pub struct Https {
    base: Uri,
    client: AnyClient,
}

// Without TLS no root certificates are needed: a stand-in on the same machine has none.
#[derive(Debug, Clone)]
enum AnyClient {
    Tls(Client<HttpsConnector<HttpConnector>, Full<Bytes>>),
    Plain(Client<HttpConnector, Full<Bytes>>),
}

/// The reason why there is no gateway to call, in one line.
#[derive(Debug, thiserror::Error)]
pub enum HttpsError {
    /// The variable is absent.
    #[error(
        "PAYMENT_GATEWAY_URL is not set: it is the URL of the payment gateway, for example PAYMENT_GATEWAY_URL=https://gateway.example.com/v1"
    )]
    Absent,
    /// The variable is no URL of a gateway.
    #[error(
        "PAYMENT_GATEWAY_URL is not the http or https URL of a host without query: it is the URL of the payment gateway, for example PAYMENT_GATEWAY_URL=https://gateway.example.com/v1"
    )]
    NotAUrl,
    /// No root certificates were found.
    #[error(
        "no root certificates were found, which PAYMENT_GATEWAY_URL needs for https: install ca-certificates"
    )]
    NoRoots(#[source] std::io::Error),
}

impl Https {
    /// The gateway that `PAYMENT_GATEWAY_URL` names.
    ///
    /// # Errors
    /// One line with the variable to set.
    pub fn from_env() -> Result<Self, HttpsError> {
        let url =
            env::var_os("PAYMENT_GATEWAY_URL").filter(|url| !url.is_empty()).ok_or(HttpsError::Absent)?;
        Self::new(url.to_str().ok_or(HttpsError::NotAUrl)?)
    }

    /// The gateway behind `url`.
    ///
    /// # Errors
    /// Where it is no URL, or there are no root certificates for https.
    pub fn new(url: &str) -> Result<Self, HttpsError> {
        let base: Uri = url.trim().parse().map_err(|_| HttpsError::NotAUrl)?;
        if base.host().is_none_or(str::is_empty) || base.query().is_some() {
            return Err(HttpsError::NotAUrl);
        }
        let mut http = HttpConnector::new();
        http.set_connect_timeout(Some(CONNECT_TIME_OUT));
        http.set_nodelay(true);
        let mut builder = Client::builder(TokioExecutor::new());
        builder.pool_idle_timeout(IDLE_TIME_OUT);
        let client = match base.scheme_str() {
            Some("http") => AnyClient::Plain(builder.build(http)),
            Some("https") => {
                http.enforce_http(false);
                let tls = HttpsConnectorBuilder::new().with_native_roots().map_err(HttpsError::NoRoots)?;
                AnyClient::Tls(builder.build(tls.https_only().enable_http1().wrap_connector(http)))
            }
            _ => return Err(HttpsError::NotAUrl),
        };
        Ok(Self { base, client })
    }

    fn address(&self, path: &Uri) -> Result<Uri, BoxError> {
        let path = format!("{}{}", self.base.path().trim_end_matches('/'), path.path());
        let mut parts = self.base.clone().into_parts();
        parts.path_and_query = Some(PathAndQuery::try_from(path)?);
        Ok(Uri::from_parts(parts)?)
    }

    async fn send_whole(&self, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, BoxError> {
        let answer = match &self.client {
            AnyClient::Tls(client) => client.request(request).await?,
            AnyClient::Plain(client) => client.request(request).await?,
        };
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body, LARGEST_ANSWER).collect().await?.to_bytes();
        Ok(Response::from_parts(parts, body))
    }
}

impl Gateway for Https {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, BoxError> {
        let (mut parts, body) = request.into_parts();
        parts.uri = self.address(&parts.uri)?;
        let request = Request::from_parts(parts, Full::new(body));
        match tokio::time::timeout(TIME_OUT, self.send_whole(request)).await {
            Ok(answer) => answer,
            Err(_) => Err(format!("no answer within {} s", TIME_OUT.as_secs()).into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_of_a_host_and_its_path_is_kept() {
        let gateway = Https::new("http://127.0.0.1:9/v1/").unwrap();
        let address = gateway.address(&Uri::from_static("/charges")).unwrap();
        assert_eq!(address.to_string(), "http://127.0.0.1:9/v1/charges");
        for bad in ["", "gateway", "/v1", "ftp://host/", "http://", "http://host/?x=1", "https://ho st"] {
            assert!(matches!(Https::new(bad), Err(HttpsError::NotAUrl)), "{bad}");
        }
    }

    #[tokio::test]
    async fn the_request_arrives_whole_and_the_answer_comes_back() {
        use tokio::net::TcpListener;

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let gateway = Https::new(&format!("http://{}/v1", listener.local_addr().unwrap())).unwrap();
        let server = tokio::spawn(async move {
            let (socket, _) = listener.accept().await.unwrap();
            let mut seen = Vec::new();
            let text = loop {
                socket.readable().await.unwrap();
                let mut buffer = [0; 1024];
                if let Ok(count) = socket.try_read(&mut buffer) {
                    seen.extend_from_slice(&buffer[..count]);
                }
                let text = String::from_utf8_lossy(&seen).into_owned();
                if text.ends_with("{\"amount\":1}") {
                    break text;
                }
            };
            socket.writable().await.unwrap();
            socket.try_write(b"HTTP/1.1 402 Payment Required\r\ncontent-length: 2\r\n\r\n{}").unwrap();
            text
        });
        let request = Request::post("/charges").header("idempotency-key", "k-1");
        let answer =
            gateway.send(request.body(Bytes::from_static(b"{\"amount\":1}")).unwrap()).await.unwrap();
        assert_eq!((answer.status().as_u16(), &answer.body()[..]), (402, &b"{}"[..]));
        let text = server.await.unwrap();
        assert!(
            text.starts_with("POST /v1/charges HTTP/1.1\r\n") && text.contains("idempotency-key: k-1"),
            "{text}"
        );
        // The server is gone.
        let request = Request::post("/charges").body(Bytes::new()).unwrap();
        assert!(gateway.send(request).await.is_err());
    }
}
