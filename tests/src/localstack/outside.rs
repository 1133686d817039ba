//! The world outside of AWS, on loopback: the platform's stand-in for the gateway, and a mail
//! server.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use bytes::Bytes;
use order_platform::Gateway;
use serde_json::Value;
use waxseal::lock::Lock;
use waxseal_local::{Clock, Random};

use crate::{
    http::{Reply, Request, Server},
    outside::{Mail, MailServer},
};

/// Requests with their effect keys.
type Asked = Vec<(String, Value)>;

/// The time for which a lost answer keeps its caller waiting.
const LOST: Duration = Duration::from_secs(1);

/// A gateway and a mail server, with ports of their own.
#[derive(Debug)]
pub struct Outside {
    server: Server,
    mail: MailServer,
    books: Arc<Lock<BTreeMap<String, Gateway>>>,
    asked: Arc<Lock<Asked>>,
    delayed: Arc<Lock<Option<Delayed>>>,
}

/// The order whose answer is delayed, and the signal that ends that.
type Delayed = (String, mpsc::Receiver<()>);

/// A guard that delays an answer of the gateway while it lives.
#[must_use = "the answer is given when this is dropped"]
#[derive(Debug)]
pub struct DelayedAnswer {
    _release: mpsc::Sender<()>,
}

impl Outside {
    /// Starts both.
    #[must_use]
    pub fn start() -> Self {
        let books = Arc::new(Lock::new(BTreeMap::from([(String::new(), gateway())])));
        let asked = Arc::new(Lock::new(Vec::new()));
        let delayed = Arc::default();
        let (known, seen, waits) = (books.clone(), asked.clone(), Arc::clone(&delayed));
        let server = Server::start(move |request| answer(&known, &seen, &waits, request));
        Self { server, mail: MailServer::start(), books, asked, delayed }
    }

    /// The value for `PAYMENT_GATEWAY_URL`.
    #[must_use]
    pub fn gateway_url(&self) -> String {
        self.server.url()
    }

    /// The value for `SMTP_URL`.
    #[must_use]
    pub fn mail_url(&self) -> String {
        self.mail.url()
    }

    /// A gateway with a book of its own for all orders whose ids have this prefix.
    #[must_use]
    pub fn gateway(&self, prefix: &str) -> Gateway {
        let mut books = self.books.lock();
        books.entry(prefix.to_owned()).or_insert_with(gateway).clone()
    }

    /// The requests to the gateway about this order, repeats included.
    #[must_use]
    pub fn asked(&self, order_id: &str) -> Vec<Value> {
        let asked = self.asked.lock();
        let of_it = asked.iter().filter(|(_, request)| request["orderId"] == order_id);
        of_it.map(|(_, request)| request.clone()).collect()
    }

    /// The effect keys of the requests about this order.
    #[must_use]
    pub fn keys(&self, order_id: &str) -> BTreeSet<String> {
        let asked = self.asked.lock();
        let of_it = asked.iter().filter(|(_, request)| request["orderId"] == order_id);
        of_it.map(|(key, _)| key.clone()).collect()
    }

    /// The next request about this order is recorded, and answered when the guard is dropped.
    pub fn delay_answer(&self, order_id: &str) -> DelayedAnswer {
        let (release, released) = mpsc::channel();
        *self.delayed.lock() = Some((order_id.to_owned(), released));
        DelayedAnswer { _release: release }
    }

    /// The next mail is refused with this reply.
    pub fn refuse_mail(&self, reply: &'static str) {
        self.mail.refuse(reply);
    }

    /// The mails to this address.
    #[must_use]
    pub fn mails_to(&self, address: &str) -> Vec<Mail> {
        let mut mails = self.mail.mails();
        mails.retain(|mail| mail.to.iter().any(|to| to == address));
        mails
    }

    /// The number of mails.
    #[must_use]
    pub fn mails(&self) -> usize {
        self.mail.mails().len()
    }

    /// The mails by the name in their `Message-ID`, which is their effect key. A mail that was sent
    /// twice counts once, as in mailboxes that know the id.
    #[must_use]
    pub fn mails_by_key(&self) -> BTreeMap<String, Mail> {
        let key = |mail: &Mail| {
            let line = mail.text.lines().find(|line| line.to_ascii_lowercase().starts_with("message-id:"));
            let id = line.and_then(|line| line.split(['<', '@']).nth(1));
            id.unwrap_or_default().to_owned()
        };
        self.mail.mails().into_iter().map(|mail| (key(&mail), mail)).collect()
    }
}

fn gateway() -> Gateway {
    Gateway::new(Arc::new(Clock::real()), Arc::new(Random::new(1)))
}

fn answer(
    books: &Lock<BTreeMap<String, Gateway>>,
    asked: &Lock<Asked>,
    delayed: &Lock<Option<(String, mpsc::Receiver<()>)>>,
    request: &Request,
) -> Reply {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let order_id = body["orderId"].as_str().unwrap_or_default().to_owned();
    let gateway = {
        let books = books.lock();
        // The longest prefix is the last in order; the empty one always exists.
        books
            .iter()
            .rev()
            .find(|(prefix, _)| order_id.starts_with(*prefix))
            .map(|(_, gateway)| gateway.clone())
    };
    let key = request.header("idempotency-key").to_owned();
    asked.lock().push((key, body));
    let waits = delayed.lock().take_if(|(delayed, _)| *delayed == order_id);
    if let Some((_, released)) = waits {
        // An error means that the guard was dropped.
        let _ = released.recv();
    }
    let plain = http::Request::builder()
        .method(&*request.method)
        .uri(&request.path)
        .header("idempotency-key", request.header("idempotency-key"))
        .body(Bytes::from(request.body.clone()));
    let (Some(gateway), Ok(plain)) = (gateway, plain) else { return Reply::Close };
    let (status, body, lost) = gateway.decide(&plain);
    if lost {
        thread::sleep(LOST);
        return Reply::Close;
    }
    Reply::json(status.as_u16(), body)
}
