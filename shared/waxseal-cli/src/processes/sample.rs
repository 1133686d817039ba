//! An order that is stuck in the embedded environment: the sample of the tests of these commands.

use std::{
    borrow::Cow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use waxseal::{
    Begin, Envelope, Fault, Flow, Handler, Process, Service, Step, Timestamp, Unit,
    handler::AnyInstance,
    table::{self, Item},
};
use waxseal_catalog::App;
use waxseal_local::Local;

use crate::processes::{picture::Picture, typed::Ls};

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Order {
    order: String,
}
macro_rules! messages {
    ($($kind:ident $name:ident { $($declared:tt)* })+) => {$(
        #[derive(Debug, Clone, Serialize, Deserialize)]
        struct $name {
            order: String,
        }
        waxseal::$kind!($name { $($declared)* });
    )+};
}
messages! {
    event OrderPlaced { name: "order.placed", version: 1, owner: "shop" }
    event StockReserved { name: "stock.reserved", version: 1, owner: "inventory" }
    event StockReleased { name: "stock.released", version: 1, owner: "inventory" }
    event CardCharged { name: "card.charged", version: 1, owner: "payment" }
    event CardRefunded { name: "card.refunded", version: 1, owner: "payment" }
    command ReserveStock { name: "reserve-stock", version: 1, recipient: "inventory", undo: ReleaseStock }
    command ReleaseStock { name: "release-stock", version: 1, recipient: "inventory" }
    command ChargeCard { name: "charge-card", version: 1, recipient: "payment", undo: RefundCard }
    command RefundCard { name: "refund-card", version: 1, recipient: "payment" }
}
impl From<&ReserveStock> for ReleaseStock {
    fn from(it: &ReserveStock) -> Self {
        Self { order: it.order.clone() }
    }
}
impl From<&ChargeCard> for RefundCard {
    fn from(it: &ChargeCard) -> Self {
        Self { order: it.order.clone() }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
enum At {
    #[default]
    Reserving,
    Charging,
}
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Wait {
    Stock,
    Payment,
}

struct Fulfilment;
impl Process for Fulfilment {
    const NAME: &str = "fulfilment";
    const KIND: &str = "fulfilment";
    const UNDO_TRIES: u32 = 3;
    type Data = Order;
    type Step = At;
    type Timer = Wait;
    type Begins = (OrderPlaced,);
    type Inputs = (StockReserved, StockReleased, CardCharged, CardRefunded);
    type Emits = (ReserveStock, ReleaseStock, ChargeCard, RefundCard);
    fn timeout(&self, flow: &mut Flow<Self>, timer: Wait) {
        flow.compensate(match timer {
            Wait::Stock => "no answer about the stock within an hour",
            Wait::Payment => "no answer about the payment within an hour",
        });
    }
}
const HOUR: Duration = Duration::from_hours(1);
impl Begin<OrderPlaced> for Fulfilment {
    fn key(placed: &OrderPlaced) -> Cow<'_, str> {
        placed.order.as_str().into()
    }
    fn data(placed: &OrderPlaced) -> Order {
        Order { order: placed.order.clone() }
    }
    fn begin(&self, flow: &mut Flow<Self>, placed: &Envelope<OrderPlaced>) {
        flow.send(ReserveStock { order: placed.data.order.clone() });
        flow.arm(Wait::Stock, HOUR);
    }
}
macro_rules! steps {
    ($($message:ident($flow:ident) $body:block)+) => {$(
        impl Step<$message> for Fulfilment {
            fn key(message: &$message) -> Cow<'_, str> {
                message.order.as_str().into()
            }
            fn step(&self, $flow: &mut Flow<Self>, _: &Envelope<$message>) $body
        }
    )+};
}
steps! {
    StockReserved(flow) {
        flow.clear(&Wait::Stock);
        flow.go(At::Charging);
        flow.send(ChargeCard { order: flow.data().order.clone() });
        flow.arm(Wait::Payment, HOUR);
    }
    CardCharged(flow) { flow.finish("confirmed"); }
    StockReleased(flow) { flow.unexpected(); }
    CardRefunded(flow) { flow.unexpected(); }
}

/// A later build of the process, which has another step in the place of `Charging`.
struct Later;
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
enum LaterAt {
    #[default]
    Reserving,
    Paying,
}
impl Process for Later {
    const NAME: &str = "fulfilment";
    const KIND: &str = "fulfilment";
    type Data = Order;
    type Step = LaterAt;
    type Timer = Wait;
    type Begins = (OrderPlaced,);
    type Inputs = ();
    type Emits = ();
    fn timeout(&self, _: &mut Flow<Self>, _: Wait) {}
}
impl Begin<OrderPlaced> for Later {
    fn key(placed: &OrderPlaced) -> Cow<'_, str> {
        placed.order.as_str().into()
    }
    fn data(placed: &OrderPlaced) -> Order {
        Order { order: placed.order.clone() }
    }
    fn begin(&self, _: &mut Flow<Self>, _: &Envelope<OrderPlaced>) {}
}

