//! A service that takes the events of every source, whatever their payload, and what it was given.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};
use waxseal::{
    BoxError, Channel, Engine, Envelope, Fault, Handler, Host, Message, Origin, Service, Settings, Timestamp,
    Token, Unit,
    batch::{Batches, Policy},
    dead_letter::{DeadLetter, DeadLetters},
    observe::{Handled, HandledAs, Observer},
};
use waxseal_lambda::Function;
use waxseal_testing::MemoryTable;

/// An event that the handler was given, as text: source, name, id, time, payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Given {
    pub(crate) name: String,
    pub(crate) source: String,
    pub(crate) id: String,
    pub(crate) time: String,
    pub(crate) traceparent: Option<String>,
    pub(crate) data: String,
}

impl Given {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap()
    }
}

#[derive(Default)]
pub(crate) struct Seen {
    /// Runs, in their order.
    pub(crate) runs: Mutex<Vec<Given>>,
    pub(crate) letters: Mutex<Vec<DeadLetter>>,
    pub(crate) letters_fail: AtomicBool,
    pub(crate) now: Mutex<Option<Timestamp>>,
    /// The end of each record.
    pub(crate) ends: Mutex<Vec<HandledAs>>,
    /// A run whose payload holds this text fails.
    pub(crate) fails: Mutex<Option<String>>,
}

impl Seen {
    pub(crate) fn runs(&self) -> Vec<Given> {
        self.runs.lock().unwrap().clone()
    }
    pub(crate) fn ids(&self) -> Vec<String> {
        self.runs().into_iter().map(|given| given.id).collect()
    }
    pub(crate) fn letters(&self) -> Vec<DeadLetter> {
        self.letters.lock().unwrap().clone()
    }
    pub(crate) fn reasons(&self) -> Vec<String> {
        self.letters().into_iter().map(|letter| letter.reason).collect()
    }
    pub(crate) fn fail(&self, where_it_says: &str) {
        *self.fails.lock().unwrap() = Some(where_it_says.to_owned());
    }
    pub(crate) fn set_now(&self, now: &str) {
        *self.now.lock().unwrap() = Some(now.parse().unwrap());
    }
    pub(crate) fn refuse_letters(&self) {
        self.letters_fail.store(true, Ordering::SeqCst);
    }
}

struct Clock(Arc<Seen>);
impl Host for Clock {
    fn now(&self) -> Timestamp {
        self.0.now.lock().unwrap().unwrap_or_else(|| "2026-11-21T09:30:05Z".parse().unwrap())
    }
    fn token(&self) -> Token {
        static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        Token(NEXT.fetch_add(1, Ordering::SeqCst).into())
    }
}

struct Ends(Arc<Seen>);
impl Observer for Ends {
    fn handled(&self, record: &Handled<'_>) {
        self.0.ends.lock().unwrap().push(record.outcome);
    }
}

struct RecordedDeadLetters(Arc<Seen>);
impl DeadLetters for RecordedDeadLetters {
    async fn send(&self, letter: DeadLetter) -> Result<(), BoxError> {
        if self.0.letters_fail.load(Ordering::SeqCst) {
            return Err("AWS.SimpleQueueService.NonExistentQueue".into());
        }
        self.0.letters.lock().unwrap().push(letter);
        Ok(())
    }
}

struct Take<M>(Arc<Seen>, std::marker::PhantomData<fn(M)>);

/// A name of any owner, and the handler's.
pub(crate) trait Named: Message {
    const HANDLER: &'static str;
    fn text(&self) -> &str;
}

impl<M: Named> Handler for Take<M> {
    const NAME: &'static str = M::HANDLER;
    type Event = M;
    type Emits = ();
    async fn handle(&self, event: &Envelope<M>, _: &mut Unit<'_, ()>) -> Result<(), Fault> {
        let data = event.data.text().to_owned();
        let failed = self.0.fails.lock().unwrap().as_ref().is_some_and(|text| data.contains(text));
        self.0.runs.lock().unwrap().push(Given {
            name: event.name.clone(),
            source: event.source.clone(),
            id: event.id.clone(),
            time: event.timestamp.to_string(),
            traceparent: event.traceparent().map(str::to_owned),
            data,
        });
        if failed { Err(Fault::retry("not now")) } else { Ok(()) }
    }
}

macro_rules! named {
    ($($type:ident $handler:literal $name:literal,)+) => {
        $(
            #[derive(Serialize, Deserialize)]
            #[serde(transparent)]
            pub(crate) struct $type(Box<RawValue>);
            impl Message for $type {
                const NAME: &'static str = $name;
                const VERSION: u16 = 1;
                const OWNER: &'static str = "them";
                const CHANNEL: Channel = Channel::Bus;
                type Previous = Origin;
            }
            impl Named for $type {
                const HANDLER: &'static str = $handler;
                fn text(&self) -> &str {
                    self.0.get()
                }
            }
        )+
        fn service(seen: &Arc<Seen>) -> Service {
            Service::new("anything")$(.handler(Take::<$type>(seen.clone(), std::marker::PhantomData)))+
        }
    };
}

named! {
    AnyThing "any-thing" "any.thing",
    Put "put" "ObjectCreated:Put",
    Deleted "deleted" "ObjectRemoved:Delete",
    Tagged "tagged" "ObjectTagging:Put",
    Insert "insert" "INSERT",
    Modify "modify" "MODIFY",
    Remove "remove" "REMOVE",
    Succeeded "succeeded" "Lambda Function Invocation Result - Success",
    Failed "failed" "Lambda Function Invocation Result - Failure",
    Discarded "discarded" "KinesisBatchInfo",
    Tombstone "tombstone" "tombstone",
}

pub(crate) fn anything() -> (Function, Arc<Seen>) {
    anything_with(Policy::default())
}

pub(crate) fn anything_with(policy: Policy) -> (Function, Arc<Seen>) {
    let seen = Arc::new(Seen::default());
    let (table, host) = (MemoryTable::default(), Arc::new(Clock(seen.clone())));
    let mut settings = Settings::default();
    settings.observers = settings.observers.and(Arc::new(Ends(seen.clone())));
    let engine = Engine::new(service(&seen), table, host, settings).unwrap();
    (Function::new(Batches::new(engine, RecordedDeadLetters(seen.clone()), policy)), seen)
}

/// An envelope of `any.thing`, as text.
pub(crate) fn envelope(id: &str, data: &Value) -> String {
    serde_json::json!({
        "eventId": id, "eventType": "any.thing", "eventVersion": 1, "timestamp": "2026-11-21T09:30:00Z", "source": "them",
        "data": data,
    })
    .to_string()
}
