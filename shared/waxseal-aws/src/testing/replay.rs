//! Recorded answers, in order.

use std::sync::Arc;

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::{orchestrator::HttpRequest, result::ConnectorError};
use waxseal::lock::Lock;

use super::network::{self, Fake};

/// One recorded answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// A status and a body, as the service sent it.
    Http(u16, String),
    /// No connection.
    Unreachable,
}

impl Answer {
    /// A status and a body.
    pub fn http(status: u16, body: impl Into<String>) -> Self {
        Self::Http(status, body.into())
    }
}

/// A network that gives recorded answers, one per request, and keeps the requests.
///
/// ```
/// use waxseal_aws::{SqsDeadLetters, testing::{Answer, Replay}};
/// let replay = Replay::new("application/x-amz-json-1.0", [Answer::http(200, r#"{"MessageId":"m-1"}"#)]);
/// let dead_letters = SqsDeadLetters::new(&replay.sdk(), "https://sqs.eu-west-1.amazonaws.com/123456789012/dlq");
/// assert!(replay.bodies().is_empty());
/// ```
#[derive(Debug, Clone)]
pub struct Replay {
    content_type: &'static str,
    state: Arc<Lock<State>>,
}

#[derive(Debug)]
struct State {
    answers: std::vec::IntoIter<Answer>,
    bodies: Vec<String>,
    lines: Vec<String>,
}

impl Replay {
    /// A network with these answers.
    pub fn new(content_type: &'static str, answers: impl IntoIterator<Item = Answer>) -> Self {
        let answers = answers.into_iter().collect::<Vec<_>>().into_iter();
        Self {
            content_type,
            state: Arc::new(Lock::new(State { answers, bodies: Vec::new(), lines: Vec::new() })),
        }
    }

    /// The configuration of a client on this network.
    #[must_use]
    pub fn sdk(&self) -> SdkConfig {
        let state = self.state.clone();
        let handle = move |request: &HttpRequest| {
            let body = request.body().bytes().map(|bytes| String::from_utf8_lossy(bytes).into_owned());
            let answer = {
                let mut state = state.lock();
                state.bodies.push(body.unwrap_or_default());
                state.lines.push(format!("{} {}", request.method(), request.uri()));
                state.answers.next()
            };
            let answered = match answer {
                Some(Answer::Http(status, body)) => Ok((status, body)),
                Some(Answer::Unreachable) => {
                    Err(ConnectorError::io("Connection refused (os error 111)".into()))
                }
                None => Err(ConnectorError::user("no answer is recorded for this request".into())),
            };
            Box::pin(std::future::ready(answered)) as _
        };
        network::sdk(Fake { content_type: self.content_type, handle: Arc::new(handle) })
    }

    /// The bodies of the requests so far.
    #[must_use]
    pub fn bodies(&self) -> Vec<String> {
        self.state.lock().bodies.clone()
    }

    /// Method and address of the requests so far.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.state.lock().lines.clone()
    }

    /// The number of answers that no request has taken.
    #[must_use]
    pub fn left(&self) -> usize {
        self.state.lock().answers.len()
    }
}
