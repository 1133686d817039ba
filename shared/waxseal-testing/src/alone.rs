//! One handler or effect alone, on a table in memory.

use std::time::Duration;

use waxseal::{
    Channel, Declared, Done, Effect, Emits, Engine, Entity, Envelope, EventSourced, Failure, Fault, Handler,
    Message, Outcome, Raw, Service, Settings, Table, Timestamp,
    handler::stored_history,
    row::state,
    table::{Action, Condition, Write},
};

use crate::{fixture::Fixture, messages::of_kind};

/// One handler or effect with the entities that it finds. It runs through the engine, so its
/// receipts, its lease and its commit are those of production.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use waxseal::{Entity, Envelope, Fault, Handler, Outcome, Unit};
/// use waxseal_testing::{Alone, block_on};
///
/// #[derive(Serialize, Deserialize)] struct ParcelScanned { parcel: String }
/// waxseal::event!(ParcelScanned { name: "parcel.scanned", version: 1, owner: "depot" });
/// #[derive(Serialize, Deserialize, PartialEq, Debug)] struct ParcelLost { parcel: String }
/// waxseal::event!(ParcelLost { name: "parcel.lost", version: 1, owner: "tracking" });
/// #[derive(Serialize, Deserialize, PartialEq, Debug)] struct Scans { left: u32 }
/// impl Entity for Scans { const KIND: &'static str = "scans"; }
///
/// struct CountDown;
/// impl Handler for CountDown {
///     const NAME: &str = "count-down";
///     type Event = ParcelScanned;
///     type Emits = (ParcelLost,);
///     async fn handle(&self, scan: &Envelope<ParcelScanned>, unit: &mut Unit<'_, Self::Emits>) -> Result<(), Fault> {
///         let parcel = &scan.data.parcel;
///         let mut scans = unit.load::<Scans>(parcel).await?.ok_or_else(|| Fault::permanent("an unknown parcel"))?;
///         scans.left -= 1;
///         if scans.left == 0 { unit.emit(ParcelLost { parcel: parcel.clone() }); }
///         unit.save(scans);
///         Ok(())
///     }
/// }
/// let scan = || ParcelScanned { parcel: "p-1".into() };
/// let mut alone = Alone::handler(CountDown).with("p-1", &Scans { left: 1 });
/// let ran = block_on(alone.run(scan()));
/// assert_eq!(ran.result.unwrap(), Outcome::Applied);
/// assert_eq!(ran.emitted.len(), 1);
/// assert_eq!(alone.state("p-1"), Some(Scans { left: 0 }));
///
/// let ran = block_on(Alone::handler(CountDown).run(scan()));
/// assert_eq!(ran.result.unwrap_err().to_string(), "an unknown parcel");
/// ```
#[derive(Debug)]
#[must_use = "nothing runs before a message comes"]
pub struct Alone {
    engine: Engine,
    fixture: Fixture,
    messages: u32,
}

/// One run: its result and its emissions.
#[derive(Debug)]
#[must_use = "a run that is not looked at proves nothing"]
#[non_exhaustive]
pub struct Ran {
    /// The outcome of the message.
    pub result: Result<Outcome, Failure>,
    /// The envelopes that the commit holds.
    pub emitted: Vec<Raw>,
}

impl Ran {
    /// The emitted messages of one kind.
    ///
    /// # Panics
    /// Where one does not fit its type.
    #[must_use]
    pub fn emitted_of<M: Message>(&self) -> Vec<M> {
        of_kind(&self.emitted)
    }
}

impl Alone {
    /// A handler.
    ///
    /// # Panics
    /// Where the handler breaks a rule of [`Service::check`].
    pub fn handler<H: Handler>(handler: H) -> Self {
        Self::of(service::<H::Event, H::Emits>().handler(handler))
    }

    /// An effect.
    ///
    /// # Panics
    /// As [`Alone::handler`].
    pub fn effect<E: Effect>(effect: E) -> Self {
        Self::of(service::<E::Event, E::Emits>().effect(effect))
    }

    /// An effect that defines the emissions of a success.
    ///
    /// # Panics
    /// As [`Alone::handler`].
    pub fn effect_with_done<E: Done>(effect: E) -> Self {
        Self::of(service::<E::Event, E::Emits>().effect_with_done(effect))
    }

    fn of(service: Service) -> Self {
        let fixture = Fixture::default();
        Self { engine: fixture.engine_with(service, settings()), fixture, messages: 0 }
    }

    /// Stores an entity, as an earlier commit would have.
    ///
    /// # Panics
    /// Where it has no JSON form.
    pub fn with<S: Entity>(self, id: &str, entity: &S) -> Self {
        let item = state::stored(id, entity, 1).unwrap_or_else(|error| panic!("{error}"));
        let write =
            Write { action: Action::Put(item), condition: Condition::Absent { now: self.host_now() } };
        crate::block_on(self.fixture.table.write(&[write])).unwrap_or_else(|error| panic!("{error}"));
        self
    }

