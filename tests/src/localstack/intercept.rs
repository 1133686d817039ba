//! Between functions and AWS: requests pass, until a test says that the function dies before or after one of them.

use std::{
    fs,
    process::Command,
    sync::{Arc, Mutex, PoisonError},
};

use crate::{
    http::{Reply, Request, Server},
    localstack::client::Client,
};

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It passes, and its answer too.
    Passes,
    /// The function is killed; the request never arrives.
    KilledBefore,
    /// The request arrives; the function is killed and never hears so.
    KilledAfter,
}

type Rule = Box<dyn FnMut(&Request) -> Fate + Send>;

/// A port that functions take for AWS.
pub struct Interceptor {
    server: Server,
    rule: Arc<Mutex<Option<(String, Rule)>>>,
}

impl std::fmt::Debug for Interceptor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Interceptor").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Interceptor {
    /// Stands before `client`'s endpoint.
    #[must_use]
    pub fn start(client: &Client) -> Self {
        let rule = Arc::new(Mutex::new(None));
        let (client, known) = (client.clone(), rule.clone());
        Self { server: Server::start(move |request| pass(&client, &known, request)), rule }
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Until the guard is dropped `rule` decides about every request that comes through here; a function that it kills
    /// is the one named, in all its environments.
    pub fn rule(&self, function: &str, rule: impl FnMut(&Request) -> Fate + Send + 'static) -> Guard<'_> {
        *self.rule.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((function.to_owned(), Box::new(rule)));
        Guard(self)
    }
}

/// While it lives a rule holds.
#[must_use = "the rule ends with its guard"]
#[derive(Debug)]
pub struct Guard<'a>(&'a Interceptor);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        *self.0.rule.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

fn pass(client: &Client, rule: &Mutex<Option<(String, Rule)>>, request: &Request) -> Reply {
    let (function, fate) = match &mut *rule.lock().unwrap_or_else(PoisonError::into_inner) {
        Some((function, rule)) => (function.clone(), rule(request)),
        None => (String::new(), Fate::Passes),
    };
    if fate == Fate::KilledBefore {
        kill(&client.endpoint, &function);
        return Reply::Close;
    }
    let headers: Vec<(&str, &str)> = request
        .headers
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "host" | "content-length" | "connection"))
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let answer = client.send(&request.method, &request.path, &headers, &request.body);
    if fate == Fate::KilledAfter {
        kill(&client.endpoint, &function);
        return Reply::Close;
    }
    match answer {
        Ok(answer) => {
            let headers = ["content-type", "x-amzn-requestid"];
            let headers = headers.into_iter().map(|name| (name, answer.header(name).to_owned())).collect();
            Reply::Answer(answer.status, headers, answer.body)
        }
        Err(_) => Reply::Close,
    }
}

/// The processes that run this function for the `LocalStack` at `endpoint`.
#[must_use]
pub fn processes(endpoint: &str, function: &str) -> Vec<u32> {
    let wanted = [
        format!("AWS_LAMBDA_FUNCTION_NAME={function}"),
        // There may be other instances on this machine, with functions of the same name.
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

/// SIGKILL, to every environment of this function; how many there were.
pub fn kill(endpoint: &str, function: &str) -> usize {
    let pids = processes(endpoint, function);
    let killed = |pid: &&u32| {
        let kill = Command::new("sh").arg("-c").arg(format!("kill -KILL {pid}")).status();
        // One that has just ended by itself is as dead.
        kill.is_ok_and(|status| status.success())
    };
    pids.iter().filter(killed).count()
}
