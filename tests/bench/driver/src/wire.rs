//! The sockets: Lambda's Runtime API and DynamoDB, with and without TLS, on one thread and one
//! core.
//!
//! An answer of DynamoDB leaves at its time, within some microseconds: the last millisecond of a
//! wait is spun, since the kernel's sleep is that coarse. All times are taken here, where bytes
//! arrive and leave.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, VecDeque},
    io::{self, Read as _, Write as _},
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use mio::{
    Events, Interest, Poll, Token,
    net::{TcpListener, TcpStream},
};
use rustls::{ServerConfig, ServerConnection};

use crate::{
    dynamo::Dynamo,
    http::{self, Request},
};

/// The function's time-out.
const TIME_OUT: Duration = Duration::from_secs(300);
/// The rest of a wait at which spinning begins.
const SPIN: Duration = Duration::from_micros(1200);

/// The protocol of a listener's connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Runtime,
    Dynamo,
    DynamoTls,
}

const KINDS: [Kind; 3] = [Kind::Runtime, Kind::Dynamo, Kind::DynamoTls];

/// All sockets and the services behind them.
pub(crate) struct Wire {
    poll: Poll,
    events: Events,
    listeners: [TcpListener; 3],
    addresses: [SocketAddr; 3],
    connections: HashMap<Token, Connection>,
    next: usize,
    due: BinaryHeap<Reverse<Due>>,
    tls: Arc<ServerConfig>,
    stop: Arc<AtomicBool>,
    pub(crate) dynamo: Dynamo,
    pub(crate) runtime: Runtime,
}

/// One function's Runtime API.
#[derive(Debug, Default)]
pub(crate) struct Runtime {
    waiting: Option<Token>,
    queue: VecDeque<Vec<u8>>,
    count: usize,
    /// The time of the function's first request for an event.
    pub(crate) polled: Option<Instant>,
    /// The time at which the last event left.
    pub(crate) delivered: Option<Instant>,
    /// The last answer, and the time of its arrival.
    pub(crate) answer: Option<(Instant, Result<Vec<u8>, String>)>,
}

impl Runtime {
    /// Whether the function waits for an event.
    pub(crate) fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }
}

struct Connection {
    kind: Kind,
    socket: TcpStream,
    tls: Option<Box<ServerConnection>>,
    input: Vec<u8>,
    output: Vec<u8>,
    sent: usize,
    /// Whether a request is being answered, so that the next one waits.
    busy: bool,
    closed: bool,
}

/// An answer that leaves at a set time.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    at: Instant,
    count: usize,
    token: Token,
    bytes: Vec<u8>,
}

impl Wire {
    /// Opens the sockets. `stop` ends every wait with an error.
    pub(crate) fn new(dynamo: Dynamo, tls: Arc<ServerConfig>, stop: Arc<AtomicBool>) -> io::Result<Self> {
        let loopback: SocketAddr = ([127, 0, 0, 1], 0).into();
        let mut listeners =
            [TcpListener::bind(loopback)?, TcpListener::bind(loopback)?, TcpListener::bind(loopback)?];
        let poll = Poll::new()?;
        for (index, listener) in listeners.iter_mut().enumerate() {
            poll.registry().register(listener, Token(index), Interest::READABLE)?;
        }
        let addresses = [listeners[0].local_addr()?, listeners[1].local_addr()?, listeners[2].local_addr()?];
        Ok(Self {
            poll,
            events: Events::with_capacity(256),
            listeners,
            addresses,
            connections: HashMap::new(),
            next: KINDS.len(),
            due: BinaryHeap::new(),
            tls,
            stop,
            dynamo,
            runtime: Runtime::default(),
        })
    }

    /// The address of the Runtime API, in the form of `AWS_LAMBDA_RUNTIME_API`.
    pub(crate) fn runtime_address(&self) -> String {
        self.addresses[0].to_string()
    }

    /// The URL of DynamoDB.
    pub(crate) fn dynamo_url(&self, tls: bool) -> String {
        let (scheme, address) = if tls { ("https", self.addresses[2]) } else { ("http", self.addresses[1]) };
        format!("{scheme}://{address}")
    }

    /// Forgets one function: its connections, and the answers that it no longer awaits.
    pub(crate) fn reset(&mut self) {
        self.connections.clear();
        self.due.clear();
        self.runtime = Runtime::default();
    }

