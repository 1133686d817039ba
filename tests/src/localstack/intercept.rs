//! A proxy between a function and AWS. Requests pass, until a test kills the function before or
//! after one of them, or has AWS take a part of the entries.

use std::{fs, process::Command, sync::Arc};

use serde_json::{Value, json};
use waxseal::lock::Lock;

use crate::{
    http::{Reply, Request, Server},
    localstack::client::Client,
};

/// The fate of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// The request passes, and its answer too.
    Passes,
    /// The function is killed; the request never arrives.
    KilledBefore,
    /// The request arrives; the function is killed before the answer.
    KilledAfter,
    /// The entries of a `PutEvents` at these positions are refused, and the others arrive.
    Refused(Vec<usize>),
}

type Rule = Box<dyn FnMut(&Request) -> Fate + Send>;

/// A port that one function uses as its AWS endpoint.
pub struct Interceptor {
    server: Server,
    rule: Arc<Lock<Option<Rule>>>,
}

impl std::fmt::Debug for Interceptor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Interceptor").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Interceptor {
    /// A proxy between `client`'s endpoint and the function of this full name.
    #[must_use]
    pub fn start(client: &Client, function: &str) -> Self {
        let rule = Arc::new(Lock::new(None));
        let (client, function, known) = (client.clone(), function.to_owned(), rule.clone());
        Self { server: Server::start(move |request| pass(&client, &function, &known, request)), rule }
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// `rule` decides about every request until the guard is dropped. Where it kills the function,
    /// it kills all its environments.
    pub fn rule(&self, rule: impl FnMut(&Request) -> Fate + Send + 'static) -> Guard<'_> {
        *self.rule.lock() = Some(Box::new(rule));
        Guard(self)
    }
}

/// The guard of a rule, which holds while the guard lives.
#[must_use = "the rule ends with its guard"]
#[derive(Debug)]
pub struct Guard<'a>(&'a Interceptor);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        *self.0.rule.lock() = None;
    }
}

fn pass(client: &Client, function: &str, rule: &Lock<Option<Rule>>, request: &Request) -> Reply {
    let fate = match &mut *rule.lock() {
        Some(rule) => rule(request),
        None => Fate::Passes,
    };
    match fate {
        Fate::Passes => forward(client, request, &request.body),
        Fate::KilledBefore => {
            kill(&client.endpoint, function);
            Reply::Close
        }
        Fate::KilledAfter => {
            forward(client, request, &request.body);
            kill(&client.endpoint, function);
            Reply::Close
        }
        Fate::Refused(positions) => partly(client, request, &positions),
    }
}

fn forward(client: &Client, request: &Request, body: &[u8]) -> Reply {
    let headers: Vec<(&str, &str)> = request
        .headers
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "host" | "content-length" | "connection"))
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    match client.send(&request.method, &request.path, &headers, body) {
        Ok(answer) => {
            let headers = ["content-type", "x-amzn-requestid"];
            let headers = headers.into_iter().map(|name| (name, answer.header(name).to_owned())).collect();
            Reply::Answer(answer.status, headers, answer.body)
        }
        Err(_) => Reply::Close,
    }
}

/// Sends the entries that are not refused, and answers as EventBridge does for all of them.
fn partly(client: &Client, request: &Request, refused: &[usize]) -> Reply {
    let mut put: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let entries = put["Entries"].as_array().cloned().unwrap_or_default();
    let taken = |position: &usize| !refused.contains(position);
    put["Entries"] = (0..entries.len()).filter(taken).map(|position| entries[position].clone()).collect();
    let answer = match forward(client, request, put.to_string().as_bytes()) {
        Reply::Answer(200, _, body) => serde_json::from_slice::<Value>(&body).unwrap_or_default(),
        other => return other,
    };
    let mut arrived = answer["Entries"].as_array().cloned().unwrap_or_default().into_iter();
    let refusal = json!({"ErrorCode": "ThrottlingException", "ErrorMessage": "Rate exceeded"});
    let answers: Vec<Value> = (0..entries.len())
        .map(|position| if taken(&position) { arrived.next().unwrap_or_default() } else { refusal.clone() })
        .collect();
    let body = json!({"FailedEntryCount": refused.len(), "Entries": answers});
    Reply::Answer(
        200,
        vec![("content-type", "application/x-amz-json-1.1".to_owned())],
        body.to_string().into_bytes(),
    )
}

/// The processes that run this function for the `LocalStack` at `endpoint`.
#[must_use]
pub fn processes(endpoint: &str, function: &str) -> Vec<u32> {
    let wanted = [
        format!("AWS_LAMBDA_FUNCTION_NAME={function}"),
        // Other instances on this machine may have functions of the same name.
        format!("AWS_ENDPOINT_URL={endpoint}"),
    ];
    let folders = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = folders.filter_map(|folder| folder.file_name().to_string_lossy().parse::<u32>().ok());
    let runs = |pid: &u32| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let variables: Vec<&[u8]> = environment.split(|byte| *byte == 0).collect();
        wanted.iter().all(|wanted| variables.contains(&wanted.as_bytes()))
    };
    pids.filter(runs).collect()
}

/// Sends SIGKILL to every environment of this function, and returns their number.
pub fn kill(endpoint: &str, function: &str) -> usize {
    let pids = processes(endpoint, function);
    let killed = |pid: &&u32| {
        let kill = Command::new("sh").arg("-c").arg(format!("kill -KILL {pid}")).status();
        // One that has just ended by itself counts too.
        kill.is_ok_and(|status| status.success())
    };
    pids.iter().filter(killed).count()
}