/// Answers a command at once; without a key, the payment refuses each.
struct Answers<C, E> {
    name_of: fn(&C) -> E,
    has_key: Arc<AtomicBool>,
}
macro_rules! answers {
    ($($name:literal $command:ident $event:ident)+) => {$(
        impl Handler for Answers<$command, $event> {
            const NAME: &str = $name;
            type Event = $command;
            type Emits = ($event,);
            async fn handle(&self, command: &Envelope<$command>, unit: &mut Unit<'_, ($event,)>) -> Result<(), Fault> {
                if !self.has_key.load(Ordering::Relaxed) {
                    return Err(Fault::permanent("the gateway refuses the API key"));
                }
                unit.emit((self.name_of)(&command.data));
                Ok(())
            }
        }
    )+};
}
answers! {
    "reserve" ReserveStock StockReserved
    "release" ReleaseStock StockReleased
    "charge" ChargeCard CardCharged
    "refund" RefundCard CardRefunded
}

/// A service with the process.
pub(crate) fn orders(name: &str) -> Service {
    Service::new(name).process(Fulfilment)
}

/// A service with the later build of the process.
pub(crate) fn later() -> Service {
    Service::new("orders").process(Later)
}

/// The application of the command line.
pub(crate) fn app() -> App {
    App::new("shop").service(orders("orders"))
}

/// An order that waits for its stock, and one that is stuck: the payment knows no key to the gateway.
pub(crate) struct Stuck {
    pub(crate) local: Local,
    has_key: Arc<AtomicBool>,
}

impl Stuck {
    pub(crate) fn new() -> Self {
        let local = Local::builder().seed(7).quiet_dead_letters().build();
        let (has_key, always) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(true)));
        let inventory = Service::new("inventory")
            .handler(Answers {
                name_of: |it: &ReserveStock| StockReserved { order: it.order.clone() },
                has_key: always.clone(),
            })
            .handler(Answers {
                name_of: |it: &ReleaseStock| StockReleased { order: it.order.clone() },
                has_key: always,
            });
        let payment = Service::new("payment")
            .handler(Answers {
                name_of: |it: &ChargeCard| CardCharged { order: it.order.clone() },
                has_key: has_key.clone(),
            })
            .handler(Answers {
                name_of: |it: &RefundCard| CardRefunded { order: it.order.clone() },
                has_key: has_key.clone(),
            });
        local.deploy(&app().service(inventory).service(payment).emitted_elsewhere("order.placed")).unwrap();
        let stuck = Self { local, has_key };
        stuck.place("order-7");
        stuck.local.run_until(stuck.local.now() + HOUR + Duration::from_mins(50));
        stuck.local.hold("inventory").unwrap();
        stuck.place("order-8");
        stuck.local.run_until(stuck.local.now() + Duration::from_mins(10));
        stuck
    }

    /// The payment gets its key.
    pub(crate) fn mend(&self) {
        self.has_key.store(true, Ordering::Relaxed);
        self.local.resume("inventory").unwrap();
    }

    fn place(&self, order: &str) {
        let placed = OrderPlaced { order: order.to_owned() };
        let placed = Envelope::starting(format!("placed-{order}"), "shop", self.local.now(), placed);
        self.local.put(&placed.into_raw().unwrap()).unwrap();
    }

    /// What the deployed function answers.
    pub(crate) fn ask(&self, request: Value) -> Value {
        let (local, payload) = (self.local.clone(), json!({ "process": request }).to_string());
        let answer = self.local.executor().block_on(async move { local.invoke("orders", payload).await });
        serde_json::from_slice(&answer.unwrap()).unwrap()
    }

    pub(crate) fn instance(&self, id: &str) -> AnyInstance {
        serde_json::from_value(self.ask(json!({ "kind": "fulfilment", "id": id }))).unwrap()
    }

    pub(crate) fn picture(&self, id: &str) -> (String, Value) {
        self.picture_at(id, self.local.now())
    }

    /// The picture that a person sees at `now`.
    pub(crate) fn picture_at(&self, id: &str, now: Timestamp) -> (String, Value) {
        let instance = self.instance(id);
        let (app, stage, service, kind) = ("shop", "prod", "orders", "fulfilment");
        let picture = Picture { app, stage, service, kind, id, instance: &instance, now };
        (picture.draw(), picture.json())
    }

    /// The items of the process's table.
    pub(crate) fn items(&self) -> Vec<Item> {
        self.local.table("orders").unwrap().items()
    }
}

/// An item in DynamoDB's JSON.
pub(crate) fn stored(item: &Item) -> Value {
    let mut json = json!({ "pk": { "S": &*item.key.partition }, "sk": { "S": &*item.key.sort } });
    for (name, value) in &item.attributes {
        json[&**name] = match value {
            table::Value::Text(text) => json!({ "S": text }),
            table::Value::Number(number) => json!({ "N": number.to_string() }),
            table::Value::Foreign(foreign) => serde_json::from_str(foreign.json()).unwrap(),
        };
    }
    json
}

/// `processes ls` with these options.
pub(crate) fn options() -> Ls {
    Ls {
        stage: "prod".to_owned(),
        stuck: false,
        state: Vec::new(),
        older_than: None,
        kind: None,
        scan: false,
        json: false,
    }
}
