//! The events, entities and handlers of the statements. Each handler counts the runs of its body
//! and follows its script.

use std::{
    borrow::Cow,
    convert::Infallible,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::FutureExt as _;
use serde::{Deserialize, Serialize};
use waxseal::Timestamp;

use waxseal::{
    Aggregate, Attempt, Decide, Effect, Entity, Envelope, Fault, Handler, Out, Raw, Refusal, Service, Unit,
};

/// An order in its first version, in which money was always EUR.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct OrderPlacedV1 {
    pub(super) sku: String,
    pub(super) quantity: u32,
    pub(super) total: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct OrderPlaced {
    pub(super) sku: String,
    pub(super) quantity: u32,
    /// The total in minor units.
    pub(super) total: i64,
    pub(super) currency: String,
}

impl From<OrderPlacedV1> for OrderPlaced {
    fn from(OrderPlacedV1 { sku, quantity, total }: OrderPlacedV1) -> Self {
        Self { sku, quantity, total, currency: "EUR".to_owned() }
    }
}

waxseal::event!(OrderPlacedV1 { name: "order.placed", version: 1, owner: "orders" });
waxseal::event!(OrderPlaced { name: "order.placed", version: 2, owner: "orders", previous: OrderPlacedV1 });

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct StockReserved {
    pub(super) order: String,
    pub(super) left: i64,
}
waxseal::event!(StockReserved { name: "stock.reserved", version: 1, owner: "inventory" });

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct PaymentCaptured {
    pub(super) order: String,
    pub(super) amount: i64,
    pub(super) attempt: u32,
}
waxseal::event!(PaymentCaptured { name: "payment.captured", version: 1, owner: "payment" });

/// An order of the given version, as it arrives. The id has characters that keys and JSON must
/// escape.
pub(super) fn order(id: &str, quantity: u32) -> Raw {
    envelope(
        id,
        "orders",
        2,
        &format!(r#"{{"sku":"hat/Größe #5","quantity":{quantity},"total":1250,"currency":"CHF"}}"#),
    )
}

/// An order of one piece of an article of its own.
pub(super) fn order_of(id: &str, sku: &str) -> Raw {
    envelope(id, "orders", 2, &format!(r#"{{"sku":"{sku}","quantity":1,"total":1250,"currency":"CHF"}}"#))
}

pub(super) fn envelope(id: &str, source: &str, version: u16, data: &str) -> Raw {
    let json = format!(
        r#"{{"eventId":"{id}","eventType":"order.placed","eventVersion":{version},"timestamp":"2026-11-21T09:29:58.250Z",
        "source":"{source}","correlationId":"cart-7","data":{data},
        "metadata":{{"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}}}}"#
    );
    Raw::parse(&json).expect("the contract's envelopes are well formed")
}

/// The SKU of every [`order`].
pub(super) const SKU: &str = "hat/Größe #5";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stock {
    pub(super) on_hand: i64,
}
impl Entity for Stock {
    const KIND: &'static str = "stock";
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tally {
    pub(super) orders: u64,
}
impl Entity for Tally {
    const KIND: &'static str = "tally";
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ledger {
    pub(super) captured: i64,
    /// The number of the attempt that wrote it.
    pub(super) by: u32,
}
impl Entity for Ledger {
    const KIND: &'static str = "ledger";
}

/// One run of a handler's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entered {
    pub(super) event: String,
    pub(super) attempt: u32,
    pub(super) first_at: Option<Timestamp>,
    /// The keys of the first and the second outside call.
    pub(super) keys: Option<[String; 2]>,
}

type Hook =
    Arc<dyn Fn(Entered) -> std::pin::Pin<Box<dyn Future<Output = Result<(), Fault>> + Send>> + Send + Sync>;

/// The script of a handler: what it does besides its job, and a record of its runs.
#[derive(Clone, Default)]
pub(super) struct Script {
    entered: Arc<Mutex<Vec<Entered>>>,
    hook: Option<Hook>,
}

impl Script {
    pub(super) fn new<F>(hook: impl Fn(Entered) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), Fault>> + Send + 'static,
    {
        Self { entered: Arc::default(), hook: Some(Arc::new(move |entered| Box::pin(hook(entered)))) }
    }

    /// A script that follows `decide` for each event.
    pub(super) fn deciding(outcome: impl Fn(&Entered) -> Result<(), Fault> + Send + Sync + 'static) -> Self {
        Self::new(move |entered| std::future::ready(outcome(&entered)))
    }

    /// A script that fails for these events with a fault to retry.
    pub(super) fn failing(events: &'static [&'static str]) -> Self {
        Self::deciding(|entered| {
            if events.contains(&&*entered.event) {
                Err(Fault::retry("the warehouse does not answer"))
            } else {
                Ok(())
            }
        })
    }

    pub(super) fn entered(&self) -> Vec<Entered> {
        self.entered.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn runs(&self) -> usize {
        self.entered.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    pub(super) fn runs_of(&self, event: &str) -> usize {
        self.entered().iter().filter(|entered| entered.event == event).count()
    }

    pub(super) async fn enter<D>(
        &self,
        event: &Envelope<D>,
        attempt: Option<&Attempt<'_>>,
    ) -> Result<(), Fault> {
        let entered = Entered {
            event: event.id.clone(),
            attempt: attempt.map_or(1, Attempt::number),
            first_at: attempt.map(Attempt::first_at),
            keys: attempt.map(|attempt| [attempt.effect_key(0), attempt.effect_key(1)]),
        };
        self.entered.lock().unwrap_or_else(PoisonError::into_inner).push(entered.clone());
        match &self.hook {
            Some(hook) => hook(entered).await,
            None => Ok(()),
        }
    }
}

/// A handler that reads nothing and emits.
pub(super) struct Announce(pub(super) Script);
impl Handler for Announce {
    const NAME: &str = "announce";
    type Event = OrderPlaced;
    type Emits = (StockReserved,);
    async fn handle(
        &self,
        order: &Envelope<OrderPlaced>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        self.0.enter(order, None).await?;
        unit.emit(StockReserved { order: order.id.clone(), left: 0 });
        Ok(())
    }
}

/// A handler that reads an entity, changes it and emits.
pub(super) struct Reserve(pub(super) Script);
impl Handler for Reserve {
    const NAME: &str = "reserve";
    type Event = OrderPlaced;
    type Emits = (StockReserved,);
    async fn handle(
        &self,
        order: &Envelope<OrderPlaced>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        let OrderPlaced { sku, quantity, .. } = &order.data;
        let mut stock = match unit.load::<Stock>(sku).await? {
            Some(stock) => stock,
            None => unit.create(sku, Stock { on_hand: 100 }),
        };
        self.0.enter(order, None).await?;
        stock.on_hand -= i64::from(*quantity);
        let left = stock.on_hand;
        unit.save(stock);
        unit.emit(StockReserved { order: order.id.clone(), left });
        Ok(())
    }
}

/// An aggregate.
pub(super) struct Count(pub(super) Script);
impl Aggregate for Count {
    const NAME: &str = "count";
    type State = Tally;
    type Decides = (OrderPlaced,);
    type Emits = (StockReserved,);
    type Refusal = Infallible;
}
impl Decide<OrderPlaced> for Count {
    fn key(event: &OrderPlaced) -> Cow<'_, str> {
        Cow::Borrowed(&event.sku)
    }
    fn decide(
        &self,
        tally: &mut Option<Tally>,
        order: &Envelope<OrderPlaced>,
        out: &mut Out<Self>,
    ) -> Result<(), Refusal<Infallible>> {
        let tally = tally.get_or_insert_default();
        // A script of a pure function has nothing to wait for.
        self.0.enter(order, None).now_or_never().unwrap_or(Ok(()))?;
        tally.orders += 1;
        out.emit(StockReserved { order: order.id.clone(), left: -1 });
        Ok(())
    }
}

/// The shortest lease of [`Charge`].
pub(super) const LEASE: Duration = Duration::from_secs(30);
/// The time for which the gateway remembers a key.
pub(super) const KEY_TTL: Duration = Duration::from_hours(24);

/// An effect that acts outside, then keeps a book and emits.
pub(super) struct Charge(pub(super) Script);
impl Effect for Charge {
    const NAME: &str = "charge";
    const KEY_TTL: Duration = KEY_TTL;
    const LEASE: Option<Duration> = Some(LEASE);
    type Event = OrderPlaced;
    type Emits = (PaymentCaptured,);
    async fn act(
        &self,
        order: &Envelope<OrderPlaced>,
        attempt: &Attempt<'_>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        let currency = &order.data.currency;
        let mut ledger = match unit.load::<Ledger>(currency).await? {
            Some(ledger) => ledger,
            None => unit.create(currency, Ledger::default()),
        };
        self.0.enter(order, Some(attempt)).await?;
        ledger.captured += order.data.total;
        ledger.by = attempt.number();
        unit.save(ledger);
        unit.emit(PaymentCaptured {
            order: order.id.clone(),
            amount: order.data.total,
            attempt: attempt.number(),
        });
        Ok(())
    }
}

/// An effect that names no lease and touches no state.
pub(super) struct Mail(pub(super) Script);
impl Effect for Mail {
    const NAME: &str = "mail";
    const KEY_TTL: Duration = KEY_TTL;
    type Event = OrderPlaced;
    type Emits = ();
    async fn act(
        &self,
        order: &Envelope<OrderPlaced>,
        attempt: &Attempt<'_>,
        _: &mut Unit<'_, ()>,
    ) -> Result<(), Fault> {
        self.0.enter(order, Some(attempt)).await
    }
}

/// A handler that is registered as naturally idempotent.
pub(super) struct Observe(pub(super) Script);
impl Handler for Observe {
    const NAME: &str = "observe";
    type Event = OrderPlaced;
    type Emits = ();
    async fn handle(&self, order: &Envelope<OrderPlaced>, _: &mut Unit<'_, ()>) -> Result<(), Fault> {
        self.0.enter(order, None).await
    }
}

pub(super) fn announcing(script: &Script) -> Service {
    Service::new("inventory").handler(Announce(script.clone()))
}
pub(super) fn reserving(script: &Script) -> Service {
    Service::new("inventory").handler(Reserve(script.clone()))
}
pub(super) fn counting() -> Service {
    tallying(&Script::default())
}
pub(super) fn tallying(script: &Script) -> Service {
    Service::new("inventory").aggregate(Count(script.clone()))
}
pub(super) fn charging(script: &Script) -> Service {
    Service::new("payment").effect(Charge(script.clone()))
}
pub(super) fn mailing(script: &Script) -> Service {
    Service::new("notification").effect(Mail(script.clone()))
}
pub(super) fn observing(script: &Script) -> Service {
    Service::new("analytics").naturally_idempotent(Observe(script.clone()))
}
