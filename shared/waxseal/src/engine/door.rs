//! The door for commands that come by HTTP or by call: an idempotency key in, a typed answer out.
//!
//! A queue delivers until the message is acknowledged, so it needs only an outcome. A caller waits
//! for the state, for the typed refusal, or for the answer that its key was used before. Both ways
//! share the receipt, so a command takes effect once by either.

use std::{collections::BTreeMap, error::Error, marker::PhantomData};

use serde::Serialize;
use serde_json::{Value, value::RawValue};

use crate::{
    engine::{delivery::Delivery, handle::Engine, left::Left, outcome::Outcome},
    fault::Fault,
    handler::{Decide, Failure, Fold, Record, history_key},
    row::{Entity, history, state},
    table::{Item, Key},
};
use waxseal_message::{Envelope, Message, Raw, Timestamp};

/// A command of a caller that waits for its [`Answer`]; the input of [`Engine::call`].
///
/// `source` and `key` are the command's identity: a repeated call with the same key takes effect
/// once. A refusal leaves no trace, so its key stays free.
#[derive(Debug)]
#[must_use = "a call does nothing until an engine runs it"]
pub struct Call<M> {
    source: String,
    key: String,
    payload: Result<Box<RawValue>, serde_json::Error>,
    correlation_id: Option<String>,
    metadata: BTreeMap<String, Value>,
    deadline: Option<Timestamp>,
    command: PhantomData<fn() -> M>,
}

impl<M: Message> Call<M> {
    /// A call of `command` under the idempotency key `key`. `source` names the way in, such as
    /// `http`.
    pub fn new(source: impl Into<String>, key: impl Into<String>, command: &M) -> Self {
        Self::of_payload(source, key, command)
    }

    /// As [`Call::new`], with the command's JSON as the caller submitted it. The key then stands
    /// for the whole payload, members included that `M` does not know.
    pub fn of_payload(
        source: impl Into<String>,
        key: impl Into<String>,
        payload: &(impl Serialize + ?Sized),
    ) -> Self {
        Self {
            source: source.into(),
            key: key.into(),
            payload: serde_json::value::to_raw_value(payload),
            correlation_id: None,
            metadata: BTreeMap::new(),
            deadline: None,
            command: PhantomData,
        }
    }

    /// Joins a flow that has begun. Otherwise the command begins a flow, with its key as the
    /// correlation id.
    pub fn correlated(mut self, correlation_id: impl Into<String>) -> Self {
        self.correlation_id = Some(correlation_id.into());
        self
    }

    /// Metadata that travels with the command. `traceparent` and `tracestate` also travel with all
    /// messages that follow (S-44).
    pub fn metadata(mut self, metadata: BTreeMap<String, Value>) -> Self {
        self.metadata = metadata;
        self
    }

    /// A time from which on the command does not start any more (S-20).
    pub fn deadline(mut self, deadline: Timestamp) -> Self {
        self.deadline = Some(deadline);
        self
    }

    fn into_raw(self, now: Timestamp) -> Result<Raw, Failure> {
        let data = self.payload.map_err(|error| Failure::Fault(Fault::permanent(error)))?;
        Ok(Raw {
            id: self.key.clone(),
            name: M::NAME.to_owned(),
            version: M::VERSION,
            timestamp: now,
            source: self.source,
            correlation_id: self.correlation_id.unwrap_or(self.key),
            causation_id: None,
            data,
            metadata: self.metadata,
        })
    }
}

/// The outcome of a [`Call`], with the state of its entity; `None` where the decision left none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer<S> {
    /// The command took effect now. The state is the one after it.
    Applied(Option<S>),
    /// The same key came with the same command before. The state is the present one.
    Repeated(Option<S>),
}

impl<S> Answer<S> {
    /// Whether the same key came with the same command before.
    #[must_use]
    pub fn is_repeated(&self) -> bool {
        matches!(self, Self::Repeated(_))
    }

    /// The state of the entity.
    #[must_use]
    pub fn state(&self) -> Option<&S> {
        let (Self::Applied(state) | Self::Repeated(state)) = self;
        state.as_ref()
    }

    /// The state of the entity.
    #[must_use]
    pub fn into_state(self) -> Option<S> {
        let (Self::Applied(state) | Self::Repeated(state)) = self;
        state
    }
}

/// The reason why a [`Call`] changed nothing. A caller can match all of it: a new cause is a
/// [`Failure`].
#[derive(Debug, thiserror::Error)]
pub enum Rejected<R> {
    /// The aggregate refused.
    #[error(transparent)]
    Refused(R),
    /// The key came with another payload before (S-16). The first payload stands.
    #[error("this key came with another payload before: repeat that payload, or use a new key")]
    KeyReused,
    /// The command could not be carried out now, or at all: [`Failure::is_permanent`] says whether
    /// a repetition may help.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl<R: Error + Send + Sync + 'static> Rejected<R> {
    fn of(failure: Failure) -> Self {
        match failure {
            Failure::PayloadMismatch { .. } => Self::KeyReused,
            Failure::Fault(fault) => match fault.into_reason::<R>() {
                Ok(refusal) => Self::Refused(refusal),
                Err(fault) => Self::Failed(Failure::Fault(fault)),
            },
            failure => Self::Failed(failure),
        }
    }
}

