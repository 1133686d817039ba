//! The world outside of AWS, on loopback: the platform's stand-in for the gateway, and a mail server.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use bytes::Bytes;
use platform::Gateway;
use serde_json::Value;
use waxseal_local::{Clock, Random};

use crate::{
    http::{Reply, Request, Server},
    outside::{Mail, MailServer},
};

/// How long an answer that gets lost keeps its caller waiting.
const LOST: Duration = Duration::from_secs(1);

/// A gateway and a mail server, with ports of their own.
#[derive(Debug)]
pub struct Outside {
    server: Server,
    mail: MailServer,
    books: Arc<Mutex<BTreeMap<String, Gateway>>>,
    asked: Arc<Mutex<Vec<Value>>>,
}

impl Outside {
    /// Starts both.
    #[must_use]
    pub fn start() -> Self {
        let books = Arc::new(Mutex::new(BTreeMap::from([(String::new(), gateway())])));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (known, seen) = (books.clone(), asked.clone());
        let server = Server::start(move |request| answer(&known, &seen, request));
        Self { server, mail: MailServer::start(), books, asked }
    }

    /// For `PAYMENT_GATEWAY_URL`.
    #[must_use]
    pub fn gateway_url(&self) -> String {
        self.server.url()
    }

    /// For `SMTP_URL`.
    #[must_use]
    pub fn mail_url(&self) -> String {
        self.mail.url()
    }

    /// The gateway with the book of all orders whose id starts like this; from now on no other has them.
    #[must_use]
    pub fn gateway(&self, prefix: &str) -> Gateway {
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        books.entry(prefix.to_owned()).or_insert_with(gateway).clone()
    }

    /// What the gateway was asked about this order, repeats included.
    #[must_use]
    pub fn asked(&self, order_id: &str) -> Vec<Value> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.iter().filter(|request| request["orderId"] == order_id).cloned().collect()
    }

    /// The mails to this address.
    #[must_use]
    pub fn mails_to(&self, address: &str) -> Vec<Mail> {
        let mut mails = self.mail.mails();
        mails.retain(|mail| mail.to.iter().any(|to| to == address));
        mails
    }

    /// How many mails there are.
    #[must_use]
    pub fn mails(&self) -> usize {
        self.mail.mails().len()
    }
}

fn gateway() -> Gateway {
    Gateway::new(Arc::new(Clock::real()), Arc::new(Random::new(1)))
}

fn answer(books: &Mutex<BTreeMap<String, Gateway>>, asked: &Mutex<Vec<Value>>, request: &Request) -> Reply {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let order_id = body["orderId"].as_str().unwrap_or_default().to_owned();
    let gateway = {
        let books = books.lock().unwrap_or_else(PoisonError::into_inner);
        // The longest prefix is the last in order; the empty one is always there.
        books
            .iter()
            .rev()
            .find(|(prefix, _)| order_id.starts_with(*prefix))
            .map(|(_, gateway)| gateway.clone())
    };
    asked.lock().unwrap_or_else(PoisonError::into_inner).push(body);
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
