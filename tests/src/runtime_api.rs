//! A stand-in for Lambda's Runtime API, and a function binary running under it as a child process.
//!
//! It serves only what Lambda promises: the `next` long poll with its headers, `response`, `error`
//! and `init/error`. The child has the environment that the test names, and nothing of the test's
//! own. So the test states all that a binary needs. The child is killed when its [`Lambda`] is
//! dropped, also by a panic.
//!
//! Source: AWS Lambda developer guide, "Using the Lambda runtime API for custom runtimes".

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    env,
    io::{BufRead as _, BufReader, Read},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, MutexGuard, PoisonError, mpsc},
    thread::{self, JoinHandle},
    time::{Duration, Instant, SystemTime},
};

use waxseal::lock::Lock;

use crate::http::{Reply, Request, Server};

/// The environment of a function, by name.
pub type Variables = BTreeMap<String, String>;

/// The function's time-out: the time from the start of an invocation to its deadline.
pub const TIME_OUT: Duration = Duration::from_secs(30);
/// The time after which a test gives up waiting.
const PATIENCE: Duration = Duration::from_secs(60);
const BASE: &str = "/2018-06-01/runtime";

/// The error of a failed invocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// `errorType`.
    pub kind: String,
    /// `errorMessage`.
    pub message: String,
}

/// The function's answer.
pub type Answer = Result<Vec<u8>, Failed>;

/// A function binary that has ended.
#[derive(Debug, Clone)]
pub struct Ended {
    /// Its exit status.
    pub status: ExitStatus,
    /// Lines of its standard output: the log.
    pub stdout: Vec<String>,
    /// Lines of its standard error.
    pub stderr: Vec<String>,
    /// The reports to `init/error`.
    pub init_errors: Vec<String>,
}

/// A function binary under a Runtime API of its own.
#[derive(Debug)]
pub struct Lambda {
    name: String,
    child: Child,
    outputs: Option<[JoinHandle<Vec<String>>; 2]>,
    api: Arc<Api>,
    _server: Server,
}

/// An invocation under way.
#[derive(Debug)]
#[must_use = "an invocation is over when it was waited for"]
pub struct Invocation {
    answer: mpsc::Receiver<Answer>,
}

#[derive(Debug, Default)]
struct Api {
    state: Lock<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// A time-out other than [`TIME_OUT`].
    time_out: Option<Duration>,
    /// Whether the function has asked for an event, which ends its init.
    ready: bool,
    count: usize,
    waiting: VecDeque<(String, Vec<u8>)>,
    running: HashMap<String, mpsc::Sender<Answer>>,
    init_errors: Vec<String>,
    closed: bool,
}