impl Engine {
    /// Carries out a command of a caller, once for each key. Other handlers of the message run too,
    /// as for a message from a queue.
    ///
    /// # Errors
    /// [`Rejected`]: the aggregate's own refusal, a key that came with another payload, or a failure.
    ///
    /// ```
    /// # use std::{borrow::Cow, sync::Arc};
    /// # use serde::{Deserialize, Serialize};
    /// # use waxseal::{Aggregate, Answer, Call, Decide, Engine, Entity, Envelope, Out, Refusal, Rejected, Service, Settings, Timestamp};
    /// # use waxseal_testing::{ManualHost, MemoryTable, block_on};
    /// # #[derive(Serialize, Deserialize)] struct OpenTab { table: u32 }
    /// # waxseal::command!(OpenTab { name: "open-tab", version: 1, recipient: "bar" });
    /// # #[derive(Serialize, Deserialize, PartialEq, Debug)] struct Tab { cents: u64 }
    /// # impl Entity for Tab { const KIND: &'static str = "tab"; }
    /// # #[derive(Debug, PartialEq, thiserror::Error)] #[error("table {0} has an open tab")] struct IsOpen(u32);
    /// # struct Tabs;
    /// # impl Aggregate for Tabs {
    /// #     const NAME: &str = "tabs"; type State = Tab; type Decides = (OpenTab,); type Emits = (); type Refusal = IsOpen;
    /// # }
    /// # impl Decide<OpenTab> for Tabs {
    /// #     fn key(open: &OpenTab) -> Cow<'_, str> { open.table.to_string().into() }
    /// #     fn decide(&self, tab: &mut Option<Tab>, open: &Envelope<OpenTab>, _: &mut Out<Self>) -> Result<(), Refusal<IsOpen>> {
    /// #         if tab.is_some() { return Err(IsOpen(open.data.table).into()); }
    /// #         *tab = Some(Tab { cents: 0 });
    /// #         Ok(())
    /// #     }
    /// # }
    /// # let service = Service::new("bar").aggregate(Tabs);
    /// # let host = Arc::new(ManualHost::new(Timestamp::UNIX_EPOCH));
    /// # let engine = Engine::new(service, MemoryTable::default(), host, Settings::default()).unwrap();
    /// # block_on(async {
    /// let open = |key, table| engine.call::<Tabs, _>(Call::new("http", key, &OpenTab { table }));
    /// assert_eq!(open("key-1", 4).await.unwrap(), Answer::Applied(Some(Tab { cents: 0 })));
    /// assert_eq!(open("key-1", 4).await.unwrap(), Answer::Repeated(Some(Tab { cents: 0 })));
    /// assert!(matches!(open("key-1", 5).await, Err(Rejected::KeyReused)));
    /// assert!(matches!(open("key-2", 4).await, Err(Rejected::Refused(IsOpen(4)))));
    /// # });
    /// ```
    pub async fn call<A: Decide<M>, M: Message>(
        &self,
        call: Call<M>,
    ) -> Result<Answer<A::State>, Rejected<A::Refusal>> {
        let key = |command: &M| state::key::<A::State>(&A::key(command));
        match self.carry_out(call, A::NAME, key).await? {
            (_, Some(item)) => Ok(Answer::Applied(value(item)?)),
            (key, None) => Ok(Answer::Repeated(self.view().read_at(key).await?)),
        }
    }

    /// As [`Engine::call`], for a command that a [`Decider`](crate::Decider) decides.
    ///
    /// # Errors
    /// As [`Engine::call`].
    pub async fn call_decider<D: Record<M>, M: Message>(
        &self,
        call: Call<M>,
    ) -> Result<Answer<D::State>, Rejected<D::Refusal>> {
        let mut id = String::new();
        let key = |command: &M| {
            id = D::key(command).into_owned();
            history_key::<D::State>(&id)
        };
        match self.carry_out(call, D::NAME, key).await? {
            (_, Some(item)) => {
                let row = item.as_ref().map(history::read_row).transpose();
                let fold = Fold::<D::State>::begin(row.map_err(|error| Failure::Fault(Fault::retry(error)))?);
                match fold.is_whole {
                    true => Ok(Answer::Applied(fold.state)),
                    // It recorded nothing, and the row may be behind.
                    false => Ok(Answer::Applied(self.state_of(&id).await?.state)),
                }
            }
            (_, None) => Ok(Answer::Repeated(self.state_of(&id).await?.state)),
        }
    }

    /// Carries out a call by the handler of this name. Gives the key of its entity, and the row after
    /// its commit where it took effect now.
    async fn carry_out<M: Message, R: Error + Send + Sync + 'static>(
        &self,
        call: Call<M>,
        handler: &'static str,
        key: impl FnOnce(&M) -> Key,
    ) -> Result<(Key, Option<Option<Item>>), Rejected<R>> {
        let (now, deadline) = (self.now(), call.deadline);
        let raw = call.into_raw(now)?;
        let command: Envelope<M> = raw.decode().map_err(Failure::Decode)?;
        if deadline.is_some_and(|deadline| deadline <= now) {
            return Err(Failure::Unstarted.into());
        }
        let mut routes = self.wanting(&raw).into_iter().flatten();
        let route = routes.find(|route| route.handler == handler && route.reaction.is_pure());
        let route = route.ok_or_else(|| self.unknown(&raw))?;
        let key = key(&command.data);
        let left = Left::new(route.names.consumer.clone(), key.clone());
        let delivery = Delivery { left: Some(&left), ..Delivery::of(&raw).within(deadline) };
        let outcome = self.deliver(delivery).await.map_err(Rejected::of)?;
        // Where only another handler of the message took effect now, this one had decided before.
        Ok((key, left.into_item().filter(|_| outcome == Outcome::Applied)))
    }
}

fn value<S: Entity>(item: Option<Item>) -> Result<Option<S>, Failure> {
    let Some(item) = item else { return Ok(None) };
    Ok(state::value(&item).map_err(Failure::Fault)?.map(|(value, _)| value))
}
