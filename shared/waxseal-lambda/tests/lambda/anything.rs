//! A service that takes the events of every source, whatever their payload, and what it was given.

use std::{
    marker::PhantomData,
    sync::{Arc, Mutex},
};

use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};
use waxseal::{
    Envelope, Fault, Handler, Message, Service, Settings, Unit,
    batch::Policy,
    dead_letter::DeadLetter,
    observe::{Handled, HandledAs, Observer},
};
use waxseal_lambda::Function;
use waxseal_testing::Fixture;

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
    runs: Mutex<Vec<Given>>,
    pub(crate) fixture: Fixture,
    /// The end of each record.
    pub(crate) ends: Mutex<Vec<HandledAs>>,
    /// A run whose payload holds this text fails.
    fails: Mutex<Option<String>>,
}

impl Seen {
    pub(crate) fn runs(&self) -> Vec<Given> {
        self.runs.lock().unwrap().clone()
    }
    pub(crate) fn ids(&self) -> Vec<String> {
        self.runs().into_iter().map(|given| given.id).collect()
    }
    pub(crate) fn dead_letters(&self) -> Vec<DeadLetter> {
        self.fixture.dead_letters.recorded()
    }
    pub(crate) fn reasons(&self) -> Vec<String> {
        self.dead_letters().into_iter().map(|dead_letter| dead_letter.reason).collect()
    }
    pub(crate) fn fail(&self, where_it_says: &str) {
        *self.fails.lock().unwrap() = Some(where_it_says.to_owned());
    }
    pub(crate) fn fail_no_more(&self) {
        *self.fails.lock().unwrap() = None;
    }
    pub(crate) fn set_now(&self, now: &str) {
        self.fixture.host.set(now.parse().unwrap());
    }
}

struct Ends(Arc<Seen>);
impl Observer for Ends {
    fn handled(&self, record: &Handled<'_>) {
        self.0.ends.lock().unwrap().push(record.outcome);
    }
}

struct Take<M>(Arc<Seen>, PhantomData<fn(M)>);

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
            waxseal::foreign!($type { type: $name });
            impl Named for $type {
                const HANDLER: &'static str = $handler;
                fn text(&self) -> &str {
                    self.0.get()
                }
            }
        )+
        fn service(seen: &Arc<Seen>) -> Service {
            Service::new("anything")$(.handler(Take::<$type>(seen.clone(), PhantomData)))+
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
    anything_of(|service| service, policy)
}

/// The same service, declared further.
pub(crate) fn anything_of(declare: impl FnOnce(Service) -> Service, policy: Policy) -> (Function, Arc<Seen>) {
    let seen = Arc::new(Seen::default());
    seen.set_now("2026-11-21T09:30:05Z");
    let mut settings = Settings::default();
    settings.observers = settings.observers.and(Arc::new(Ends(seen.clone())));
    let engine = seen.fixture.engine_with(declare(service(&seen)), settings);
    (Function::new(seen.fixture.batches(engine, policy)), seen)
}

/// An envelope of `any.thing`, as text.
pub(crate) fn envelope(id: &str, data: &Value) -> String {
    serde_json::json!({
        "eventId": id, "eventType": "any.thing", "eventVersion": 1, "timestamp": "2026-11-21T09:30:00Z", "source": "them",
        "data": data,
    })
    .to_string()
}