impl Lambda {
    /// Starts the binary of this name with exactly these variables and those that Lambda itself
    /// sets for every function.
    #[must_use]
    pub fn start(name: &str, variables: &Variables) -> Self {
        let api = Arc::new(Api::default());
        let server = {
            let api = api.clone();
            Server::start(move |request| api.serve(request))
        };
        let mut environment = Variables::from([
            ("AWS_LAMBDA_RUNTIME_API".to_owned(), server.address().to_string()),
            ("AWS_LAMBDA_FUNCTION_NAME".to_owned(), name.to_owned()),
            ("AWS_LAMBDA_FUNCTION_VERSION".to_owned(), "$LATEST".to_owned()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE".to_owned(), "256".to_owned()),
        ]);
        environment.extend(variables.clone());
        let mut child = Command::new(binary(name))
            .env_clear()
            // An empty value stands for an absent variable, so that a test can remove one that
            // Lambda sets.
            .envs(environment.iter().filter(|(_, value)| !value.is_empty()))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the function binary starts");
        let outputs =
            [lines(child.stdout.take().expect("piped")), lines(child.stderr.take().expect("piped"))];
        Self { name: name.to_owned(), child, outputs: Some(outputs), api, _server: server }
    }

    /// Waits for the end of its init: the request for its first event.
    ///
    /// # Panics
    /// Where it ends instead, or does neither; the text holds its output.
    pub fn ready(&mut self) {
        let begun = Instant::now();
        while !self.api.lock().ready {
            self.check(begun);
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Gives each invocation from now on this much time. A longer one is not killed.
    pub fn time_out(&self, time_out: Duration) {
        self.api.lock().time_out = Some(time_out);
    }

    /// Sends SIGTERM, as Lambda does before it ends the environment.
    ///
    /// # Panics
    /// Where it cannot be sent.
    pub fn terminate(&self) {
        let kill = Command::new("sh").arg("-c").arg(format!("kill -TERM {}", self.child.id())).status();
        assert!(kill.is_ok_and(|status| status.success()), "{} was not told to end", self.name);
    }

    /// Starts an invocation without waiting for its answer.
    pub fn begin(&self, event: impl Into<Vec<u8>>) -> Invocation {
        let (sender, answer) = mpsc::channel();
        let mut state = self.api.lock();
        state.count += 1;
        let id = format!("8476a536-e9f4-11e8-9739-{:012}", state.count);
        state.waiting.push_back((id.clone(), event.into()));
        state.running.insert(id, sender);
        self.api.changed.notify_all();
        Invocation { answer }
    }

    /// Invokes the function.
    ///
    /// # Errors
    /// The error that the function reported for the invocation.
    ///
    /// # Panics
    /// Where the function ends or falls silent; the text holds its output.
    pub fn invoke(&mut self, event: impl Into<Vec<u8>>) -> Answer {
        let invocation = self.begin(event);
        self.wait(&invocation)
    }

    /// The answer to an invocation.
    ///
    /// # Errors
    /// As [`Lambda::invoke`].
    ///
    /// # Panics
    /// As [`Lambda::invoke`].
    pub fn wait(&mut self, invocation: &Invocation) -> Answer {
        let begun = Instant::now();
        loop {
            match invocation.answer.recv_timeout(Duration::from_millis(200)) {
                Ok(answer) => return answer,
                Err(_) => self.check(begun),
            }
        }
    }

    /// Panics where it has ended, or the time is over.
    fn check(&mut self, begun: Instant) {
        if begun.elapsed() > PATIENCE {
            self.give_up("does not answer");
        }
        if self.child.try_wait().is_ok_and(|status| status.is_some()) {
            self.give_up("ended instead of answering");
        }
    }

    /// Kills it (SIGKILL: it cannot clean up) and returns its output.
    ///
    /// # Panics
    /// When called twice.
    pub fn stop(&mut self) -> Ended {
        let _ = self.child.kill();
        self.ended()
    }

    /// Waits until it ends by itself.
    ///
    /// # Panics
    /// Where it does not end, or when called twice.
    pub fn exited(&mut self) -> Ended {
        let begun = Instant::now();
        while self.child.try_wait().is_ok_and(|status| status.is_none()) {
            if begun.elapsed() > PATIENCE {
                self.give_up("does not end");
            }
            thread::sleep(Duration::from_millis(5));
        }
        self.ended()
    }

    fn give_up(&mut self, problem: &str) -> ! {
        let ended = self.stop();
        panic!("{} {problem}: {ended:#?}", self.name)
    }

    fn ended(&mut self) -> Ended {
        let status = self.child.wait().expect("a child can be waited for");
        let outputs = self.outputs.take().expect("a function ends once");
        let [stdout, stderr] = outputs.map(|output| output.join().expect("the reader of a pipe"));
        Ended { status, stdout, stderr, init_errors: self.api.lock().init_errors.clone() }
    }
}

impl Drop for Lambda {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.api.lock().closed = true;
        self.api.changed.notify_all();
    }
}

impl Api {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    fn serve(&self, request: &Request) -> Reply {
        let accepted = || Reply::json(202, r#"{"status":"OK"}"#);
        let path = request.path.strip_prefix(BASE).unwrap_or_default();
        match (request.method.as_str(), path.split('/').collect::<Vec<_>>().as_slice()) {
            ("GET", ["", "invocation", "next"]) => self.next(),
            ("POST", ["", "invocation", id, "response"]) => {
                self.answer(id, Ok(request.body.clone()));
                accepted()
            }
            ("POST", ["", "invocation", id, "error"]) => {
                let error: serde_json::Value = serde_json::from_slice(&request.body).unwrap_or_default();
                let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
                self.answer(id, Err(Failed { kind: text("errorType"), message: text("errorMessage") }));
                accepted()
            }
            ("POST", ["", "init", "error"]) => {
                self.lock().init_errors.push(String::from_utf8_lossy(&request.body).into_owned());
                accepted()
            }
            (method, _) => Reply::json(404, format!(r#"{{"errorMessage":"no {method} {}"}}"#, request.path)),
        }
    }

    /// Answers the long poll.
    fn next(&self) -> Reply {
        let mut state = self.lock();
        state.ready = true;
        loop {
            if state.closed {
                return Reply::Close;
            }
            if let Some((id, event)) = state.waiting.pop_front() {
                let deadline = SystemTime::now() + state.time_out.unwrap_or(TIME_OUT);
                let since = deadline.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
                let headers = vec![
                    ("content-type", "application/json".to_owned()),
                    ("lambda-runtime-aws-request-id", id),
                    ("lambda-runtime-deadline-ms", since.as_millis().to_string()),
                    (
                        "lambda-runtime-invoked-function-arn",
                        "arn:aws:lambda:eu-central-1:123456789012:function:f".to_owned(),
                    ),
                    (
                        "lambda-runtime-trace-id",
                        "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
                            .to_owned(),
                    ),
                ];
                return Reply::Answer(200, headers, event);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn answer(&self, id: &str, answer: Answer) {
        if let Some(sender) = self.lock().running.remove(id) {
            // The receiver may be gone.
            let _ = sender.send(answer);
        }
    }
}

/// The path of the binary beside this test's own: `target/<profile>/<name>`.
fn binary(name: &str) -> PathBuf {
    let own = env::current_exe().expect("a test knows its executable");
    let folder = own.parent().and_then(|deps| deps.parent()).expect("target/<profile>/deps/<test>");
    let path = folder.join(name).with_extension(env::consts::EXE_EXTENSION);
    assert!(
        path.is_file(),
        "{} is missing: build the function binaries first, with `cargo build --profile ci --bins`",
        path.display()
    );
    path
}

fn lines(output: impl Read + Send + 'static) -> JoinHandle<Vec<String>> {
    thread::spawn(move || {
        let lines = BufReader::new(output).split(b'\n').map_while(Result::ok);
        lines.map(|line| String::from_utf8_lossy(&line).into_owned()).collect()
    })
}