    /// Stores the history of an event-sourced state, as an earlier commit would have; it may be
    /// empty. The service then keeps such histories.
    ///
    /// # Panics
    /// Where an event has no JSON form.
    pub fn with_history<S: EventSourced>(self, id: &str, events: impl IntoIterator<Item = S::Event>) -> Self {
        let now = self.host_now();
        let items = stored_history::<S>(id, events, now).unwrap_or_else(|error| panic!("{error}"));
        for item in items {
            let write = Write { action: Action::Put(item), condition: Condition::Absent { now } };
            crate::block_on(self.fixture.table.write(&[write])).unwrap_or_else(|error| panic!("{error}"));
        }
        let service = self.engine.service().clone().keeps_history::<S>();
        Self { engine: self.fixture.engine_with(service, settings()), ..self }
    }

    /// The events of an event-sourced state as they are stored now, in order.
    ///
    /// # Panics
    /// Where one does not fit.
    #[must_use]
    pub fn history<S: EventSourced>(&self, id: &str) -> Vec<S::Event> {
        let recorded = crate::block_on(self.engine.recorded::<S>(id, 0, usize::MAX));
        let recorded = recorded.unwrap_or_else(|failure| panic!("{failure}"));
        recorded.into_iter().map(|recorded| recorded.event).collect()
    }

    /// Sets the clock; the default is 1970.
    pub fn at(self, now: Timestamp) -> Self {
        self.fixture.host.set(now);
        self
    }

    /// Lets time pass, such as the rest of a lease.
    pub fn pass(&self, time: Duration) {
        self.fixture.host.pass(time);
    }

    /// Runs it on a message, in an envelope that begins a flow. Its id is `message-1`, `message-2`
    /// and so on.
    pub async fn run<M: Message>(&mut self, message: M) -> Ran {
        self.messages += 1;
        let id = format!("message-{}", self.messages);
        let envelope = Envelope::starting(id, M::OWNER, self.host_now(), message);
        match envelope.into_raw() {
            Ok(raw) => self.run_raw(&raw).await,
            Err(error) => Ran { result: Err(Failure::Fault(Fault::permanent(error))), emitted: Vec::new() },
        }
    }

    /// Runs it on an envelope of the test's own. The same envelope twice is a duplicate.
    pub async fn run_raw(&self, raw: &Raw) -> Ran {
        let result = self.engine.handle(raw).await;
        Ran { result, emitted: self.fixture.table.take_emitted() }
    }

    /// An entity as it is stored now.
    ///
    /// # Panics
    /// Where the item does not fit `S`.
    #[must_use]
    pub fn state<S: Entity>(&self, id: &str) -> Option<S> {
        crate::block_on(self.engine.read::<S>(id)).unwrap_or_else(|failure| panic!("{failure}"))
    }

    fn host_now(&self) -> Timestamp {
        self.engine.now()
    }
}

/// A redelivered message meets its receipt, and no cache of the process.
fn settings() -> Settings {
    let mut settings = Settings::default();
    settings.cache = 0;
    settings
}

/// A service with the name of the owner of the emissions, or of the command's recipient.
fn service<M: Message, S: Emits>() -> Service {
    let owner = |declared: &Declared| match declared.channel {
        Channel::Queue(_) => None,
        _ => Some(declared.owner),
    };
    match M::CHANNEL {
        Channel::Queue(recipient) => Service::new(recipient),
        _ => Service::new(S::DECLARED.iter().find_map(owner).unwrap_or("alone")),
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};
    use tokio::time::{sleep, timeout};
    use waxseal::Unit;

    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Ordered {}
    waxseal::event!(Ordered { name: "order.placed", version: 1, owner: "shop" });

    struct Ask;
    impl Handler for Ask {
        const NAME: &str = "ask";
        type Event = Ordered;
        type Emits = ();
        async fn handle(&self, _: &Envelope<Ordered>, _: &mut Unit<'_, ()>) -> Result<(), Fault> {
            let asked = tokio::spawn(sleep(Duration::from_secs(600)));
            match timeout(Duration::from_millis(5), asked).await {
                Ok(_) => Ok(()),
                Err(_) => Err(Fault::retry("no answer in time")),
            }
        }
    }

    #[test]
    fn l5_a_handler_alone_may_wait_for_the_outside() {
        let ran = crate::block_on(Alone::handler(Ask).run(Ordered {}));
        assert_eq!(ran.result.unwrap_err().to_string(), "no answer in time");
    }
}
