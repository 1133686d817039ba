//! AWS, the gateway and the mail server for functions that `cargo lambda watch` runs: `make
//! stand-ins`.
//!
//! They are those of the binaries' tests, with one file of variables for all functions. The
//! functions share one table, which works because receipts name their consumer and items their
//! kind; on AWS each service has its own. No message goes from one function to the next by itself:
//! a person invokes a function, and reads the effects here.

use std::collections::BTreeMap;

use serde_json::Value;
use waxseal::table::{Item, Key};

use crate::{
    aws::Aws,
    outside::{Gateway, MailServer},
    runtime_api::Variables,
};

/// One table, one dead-letter queue, a bus, a topic, a payment gateway and a mail server, on ports
/// of 127.0.0.1.
#[derive(Debug)]
pub struct StandIns {
    aws: Aws,
    gateway: Gateway,
    mail: MailServer,
    printed: Printed,
}

/// The events that were printed already.
#[derive(Debug, Default)]
struct Printed {
    items: BTreeMap<Key, Item>,
    dead_letters: usize,
    requests: usize,
    notifications: usize,
    charges: usize,
    mails: usize,
}

impl StandIns {
    /// Starts all of them, empty.
    #[must_use]
    pub fn start() -> Self {
        Self {
            aws: Aws::start("shop"),
            gateway: Gateway::start(),
            mail: MailServer::start(),
            printed: Printed::default(),
        }
    }

    /// The variables of all functions.
    #[must_use]
    pub fn variables(&self) -> Variables {
        let mut variables = self.aws.variables();
        for (name, value) in [
            ("PAYMENT_GATEWAY_URL", self.gateway.url()),
            ("SMTP_URL", self.mail.url()),
            // The value is an address without a name, since files of variables have no quotes.
            ("MAIL_FROM", "orders@waxseal.example".to_owned()),
            ("WAXSEAL_BUS", "shop".to_owned()),
            ("WAXSEAL_TOPIC_STOCK", "arn:aws:sns:eu-central-1:123456789012:stock".to_owned()),
        ] {
            variables.insert(name.to_owned(), value);
        }
        variables
    }

    /// The number of dead letters.
    #[must_use]
    pub fn dead_letters(&self) -> usize {
        self.aws.dead_letter_count()
    }

    /// The events since the last call, one a line.
    #[must_use]
    pub fn news(&mut self) -> Vec<String> {
        let printed = &mut self.printed;
        let mut news = Vec::new();
        for item in self.aws.items() {
            if printed.items.get(&item.key) != Some(&item) {
                news.push(row(&item));
                printed.items.insert(item.key.clone(), item);
            }
        }
        let requests = self.aws.put_events();
        for entry in requests[printed.requests..].iter().flatten() {
            news.push(format!("bus      {}", text(&entry["Detail"])));
        }
        printed.requests = requests.len();
        let notifications = self.aws.notifications();
        for message in notifications[printed.notifications..].iter().flat_map(|form| messages(form)) {
            news.push(format!("topic    {message}"));
        }
        printed.notifications = notifications.len();
        let charges = self.gateway.charges();
        // The charges are ordered by key, so a new one may be anywhere; only their number shows
        // that there is one.
        if charges.len() > printed.charges {
            news.extend(charges.iter().map(|(key, charge)| format!("gateway  {key} {charge}")));
        }
        printed.charges = charges.len();
        let mails = self.mail.mails();
        for mail in &mails[printed.mails..] {
            let subject = mail.text.lines().find(|line| line.starts_with("Subject: "));
            news.push(format!("mail     to {}: {}", mail.to.join(", "), subject.unwrap_or("no subject")));
        }
        printed.mails = mails.len();
        if self.aws.dead_letter_count() > printed.dead_letters {
            for (record, dead_letter) in self.aws.dead_letters() {
                let reason = dead_letter.note().reason;
                news.push(format!("DLQ      {record}: {reason}"));
            }
        }
        printed.dead_letters = self.aws.dead_letter_count();
        news
    }
}

/// An item as a line: its key, and its state or its receipt's status.
fn row(item: &Item) -> String {
    let key = &item.key.partition;
    match item.get_text("data") {
        Some(data) => format!("table    {key} {data}"),
        None => {
            let emitted = item.get_text("emitted").and_then(|text| serde_json::from_str(text).ok());
            let emitted: Vec<Value> = emitted.unwrap_or_default();
            let names = emitted.iter().map(|one| format!(" → {}", text(&one["envelope"]["eventType"])));
            let status = item.get_text("status").unwrap_or_default();
            format!("table    {key} {status}{}", names.collect::<String>())
        }
    }
}

/// The messages in the decoded form of a `PublishBatch`.
fn messages(form: &str) -> impl Iterator<Item = &str> {
    let rest = form.split(".Message=").skip(1);
    rest.filter_map(|rest| rest.split("&PublishBatchRequestEntries.member.").next())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
