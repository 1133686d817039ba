//! AWS on loopback, as a function binary sees it: one DynamoDB table, the dead-letter queue, the
//! bus and the topics.
//!
//! The table is `waxseal_aws`'s wire table behind a real port, so the binary's own SDK, HTTP client
//! and retries are in use. The other services record every request, and refuse those that the test
//! names.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, MutexGuard, mpsc},
};

use serde_json::{Value, json};
use waxseal::{
    dead_letter::{self, Note},
    lock::Lock,
    table::{Item, Key},
};
use waxseal_aws::testing::WireTable;

use crate::{
    http::{Reply, Request, Server},
    runtime_api::Variables,
};

/// A message in the dead-letter queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its body.
    pub body: String,
    /// Its message attributes.
    pub attributes: BTreeMap<String, String>,
}

impl DeadLetter {
    /// The dead letter's note; it is empty where SQS moved the message.
    #[must_use]
    pub fn note(&self) -> Note<'static> {
        let note = self.attributes.get(dead_letter::ATTRIBUTE);
        note.and_then(|note| Note::read(note)).unwrap_or_default()
    }
}

/// A request to a queue for a later delivery of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delay {
    /// The id of the entry in its request.
    pub entry: String,
    /// The receipt handle.
    pub handle: String,
    /// The delay from now on.
    pub seconds: u64,
}

/// One account's services for one function.
#[derive(Debug)]
pub struct Aws {
    table: String,
    wire: WireTable,
    dynamo: Server,
    others: Server,
    state: Arc<Lock<State>>,
}

#[derive(Debug, Default)]
struct State {
    dead_letters: Vec<DeadLetter>,
    dead_letters_refused: bool,
    delays: Vec<Vec<Delay>>,
    delays_refused: bool,
    put_events: Vec<Vec<Value>>,
    put_refusals: VecDeque<Vec<usize>>,
    notifications: Vec<String>,
    muted: Option<Muted>,
    denied: Option<String>,
    network: Network,
}

/// An action that is never answered, of any service.
#[derive(Debug, Clone)]
struct Muted {
    action: String,
    is_applied: bool,
    requests: usize,
    /// Receives a signal for each such request.
    arrived: mpsc::Sender<()>,
}

/// The network at the table's address.
#[derive(Debug, Default, Clone)]
enum Network {
    #[default]
    Up,
    /// Requests arrive, and the connection breaks before the answer.
    Broken,
    /// Another table answers.
    Other(WireTable),
}

type Shared = Arc<Lock<State>>;

impl Aws {
    /// An account with an empty table of this name, and empty queues.
    #[must_use]
    pub fn start(table: &str) -> Self {
        let (wire, state) = (WireTable::new(table), Shared::default());
        let others = {
            let state = state.clone();
            Server::start(move |request| serve(&state, request))
        };
        let dynamo = {
            let (wire, state) = (wire.clone(), state.clone());
            Server::start(move |request| serve_table(&wire, &state, request))
        };
        Self { table: table.to_owned(), wire, dynamo, others, state }
    }

