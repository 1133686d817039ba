//! The part of HTTP/1.1 that the stand-ins need, on loopback: requests with `Content-Length`, kept
//! connections, and the ways in which a real service falls silent. A server framework would answer
//! where these tests need silence.

use std::{
    fmt,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use waxseal::lock::Lock;

/// A complete request.
#[derive(Debug, Clone)]
pub struct Request {
    /// `GET`, `POST`, ….
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The headers, with their names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// The first header of this name (lower case); empty where there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(other, _)| other == name).map_or("", |(_, value)| value)
    }
}

/// The server's reaction to a request.
#[derive(Debug, Clone)]
pub enum Reply {
    /// An answer: status, headers, body.
    Answer(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// No answer until the caller closes the connection.
    Silence,
    /// A closed connection.
    Close,
}

impl Reply {
    /// An answer in JSON.
    pub fn json(status: u16, body: impl ToString) -> Self {
        Self::Answer(
            status,
            vec![("content-type", "application/json".to_owned())],
            body.to_string().into_bytes(),
        )
    }
}

type Converse = Arc<dyn Fn(&TcpStream) + Send + Sync>;

/// A server on a port of 127.0.0.1. It ends when it is dropped.
pub struct Server {
    address: SocketAddr,
    converse: Converse,
    open: Arc<Lock<Vec<TcpStream>>>,
    listening: Option<Listening>,
    /// Both ends of an unused connection. They keep the port while the server does not listen.
    /// Another program that asks for a free port thus cannot get it, and connections are refused.
    _reserved: (TcpStream, TcpStream),
}

struct Listening {
    stopped: Arc<AtomicBool>,
    acceptor: JoinHandle<()>,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Server {
    /// Serves HTTP on a free port, each connection on its own thread.
    #[must_use]
    pub fn start(handle: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        Self::serve(move |stream| {
            // A caller that left, or was killed, is no failure of the test.
            let _ = converse(stream, &handle);
        })
    }

    /// Serves any protocol: `converse` gets each connection.
    ///
    /// # Panics
    /// Where there is no free port.
    #[must_use]
    pub fn serve(converse: impl Fn(&TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port of 127.0.0.1");
        let address = listener.local_addr().expect("a bound listener has an address");
        let caller = TcpStream::connect(address).expect("a connection to a listener");
        let (reserved, _) = listener.accept().expect("the connection just made");
        let mut server = Self {
            address,
            converse: Arc::new(converse),
            open: Arc::default(),
            listening: None,
            _reserved: (caller, reserved),
        };
        server.accept_on(listener);
        server
    }

    fn accept_on(&mut self, listener: TcpListener) {
        let stopped = Arc::new(AtomicBool::new(false));
        let (converse, stop, open) = (self.converse.clone(), stopped.clone(), self.open.clone());
        let acceptor = thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    break;
                }
                let Ok(stream) = stream else { continue };
                let _ = stream.set_nodelay(true);
                if let Ok(copy) = stream.try_clone() {
                    open.lock().push(copy);
                }
                let converse = converse.clone();
                thread::spawn(move || {
                    converse(&stream);
                    let _ = stream.shutdown(Shutdown::Both);
                });
            }
        });
        self.listening = Some(Listening { stopped, acceptor });
    }

    /// Refuses connections from now on, and cuts those that are open.
    pub fn unplug(&mut self) {
        if let Some(Listening { stopped, acceptor }) = self.listening.take() {
            stopped.store(true, Ordering::SeqCst);
            // The connection wakes the acceptor, which then closes the listener.
            let _ = TcpStream::connect(self.address);
            let _ = acceptor.join();
        }
        for stream in self.open.lock().drain(..) {
            // The connection may be closed already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Listens again, at the same address.
    ///
    /// # Panics
    /// Where another program listens there.
    pub fn plug(&mut self) {
        // A process that another test is just starting may hold a copy of the old listener until
        // its `exec`.
        for _ in 0..500 {
            match TcpListener::bind(self.address) {
                Ok(listener) => return self.accept_on(listener),
                Err(_) => thread::sleep(Duration::from_millis(10)),
            }
        }
        panic!("{} is in use by another program", self.address);
    }

    /// Its address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its URL, without a trailing slash.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.unplug();
    }
}

fn converse(stream: &TcpStream, handle: &impl Fn(&Request) -> Reply) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader)? {
        match handle(&request) {
            Reply::Answer(status, headers, body) => write(stream, status, &headers, &body)?,
            Reply::Silence => {
                io::copy(&mut reader, &mut io::sink())?;
                break;
            }
            Reply::Close => break,
        }
    }
    Ok(())
}

/// The next request; `None` where the caller has closed the connection.
fn read(reader: &mut BufReader<&TcpStream>) -> io::Result<Option<Request>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let (Some(method), Some(path)) = (words.next(), words.next()) else {
        return Err(io::Error::other(format!("no request line: {line:?}")));
    };
    let (method, path) = (method.to_owned(), path.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        match line.trim_end().split_once(':') {
            Some((name, value)) => headers.push((name.to_ascii_lowercase(), value.trim().to_owned())),
            None => break,
        }
    }
    let mut request = Request { method, path, headers, body: Vec::new() };
    assert_eq!(request.header("transfer-encoding"), "", "only bodies with Content-Length are read here");
    let length = request.header("content-length").parse().unwrap_or(0);
    request.body.resize(length, 0);
    reader.read_exact(&mut request.body)?;
    Ok(Some(request))
}

fn write(
    mut stream: &TcpStream,
    status: u16,
    headers: &[(&'static str, String)],
    body: &[u8],
) -> io::Result<()> {
    let mut head = format!("HTTP/1.1 {status} -\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    stream.write_all(&[head.as_bytes(), body].concat())
}