    /// Offers an event to the function's next request.
    pub(crate) fn deliver(&mut self, event: Vec<u8>) -> io::Result<()> {
        self.runtime.answer = None;
        self.runtime.queue.push_back(event);
        self.hand_over()
    }

    /// Serves until `done` is true, at most for `patience`. Returns whether it was.
    pub(crate) fn serve(&mut self, patience: Duration, done: impl Fn(&Runtime) -> bool) -> io::Result<bool> {
        let end = Instant::now() + patience;
        while !done(&self.runtime) {
            if Instant::now() >= end {
                return Ok(false);
            }
            if self.stop.load(Ordering::Relaxed) {
                return Err(io::Error::new(io::ErrorKind::Interrupted, "asked to stop"));
            }
            self.turn(end)?;
        }
        Ok(true)
    }

    fn turn(&mut self, end: Instant) -> io::Result<()> {
        let next = self.due.peek().map_or(end, |Reverse(due)| due.at.min(end));
        let wait = next.saturating_duration_since(Instant::now());
        // `epoll` counts whole milliseconds, and would round up.
        let wait = Duration::from_millis(
            u64::try_from(wait.saturating_sub(SPIN).as_millis()).unwrap_or(u64::MAX).min(100),
        );
        match self.poll.poll(&mut self.events, Some(wait)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
        let ready: Vec<Token> = self.events.iter().map(mio::event::Event::token).collect();
        for token in ready {
            match KINDS.get(token.0) {
                Some(kind) => self.accept(token.0, *kind)?,
                None => self.move_on(token)?,
            }
        }
        while self.due.peek().is_some_and(|Reverse(due)| due.at <= Instant::now()) {
            let Some(Reverse(Due { token, bytes, .. })) = self.due.pop() else { break };
            self.answer(token, &bytes)?;
        }
        Ok(())
    }

    fn accept(&mut self, listener: usize, kind: Kind) -> io::Result<()> {
        loop {
            let mut socket = match self.listeners[listener].accept() {
                Ok((socket, _)) => socket,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            };
            socket.set_nodelay(true)?;
            let token = Token(self.next);
            self.next += 1;
            self.poll.registry().register(&mut socket, token, Interest::READABLE | Interest::WRITABLE)?;
            let tls = match kind {
                Kind::DynamoTls => {
                    let mut tls = ServerConnection::new(self.tls.clone()).map_err(io::Error::other)?;
                    tls.set_buffer_limit(None);
                    Some(Box::new(tls))
                }
                Kind::Runtime | Kind::Dynamo => None,
            };
            let connection = Connection {
                kind,
                socket,
                tls,
                input: Vec::new(),
                output: Vec::new(),
                sent: 0,
                busy: false,
                closed: false,
            };
            self.connections.insert(token, connection);
            self.move_on(token)?;
        }
    }

    /// Reads, answers and writes as far as possible without waiting.
    fn move_on(&mut self, token: Token) -> io::Result<()> {
        let Some(connection) = self.connections.get_mut(&token) else { return Ok(()) };
        connection.read();
        connection.write();
        if connection.closed {
            self.connections.remove(&token);
            if self.runtime.waiting == Some(token) {
                self.runtime.waiting = None;
            }
            return Ok(());
        }
        if connection.busy {
            return Ok(());
        }
        let arrived = Instant::now();
        let request = http::take(&mut connection.input).map_err(io::Error::other)?;
        let Some(request) = request else { return Ok(()) };
        connection.busy = true;
        match connection.kind {
            Kind::Dynamo | Kind::DynamoTls => {
                let (status, body, latency) = self.dynamo.answer(&request.target, &request.body);
                let headers = [
                    ("Content-Type", "application/x-amz-json-1.0"),
                    ("x-amzn-RequestId", "B5K6D4UQ2T8V0N1C3R7M9P0A2FVV4KQNSO5AEMVJF66Q9ASUAAJG"),
                ];
                let bytes = http::answer(status, &headers, body.as_bytes());
                self.next += 1;
                self.due.push(Reverse(Due { at: arrived + latency, count: self.next, token, bytes }));
                Ok(())
            }
            Kind::Runtime => self.runtime(token, arrived, request),
        }
    }

    /// Serves the Runtime API. Source: Lambda developer guide, "Using the Lambda runtime API".
    fn runtime(&mut self, token: Token, arrived: Instant, request: Request) -> io::Result<()> {
        let path = request.path.strip_prefix("/2018-06-01/runtime/").unwrap_or_default();
        match path.split('/').collect::<Vec<_>>().as_slice() {
            ["invocation", "next"] => {
                self.runtime.polled.get_or_insert(arrived);
                self.runtime.waiting = Some(token);
                self.hand_over()
            }
            ["invocation", _, "response"] => {
                self.runtime.answer = Some((arrived, Ok(request.body)));
                self.answer(token, &accepted())
            }
            ["invocation", _, "error"] | ["init", "error"] => {
                let error = format!("{path}: {}", String::from_utf8_lossy(&request.body));
                self.runtime.answer = Some((arrived, Err(error)));
                self.answer(token, &accepted())
            }
            _ => self.answer(token, &http::answer(404, &[], b"{}")),
        }
    }

    fn hand_over(&mut self) -> io::Result<()> {
        let Some(token) = self.runtime.waiting else { return Ok(()) };
        let Some(event) = self.runtime.queue.pop_front() else { return Ok(()) };
        self.runtime.waiting = None;
        self.runtime.count += 1;
        let deadline = SystemTime::now() + TIME_OUT;
        let deadline =
            deadline.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis().to_string();
        let id = format!("8476a536-e9f4-11e8-9739-{:012}", self.runtime.count);
        let headers = [
            ("Content-Type", "application/json"),
            ("Lambda-Runtime-Aws-Request-Id", id.as_str()),
            ("Lambda-Runtime-Deadline-Ms", deadline.as_str()),
            (
                "Lambda-Runtime-Invoked-Function-Arn",
                "arn:aws:lambda:eu-central-1:123456789012:function:bench",
            ),
            (
                "Lambda-Runtime-Trace-Id",
                "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0",
            ),
        ];
        let bytes = http::answer(200, &headers, &event);
        self.runtime.delivered = Some(Instant::now());
        self.answer(token, &bytes)
    }

    fn answer(&mut self, token: Token, bytes: &[u8]) -> io::Result<()> {
        let Some(connection) = self.connections.get_mut(&token) else { return Ok(()) };
        connection.busy = false;
        match &mut connection.tls {
            Some(tls) => tls.writer().write_all(bytes)?,
            None => connection.output.extend_from_slice(bytes),
        }
        // The call reads the bytes that arrived meanwhile.
        self.move_on(token)
    }
}

fn accepted() -> Vec<u8> {
    http::answer(202, &[("Content-Type", "application/json")], br#"{"status":"OK"}"#)
}

impl Connection {
    fn read(&mut self) {
        match &mut self.tls {
            None => {
                let mut chunk = [0; 64 * 1024];
                loop {
                    match self.socket.read(&mut chunk) {
                        Ok(0) => break self.closed = true,
                        Ok(count) => self.input.extend_from_slice(&chunk[..count]),
                        Err(error) => break self.trouble(&error),
                    }
                }
            }
            Some(tls) => loop {
                match tls.read_tls(&mut self.socket) {
                    Ok(0) => break self.closed = true,
                    Ok(_) => {
                        if let Err(error) = tls.process_new_packets() {
                            eprintln!("bench: TLS: {error}");
                            break self.closed = true;
                        }
                        // The read ends with "would block" once all decrypted bytes are read.
                        let _ = tls.reader().read_to_end(&mut self.input);
                    }
                    Err(error) => break self.trouble(&error),
                }
            },
        }
    }

    fn write(&mut self) {
        let result = match &mut self.tls {
            None => loop {
                if self.sent == self.output.len() {
                    self.output.clear();
                    self.sent = 0;
                    break Ok(());
                }
                match self.socket.write(&self.output[self.sent..]) {
                    Ok(count) => self.sent += count,
                    Err(error) => break Err(error),
                }
            },
            Some(tls) => loop {
                if !tls.wants_write() {
                    break Ok(());
                }
                if let Err(error) = tls.write_tls(&mut self.socket) {
                    break Err(error);
                }
            },
        };
        if let Err(error) = result {
            self.trouble(&error);
        }
    }

    fn trouble(&mut self, error: &io::Error) {
        if !matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) {
            self.closed = true;
        }
    }
}
