//! A small shop for the contract's tests: a clock that stands still, a transactional reaction, a pure one, an effect on a
//! payment gateway that honours keys.

use std::{
    borrow::Cow,
    convert::Infallible,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};

use serde::{Deserialize, Serialize};
use waxseal::{
    Aggregate, Attempt, Decide, Effect, Engine, Entity, Envelope, Fault, Handler, Out, Raw, Refusal, Service,
    Settings, Unit,
    table::{Item, Key},
};
use waxseal_aws::testing::WireTable;
use waxseal_testing::ManualHost;

/// A clock that stands at 2026-11-21T09:30:00.123Z.
pub(crate) fn clock() -> Arc<ManualHost> {
    Arc::new(ManualHost::new("2026-11-21T09:30:00.123Z".parse().unwrap()))
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct OrderPlaced {
    pub(crate) order: String,
    pub(crate) sku: String,
    pub(crate) quantity: u32,
    pub(crate) note: String,
}
waxseal::event!(OrderPlaced { name: "order.placed", version: 1, owner: "orders" });

#[derive(Serialize, Deserialize)]
pub(crate) struct StockReserved {
    pub(crate) order: String,
    pub(crate) left: u32,
}
waxseal::event!(StockReserved { name: "stock.reserved", version: 1, owner: "inventory" });

#[derive(Serialize, Deserialize)]
pub(crate) struct PaymentCaptured {
    pub(crate) order: String,
    pub(crate) by: String,
    pub(crate) attempt: u32,
}
waxseal::event!(PaymentCaptured { name: "payment.captured", version: 1, owner: "payment" });

#[derive(Serialize, Deserialize, Default, PartialEq)]
pub(crate) struct Stock {
    pub(crate) on_hand: u32,
}
impl Entity for Stock {
    const KIND: &'static str = "stock";
}

/// With state: reads it, writes it, emits.
pub(crate) struct ReserveStock {
    pub(crate) runs: Arc<AtomicU32>,
}
impl Handler for ReserveStock {
    const NAME: &'static str = "reserve-stock";
    type Event = OrderPlaced;
    type Emits = (StockReserved,);
    async fn handle(
        &self,
        event: &Envelope<OrderPlaced>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        self.runs.fetch_add(1, SeqCst);
        let order = event.data.clone();
        let mut stock = match unit.load::<Stock>(&order.sku).await? {
            Some(stock) => stock,
            None => unit.create(&order.sku, Stock { on_hand: 100 }),
        };
        stock.on_hand =
            stock.on_hand.checked_sub(order.quantity).ok_or_else(|| Fault::retry("no stock yet"))?;
        let left = stock.on_hand;
        unit.save(stock);
        unit.emit(StockReserved { order: order.order, left });
        Ok(())
    }
}

/// Without state: emits only.
pub(crate) struct Announce {
    pub(crate) runs: Arc<AtomicU32>,
}
impl Handler for Announce {
    const NAME: &'static str = "announce";
    type Event = OrderPlaced;
    type Emits = (StockReserved,);
    async fn handle(
        &self,
        event: &Envelope<OrderPlaced>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        self.runs.fetch_add(1, SeqCst);
        unit.emit(StockReserved { order: event.data.order.clone(), left: 0 });
        Ok(())
    }
}

/// Pure: one entity, no I/O.
pub(crate) struct CountSold {
    pub(crate) runs: Arc<AtomicU32>,
}
impl Aggregate for CountSold {
    const NAME: &'static str = "count-sold";
    type State = Stock;
    type Decides = (OrderPlaced,);
    type Emits = ();
    type Refusal = Infallible;
}
impl Decide<OrderPlaced> for CountSold {
    fn key(event: &OrderPlaced) -> Cow<'_, str> {
        Cow::Borrowed(&event.sku)
    }
    fn decide(
        &self,
        stock: &mut Option<Stock>,
        event: &Envelope<OrderPlaced>,
        _: &mut Out<Self>,
    ) -> Result<(), Refusal<Infallible>> {
        let stock = stock.get_or_insert_default();
        self.runs.fetch_add(1, SeqCst);
        stock.on_hand += event.data.quantity;
        Ok(())
    }
}

/// The end of a worker's run after the gateway has charged.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    Commit,
    /// It waits at the gate, then fails.
    SleepAndFail,
}

/// A payment gateway that honours keys: what it charged, and every call with its attempt and key.
#[derive(Clone, Default)]
pub(crate) struct Gateway {
    pub(crate) charged: Arc<Mutex<Vec<String>>>,
    pub(crate) calls: Arc<Mutex<Vec<(u32, String)>>>,
}

impl Gateway {
    fn charge(&self, attempt: u32, key: String) {
        self.calls.lock().unwrap().push((attempt, key.clone()));
        let mut charged = self.charged.lock().unwrap();
        if !charged.contains(&key) {
            charged.push(key);
        }
    }
}

/// One worker of the payment service.
pub(crate) struct Charge {
    pub(crate) worker: &'static str,
    pub(crate) gateway: Gateway,
    pub(crate) after: After,
    pub(crate) gate: Arc<AtomicBool>,
}
impl Effect for Charge {
    const NAME: &'static str = "charge";
    const KEY_TTL: Duration = Duration::from_hours(24);
    type Event = OrderPlaced;
    type Emits = (PaymentCaptured,);
    async fn act(
        &self,
        event: &Envelope<OrderPlaced>,
        attempt: &Attempt<'_>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        let key = attempt.effect_key(0);
        self.gateway.charge(attempt.number(), key);
        if self.after == After::SleepAndFail {
            while !self.gate.load(SeqCst) {
                tokio::task::yield_now().await;
            }
            return Err(Fault::retry("woke up to a closed connection"));
        }
        unit.emit(PaymentCaptured {
            order: event.data.order.clone(),
            by: self.worker.to_owned(),
            attempt: attempt.number(),
        });
        Ok(())
    }
}

pub(crate) fn engine(service: Service, wire: &WireTable, clock: &Arc<ManualHost>) -> Engine {
    Engine::new(service, wire.table(), clock.clone(), Settings::default()).unwrap()
}

pub(crate) fn payment(
    worker: &'static str,
    after: After,
    gateway: &Gateway,
    gate: &Arc<AtomicBool>,
) -> Service {
    Service::new("payment").effect(Charge { worker, gateway: gateway.clone(), after, gate: gate.clone() })
}

pub(crate) fn inventory(runs: &Arc<AtomicU32>) -> Service {
    Service::new("inventory").handler(ReserveStock { runs: runs.clone() })
}

pub(crate) fn placed(id: &str) -> Raw {
    placed_by("orders", id, 2)
}

pub(crate) fn placed_by(source: &str, id: &str, quantity: u32) -> Raw {
    let data = OrderPlaced {
        order: format!("order-{id}"),
        sku: "HAT-ß-01".to_owned(),
        quantity,
        note: "bitte als Geschenk 🎁".to_owned(),
    };
    let happened = "2026-11-21T09:29:59Z".parse().unwrap();
    Envelope::starting(id, source, happened, data).into_raw().unwrap()
}

pub(crate) fn receipt(wire: &WireTable, consumer: &str, source: &str, id: &str) -> Option<Item> {
    wire.items().get(&waxseal::row::receipt::key(consumer, source, id)).cloned()
}

/// What is left of the one SKU.
pub(crate) fn on_hand(wire: &WireTable) -> Option<u32> {
    let key = Key::of("stock", &["HAT-ß-01"], "state");
    let item = wire.items().get(&key)?.clone();
    let stock: Stock = serde_json::from_str(item.get_text("data")?).unwrap();
    Some(stock.on_hand)
}
