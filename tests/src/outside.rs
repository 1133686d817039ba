//! The systems outside of AWS: a payment gateway that honours keys, and a mail server that knows
//! none.

use std::{
    collections::{BTreeMap, VecDeque},
    io::{self, BufRead as _, BufReader, Write as _},
    net::TcpStream,
    sync::{Arc, Barrier, MutexGuard},
};

use serde_json::{Value, json};
use waxseal::lock::Lock;

use crate::http::{Reply, Request, Server};

/// A payment gateway. A key that was used before gets the answer that it got then.
#[derive(Debug)]
pub struct Gateway {
    server: Server,
    state: Arc<Lock<Ledger>>,
}

#[derive(Debug, Default)]
struct Ledger {
    requests: usize,
    charges: BTreeMap<String, Value>,
    meeting: Option<Arc<Barrier>>,
    /// The order whose requests get no answer.
    silent_on: Option<String>,
    /// The status that refuses every request before its key is read, as a wrong API key would.
    refuses: Option<u16>,
}

impl Gateway {
    /// A gateway that takes every card.
    #[must_use]
    pub fn start() -> Self {
        let state = Arc::new(Lock::new(Ledger::default()));
        let ledger = state.clone();
        Self { server: Server::start(move |request| charge(&ledger, request)), state }
    }

    /// Answers the next `count` requests together, once all have arrived.
    pub fn answer_together(&self, count: usize) {
        self.lock().meeting = Some(Arc::new(Barrier::new(count)));
    }

    /// From now on requests about this order get no answer; `None` ends that.
    pub fn be_silent_on(&self, order: Option<&str>) {
        self.lock().silent_on = order.map(str::to_owned);
    }

    /// From now on every request is refused with this status, and its key is not remembered; `None`
    /// ends that.
    pub fn refuse(&self, status: Option<u16>) {
        self.lock().refuses = status;
    }

    /// The value for `PAYMENT_GATEWAY_URL`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}/v1", self.server.url())
    }

    /// The number of requests, repeated ones included.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.lock().requests
    }

    /// The charges by key.
    #[must_use]
    pub fn charges(&self) -> BTreeMap<String, Value> {
        self.lock().charges.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Ledger> {
        self.state.lock()
    }
}

fn charge(ledger: &Lock<Ledger>, request: &Request) -> Reply {
    if request.path != "/v1/charges" {
        return Reply::json(404, "{}");
    }
    let key = request.header("idempotency-key").to_owned();
    let (id, meeting) = {
        let mut ledger = ledger.lock();
        ledger.requests += 1;
        if let Some(status) = ledger.refuses {
            return Reply::json(status, "{}");
        }
        let id = format!("ch_{}", ledger.charges.len() + 1);
        let mut charge: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        if ledger.silent_on.as_deref().is_some_and(|order| charge["orderId"] == order) {
            return Reply::Silence;
        }
        charge["chargeId"] = json!(id);
        let charge = ledger.charges.entry(key).or_insert(charge);
        (charge["chargeId"].clone(), ledger.meeting.clone())
    };
    if let Some(meeting) = meeting {
        meeting.wait();
    }
    Reply::json(201, json!({ "chargeId": id }))
}

/// A mail that the server took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// `MAIL FROM`.
    pub from: String,
    /// `RCPT TO`.
    pub to: Vec<String>,
    /// Headers and body, as they came over the wire.
    pub text: String,
}

/// A mail server without TLS.
#[derive(Debug)]
pub struct MailServer {
    server: Server,
    state: Arc<Lock<PostOffice>>,
}

#[derive(Debug, Default)]
struct PostOffice {
    mails: Vec<Mail>,
    is_silent: bool,
    refusals: VecDeque<&'static str>,
}

impl MailServer {
    /// A server that takes every mail.
    #[must_use]
    pub fn start() -> Self {
        let state = Arc::new(Lock::new(PostOffice::default()));
        let office = state.clone();
        let server = Server::serve(move |stream| {
            // A sender that leaves early is no failure of the server.
            let _ = deliver(stream, &office);
        });
        Self { server, state }
    }

    /// Sets whether the server takes connections and stays silent.
    pub fn be_silent(&self, silent: bool) {
        self.lock().is_silent = silent;
    }

    /// The next mail is refused with this reply, such as `451 try again`.
    pub fn refuse(&self, reply: &'static str) {
        self.lock().refusals.push_back(reply);
    }

    /// The value for `SMTP_URL`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("smtp://{}", self.server.address())
    }

    /// The mails so far.
    #[must_use]
    pub fn mails(&self) -> Vec<Mail> {
        self.lock().mails.clone()
    }

    fn lock(&self) -> MutexGuard<'_, PostOffice> {
        self.state.lock()
    }
}

/// One session, in the part of RFC 5321 that one client's dialogue needs.
fn deliver(mut stream: &TcpStream, office: &Lock<PostOffice>) -> io::Result<()> {
    let mut mail = Mail { from: String::new(), to: Vec::new(), text: String::new() };
    if office.lock().is_silent {
        // The read ends when the caller leaves.
        return io::copy(&mut stream, &mut io::sink()).map(drop);
    }
    stream.write_all(b"220 mail.example ESMTP\r\n")?;
    let mut lines = BufReader::new(stream).lines();
    while let Some(line) = lines.next().transpose()? {
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let address = || line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
        let reply = match verb.as_str() {
            "EHLO" => "250-mail.example\r\n250-8BITMIME\r\n250 SMTPUTF8",
            "MAIL" => {
                mail.from = address();
                "250 OK"
            }
            "RCPT" => {
                mail.to.push(address());
                "250 OK"
            }
            "DATA" => {
                stream.write_all(b"354 go on\r\n")?;
                for line in lines.by_ref() {
                    let line = line?;
                    if line == "." {
                        break;
                    }
                    mail.text.push_str(line.strip_prefix('.').unwrap_or(&line));
                    mail.text.push('\n');
                }
                let mut office = office.lock();
                match office.refusals.pop_front() {
                    Some(refusal) => refusal,
                    None => {
                        office.mails.push(mail.clone());
                        "250 taken"
                    }
                }
            }
            "QUIT" => {
                return stream.write_all(b"221 bye\r\n");
            }
            _ => "250 OK",
        };
        stream.write_all(format!("{reply}\r\n").as_bytes())?;
    }
    Ok(())
}