    /// The variables of a function in this account.
    #[must_use]
    pub fn variables(&self) -> Variables {
        let url = self.others.url();
        [
            ("AWS_REGION", "eu-central-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned()),
            ("AWS_ENDPOINT_URL_DYNAMODB", self.dynamo.url()),
            ("AWS_ENDPOINT_URL_SQS", url.clone()),
            ("AWS_ENDPOINT_URL_SNS", url.clone()),
            ("AWS_ENDPOINT_URL_EVENTBRIDGE", url.clone()),
            ("WAXSEAL_TABLE", self.table.clone()),
            ("WAXSEAL_DLQ_URL", format!("{url}/123456789012/dead-letters")),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
    }

    /// Takes the table off the network: connections are cut and refused.
    pub fn unplug_table(&mut self) {
        self.dynamo.unplug();
    }

    /// Puts the table back on the network.
    pub fn plug_table(&mut self) {
        self.dynamo.plug();
    }

    /// Sets whether connections to the table break before an answer; nothing is applied then.
    pub fn break_table(&self, broken: bool) {
        self.lock().network = if broken { Network::Broken } else { Network::Up };
    }

    /// Puts another table, with another name, at the table's address.
    pub fn plug_other_table(&self) {
        let other = WireTable::new(format!("{}-of-yesterday", self.table));
        self.lock().network = Network::Other(other);
    }

    /// From now on no request of this action (`PutItem`, `SendMessage`, `PublishBatch`, …) is
    /// answered, of any service. With `is_applied` it is carried out nevertheless.
    ///
    /// The receiver gets a signal when such a request has arrived.
    pub fn mute(&self, action: &str, is_applied: bool) -> mpsc::Receiver<()> {
        let (sender, arrived) = mpsc::channel();
        self.lock().muted =
            Some(Muted { action: action.to_owned(), is_applied, requests: 0, arrived: sender });
        arrived
    }

    /// Answers again, and returns the number of requests that were not answered.
    pub fn unmute(&self) -> usize {
        self.lock().muted.take().map_or(0, |muted| muted.requests)
    }

    /// Denies the permission for this action on the table.
    pub fn deny_table(&self, action: &str) {
        self.lock().denied = Some(action.to_owned());
    }

    /// Sets whether the dead-letter queue refuses all messages.
    pub fn refuse_dead_letters(&self, refused: bool) {
        self.lock().dead_letters_refused = refused;
    }

    /// Sets whether queues refuse to change the visibility of messages.
    pub fn refuse_delays(&self, refused: bool) {
        self.lock().delays_refused = refused;
    }

    /// The requests that changed the visibility of messages, or tried to.
    #[must_use]
    pub fn delays(&self) -> Vec<Vec<Delay>> {
        self.lock().delays.clone()
    }

    /// The next request to the bus has these entries refused, with a transient code.
    pub fn refuse_entries(&self, positions: &[usize]) {
        self.lock().put_refusals.push_back(positions.to_vec());
    }

    /// All items of the table.
    #[must_use]
    pub fn items(&self) -> Vec<Item> {
        self.wire.items().iter().cloned().collect()
    }

    /// The content of an entity's item; null where there is none.
    ///
    /// # Panics
    /// Where the content is no JSON.
    #[must_use]
    pub fn entity(&self, kind: &str, id: &str) -> Value {
        let items = self.wire.items();
        let item = items.get(&Key::of(kind, &[id], "state"));
        item.map_or(Value::Null, |item| {
            serde_json::from_str(item.get_text("data").unwrap_or_default()).expect("entities are JSON")
        })
    }

    /// All receipts.
    #[must_use]
    pub fn receipts(&self) -> Vec<Item> {
        self.items().into_iter().filter(|item| item.key.sort == "receipt").collect()
    }

    /// Stores an item without a condition. With it a test lets a lease run out.
    pub fn store(&self, item: Item) {
        self.wire.put(item);
    }

    /// The actions on the table since the last call.
    #[must_use]
    pub fn take_actions(&self) -> Vec<String> {
        self.wire.take_actions()
    }

    /// The dead letters so far, by their records; the last one where there are several.
    #[must_use]
    pub fn dead_letters(&self) -> BTreeMap<String, DeadLetter> {
        let dead_letters = self.lock().dead_letters.clone();
        let record = |dead_letter: &DeadLetter| dead_letter.note().record.into_owned();
        dead_letters.into_iter().map(|dead_letter| (record(&dead_letter), dead_letter)).collect()
    }

    /// The number of messages that the dead-letter queue took, repeated ones included.
    #[must_use]
    pub fn dead_letter_count(&self) -> usize {
        self.lock().dead_letters.len()
    }

    /// The requests to the bus, with their entries.
    #[must_use]
    pub fn put_events(&self) -> Vec<Vec<Value>> {
        self.lock().put_events.clone()
    }

    /// The messages to topics: the decoded forms of `PublishBatch`.
    #[must_use]
    pub fn notifications(&self) -> Vec<String> {
        self.lock().notifications.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

fn serve_table(wire: &WireTable, state: &Shared, request: &Request) -> Reply {
    let target = request.header("x-amz-target");
    let (denied, network) = {
        let state = state.lock();
        (state.denied.clone(), state.network.clone())
    };
    if denied.is_some_and(|action| target.ends_with(&format!(".{action}"))) {
        return refused("com.amazon.coral.service#AccessDeniedException");
    }
    let muted = mute(&mut state.lock(), target);
    if muted == Some(false) {
        return Reply::Silence;
    }
    let answered = match &network {
        Network::Up => wire.answer(target, &request.body),
        Network::Broken => None,
        Network::Other(other) => other.answer(target, &request.body),
    };
    match answered {
        Some(_) if muted.is_some() => Reply::Silence,
        Some((status, body)) => answer(status, "application/x-amz-json-1.0", body),
        None => Reply::Close,
    }
}

fn serve(state: &Shared, request: &Request) -> Reply {
    let mut state = state.lock();
    let target = request.header("x-amz-target");
    let form = request.body.strip_prefix(b"Action=").and_then(|body| body.split(|byte| *byte == b'&').next());
    let action = form.map_or(target, |form| std::str::from_utf8(form).unwrap_or_default());
    let muted = mute(&mut state, action);
    if muted == Some(false) {
        return Reply::Silence;
    }
    let reply = answer_of(&mut state, request);
    if muted.is_some() { Reply::Silence } else { reply }
}

/// Whether a request of `target` gets no answer, and if so, whether it is carried out.
fn mute(state: &mut State, target: &str) -> Option<bool> {
    let muted = state.muted.as_mut().filter(|muted| target.rsplit('.').next() == Some(&*muted.action))?;
    muted.requests += 1;
    // The test may have dropped the receiver.
    let _ = muted.arrived.send(());
    Some(muted.is_applied)
}

fn answer_of(state: &mut State, request: &Request) -> Reply {
    match request.header("x-amz-target") {
        "AmazonSQS.SendMessage" => state.send_message(&request.body),
        "AmazonSQS.ChangeMessageVisibilityBatch" => state.change_visibility(&request.body),
        "AWSEvents.PutEvents" => state.put_events(&request.body),
        "" if request.body.starts_with(b"Action=PublishBatch&") => state.publish_batch(&request.body),
        other => refused(&format!("UnknownOperation{other}")),
    }
}

/// Source: the API references of SQS, EventBridge (both JSON) and SNS (query and XML).
impl State {
    fn send_message(&mut self, body: &[u8]) -> Reply {
        if self.dead_letters_refused {
            return refused("com.amazonaws.sqs#QueueDoesNotExist");
        }
        let message: Value = serde_json::from_slice(body).unwrap_or_default();
        let attributes = message["MessageAttributes"].as_object().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        self.dead_letters.push(DeadLetter {
            body: text(&message["MessageBody"]),
            attributes: attributes
                .into_iter()
                .map(|(name, value)| (name, text(&value["StringValue"])))
                .collect(),
        });
        let id = format!("059f36b4-87a3-44ab-83d2-{:012}", self.dead_letters.len());
        answer(200, "application/x-amz-json-1.0", json!({ "MessageId": id }).to_string())
    }

    fn change_visibility(&mut self, body: &[u8]) -> Reply {
        let request: Value = serde_json::from_slice(body).unwrap_or_default();
        let entries = request["Entries"].as_array().cloned().unwrap_or_default();
        let text = |entry: &Value, name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        let delay = |entry: &Value| Delay {
            entry: text(entry, "Id"),
            handle: text(entry, "ReceiptHandle"),
            seconds: entry["VisibilityTimeout"].as_u64().unwrap_or(u64::MAX),
        };
        self.delays.push(entries.iter().map(delay).collect());
        if self.delays_refused {
            return refused("com.amazonaws.sqs#QueueDoesNotExist");
        }
        let changed: Vec<Value> = entries.iter().map(|entry| json!({"Id": entry["Id"]})).collect();
        let body = json!({"Successful": changed, "Failed": []});
        answer(200, "application/x-amz-json-1.0", body.to_string())
    }

    fn put_events(&mut self, body: &[u8]) -> Reply {
        let request: Value = serde_json::from_slice(body).unwrap_or_default();
        let entries = request["Entries"].as_array().cloned().unwrap_or_default();
        let refused = self.put_refusals.pop_front().unwrap_or_default();
        let answers: Vec<Value> = (0..entries.len())
            .map(|position| match refused.contains(&position) {
                true => json!({"ErrorCode": "ThrottlingException", "ErrorMessage": "Rate exceeded"}),
                false => json!({"EventId": format!("11710aed-b79e-4468-a20b-{position:012}")}),
            })
            .collect();
        self.put_events.push(entries);
        let body = json!({"FailedEntryCount": refused.len(), "Entries": answers});
        answer(200, "application/x-amz-json-1.1", body.to_string())
    }

    fn publish_batch(&mut self, body: &[u8]) -> Reply {
        let form = form_decoded(body);
        let ids = form.split('&').filter(|pair| {
            pair.starts_with("PublishBatchRequestEntries.member.")
                && pair.split('=').next().is_some_and(|name| name.ends_with(".Id"))
        });
        let members: String = ids
            .filter_map(|pair| pair.split_once('='))
            .map(|(_, id)| format!("<member><Id>{id}</Id><MessageId>m-{id}</MessageId></member>"))
            .collect();
        self.notifications.push(form);
        let body = format!(
            "<PublishBatchResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishBatchResult><Failed/>\
             <Successful>{members}</Successful></PublishBatchResult></PublishBatchResponse>"
        );
        answer(200, "text/xml", body)
    }
}

fn answer(status: u16, content_type: &str, body: String) -> Reply {
    Reply::Answer(status, vec![("content-type", content_type.to_owned())], body.into_bytes())
}

fn refused(code: &str) -> Reply {
    let body = json!({"__type": code, "message": "refused by the test"});
    answer(400, "application/x-amz-json-1.0", body.to_string())
}

fn form_decoded(body: &[u8]) -> String {
    let mut plain = Vec::with_capacity(body.len());
    let mut rest = body;
    while let [first, tail @ ..] = rest {
        let hex = |digits: &[u8]| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok();
        rest = tail;
        match (first, tail) {
            (b'%', [high, low, after @ ..]) if hex(&[*high, *low]).is_some() => {
                plain.extend(hex(&[*high, *low]));
                rest = after;
            }
            (b'+', _) => plain.push(b' '),
            (other, _) => plain.push(*other),
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}
