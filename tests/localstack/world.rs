//! The one deployment that all scenarios share, and their access to it.

use std::{
    sync::{
        MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicU32, Ordering},
    },
    time::Instant,
};

use order_platform::DEPLOYED;
use serde_json::{Value, json};
use waxseal::{
    Raw,
    lock::Lock,
    row::receipt,
    table::{Item, Key},
};
use waxseal_tests::localstack::{
    becomes,
    client::{Answer, Client, authorization},
    deploy, eventually,
    instance::Instance,
    intercept::Interceptor,
    outside::Outside,
    progress,
    stage::{Message, Stage},
};

pub(crate) const STAGE: &str = "local-test";
/// The URL of a running `LocalStack`, for the author of a scenario: the stage is deployed there
/// once, and stays.
const ENDPOINT: &str = "WAXSEAL_TEST_ENDPOINT";
/// The seconds until a received message is delivered again. The templates have 180.
pub(crate) const VISIBILITY: u32 = 10;

/// The deployed platform and its surroundings.
pub(crate) struct World {
    pub(crate) client: Client,
    pub(crate) stage: Stage,
    pub(crate) outside: Outside,
    /// The proxy between `inventory` and its table.
    pub(crate) table: Interceptor,
    /// The proxy between its relay and the bus.
    pub(crate) relay: Interceptor,
    /// A queue with a copy of every message on the bus and the topic.
    tap: String,
    heard: Lock<Vec<Value>>,
}

/// The turn of one scenario: no other one runs meanwhile.
pub(crate) struct Turn {
    name: &'static str,
    began: Instant,
    _exclusive: MutexGuard<'static, ()>,
}

/// The exclusive access of one scenario to the deployment.
pub(crate) struct Scenario {
    pub(crate) world: &'static World,
    _turn: Turn,
}

impl std::ops::Deref for Scenario {
    type Target = World;
    fn deref(&self) -> &World {
        self.world
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let outcome = if std::thread::panicking() { "FAILED" } else { "ok" };
        progress(format_args!("{:<84} {outcome} in {:.1} s", self.name, self.began.elapsed().as_secs_f64()));
    }
}

/// Waits until it is this scenario's turn.
pub(crate) fn turn(name: &'static str) -> Turn {
    static EXCLUSIVE: Lock<()> = Lock::new(());
    let exclusive = EXCLUSIVE.lock();
    Turn { name, began: Instant::now(), _exclusive: exclusive }
}

/// Waits for exclusive access; the first scenario deploys.
pub(crate) fn scenario(name: &'static str) -> Scenario {
    static WORLD: OnceLock<Result<World, String>> = OnceLock::new();
    let mut turn = turn(name);
    let world = WORLD.get_or_init(World::start);
    // The time for the deployment is said apart.
    turn.began = Instant::now();
    match world {
        Ok(world) => Scenario { world, _turn: turn },
        Err(error) => panic!("there is no platform on LocalStack: {error}"),
    }
}

/// The `LocalStack` of this run, and whether it was started for it. The first caller starts it.
pub(crate) fn localstack() -> Result<(Client, bool), String> {
    static INSTANCE: OnceLock<Result<(Client, Option<Instance>), String>> = OnceLock::new();
    let started = INSTANCE.get_or_init(|| match std::env::var(ENDPOINT).ok().filter(|url| !url.is_empty()) {
        Some(url) => Ok((Client::new(&url), None)),
        None => {
            progress("starting LocalStack");
            let instance = Instance::start()?;
            progress(format_args!("log: {}", instance.ready.log.display()));
            Ok((Client::new(&instance.ready.endpoint), Some(instance)))
        }
    });
    started.as_ref().map(|(client, instance)| (client.clone(), instance.is_some())).map_err(Clone::clone)
}

/// Separates the tests beside the scenarios from scenarios that disturb all of `LocalStack`.
static PEACE: RwLock<()> = RwLock::new(());

/// A guard: while it lives, no scenario disturbs `LocalStack` as a whole.
pub(crate) fn peace() -> RwLockReadGuard<'static, ()> {
    PEACE.read().unwrap_or_else(PoisonError::into_inner)
}

/// A guard: while it lives, nothing runs beside the current scenario.
pub(crate) fn disturb_all() -> RwLockWriteGuard<'static, ()> {
    PEACE.write().unwrap_or_else(PoisonError::into_inner)
}

/// An order with the data that place it.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    pub(crate) id: String,
    pub(crate) sku: String,
    pub(crate) email: String,
    quantity: u64,
}

impl World {
    fn start() -> Result<Self, String> {
        let (began, outside) = (Instant::now(), Outside::start());
        let (client, is_new) = localstack()?;
        if is_new || Stage::of(&client, DEPLOYED, STAGE).is_err() {
            progress("deploying the platform");
            deploy::deploy(&client, DEPLOYED, STAGE, &outside)?;
        }
        let world = Self::around(client, outside, !is_new).map_err(|error| error.to_string())?;
        progress(format_args!("ready after {:.0} s", began.elapsed().as_secs_f64()));
        Ok(world)
    }

    fn around(client: Client, outside: Outside, reused: bool) -> Result<Self, Box<dyn std::error::Error>> {
        let stage = Stage::of(&client, DEPLOYED, STAGE)?;
        if reused {
            stage.charge_and_mail(&outside)?;
            stage.take_dead_letters()?;
        }
        let table = Interceptor::start(&client, &stage.function("inventory"));
        stage.set_variables("inventory", &[("AWS_ENDPOINT_URL_DYNAMODB", &table.url())])?;
        let relay = Interceptor::start(&client, &stage.function("inventory-relay"));
        stage.set_variables("inventory-relay", &[("AWS_ENDPOINT_URL_EVENTBRIDGE", &relay.url())])?;
        stage.set_visibility(VISIBILITY)?;
        let tap = stage.listen("test-tap")?;
        let world = Self { client, stage, outside, table, relay, tap, heard: Lock::default() };
        if reused {
            // A run that was cut off may have paused them.
            ["inventory-events", "payment-events"].iter().for_each(|queue| world.stage.deliver(queue, true));
            world.settle();
            world.stage.take_dead_letters()?;
        }
        Ok(world)
    }

    pub(crate) fn bus(&self) -> String {
        self.stage.function("bus")
    }

    pub(crate) fn arn(&self, queue: &str) -> String {
        self.stage.queue_attribute(queue, "QueueArn").unwrap()
    }

    /// Makes a rule with one target; `delivery` configures the target.
    pub(crate) fn rule(&self, bus: &str, name: &str, pattern: &Value, arn: &str, delivery: &Value) {
        let rule = json!({"Name": name, "EventBusName": bus, "EventPattern": pattern.to_string()});
        self.client.json("events", "AWSEvents.PutRule", &rule).unwrap();
        let mut target = delivery.clone();
        (target["Id"], target["Arn"]) = (json!("1"), json!(arn));
        let targets = json!({"Rule": name, "EventBusName": bus, "Targets": [target]});
        let put = self.client.json("events", "AWSEvents.PutTargets", &targets).unwrap();
        assert_eq!(put["FailedEntryCount"], 0, "{put}");
    }

    pub(crate) fn put_event(&self, bus: &str, envelope: &Value) {
        let entry = json!({
            "EventBusName": bus, "Source": envelope["source"], "DetailType": envelope["eventType"],
            "Detail": envelope.to_string(),
        });
        let put = self.client.json("events", "AWSEvents.PutEvents", &json!({ "Entries": [entry] })).unwrap();
        assert_eq!(put["FailedEntryCount"], 0, "{put}");
    }

    /// Makes a queue for this test alone.
    pub(crate) fn queue(&self, name: &str) -> String {
        new_queue(&self.client, name).unwrap()
    }

    /// Every envelope on the bus and on the topic so far.
    pub(crate) fn heard(&self) -> Vec<Value> {
        let mut heard = self.heard.lock();
        let messages = self.stage.take(&self.tap).unwrap();
        heard.extend(messages.iter().map(|message| serde_json::from_str::<Value>(&message.body).unwrap()));
        heard.clone()
    }

    /// The envelopes of this name about this order on the bus so far, repeats included.
    pub(crate) fn events(&self, name: &str, order_id: &str) -> Vec<Value> {
        self.heard()
            .into_iter()
            .filter(|event| event["eventType"] == name && event["data"]["orderId"] == order_id)
            .collect()
    }

    /// Takes in `on_hand` pieces of a new article and waits until they are in stock.
    pub(crate) fn article(&self, name: &str, on_hand: u64) -> String {
        let sku = format!("{name}-größe-m-{}", std::process::id());
        self.stage.receive_stock([(sku.clone(), on_hand)]).unwrap();
        self.becomes_stock(&sku, on_hand, 0);
        sku
    }

    /// Places an order over HTTP.
    pub(crate) fn place(&self, sku: &str, quantity: u64, token: &str) -> Placed {
        let placed = order(sku, quantity);
        let answer = self.submit(&placed, token);
        assert_eq!(answer.status, 202, "{}", answer.json());
        placed
    }

    /// Submits an order, and tries again after a server error, as customers do.
    pub(crate) fn submit(&self, order: &Placed, token: &str) -> Answer {
        let body = json!({
            "orderId": order.id,
            "customer": {"id": "c-104", "name": "Zoë Núñez", "email": order.email},
            "lines": [{"sku": order.sku, "quantity": order.quantity, "unitPrice": 1250}],
            "currency": "EUR",
            "paymentToken": token,
        });
        let key = format!("key-{}", order.id);
        eventually("orders answers", || {
            let headers = [("idempotency-key", &*key)];
            let answer = self.stage.http("POST", "/orders", &headers, body.to_string().as_bytes()).ok()?;
            (answer.status < 500).then_some(answer)
        })
    }

    /// The answer to `GET /orders/{id}`.
    pub(crate) fn order(&self, id: &str) -> Value {
        self.stage.http("GET", &format!("/orders/{id}"), &[], b"").unwrap().json()
    }

    pub(crate) fn becomes_status(&self, order: &Placed, status: &str) {
        becomes(&format!("order {} is {status}", order.id), &json!(status), || {
            self.order(&order.id)["status"].clone()
        });
    }

    pub(crate) fn becomes_stock(&self, sku: &str, on_hand: u64, reserved: u64) {
        let wanted = json!({"onHand": on_hand, "reserved": reserved});
        becomes(&format!("stock of {sku}"), &wanted, || {
            self.stage.entity("inventory", "stock", sku).unwrap()
        });
    }

    /// Asserts that the order is confirmed, and that each of its events happened once.
    pub(crate) fn assert_confirmed_once(&self, order: &Placed) {
        self.becomes_status(order, "confirmed");
        // The snapshot of its history.
        let payment = self.stage.entity("payment", "money", &order.id).unwrap()["state"].take();
        assert_eq!(payment["status"], "captured", "{payment}");
        assert_eq!(payment["amount"], order.quantity * 1250, "{payment}");
        becomes("one mail", &1, || self.outside.mails_to(&order.email).len());
        let asked = self.outside.asked(&order.id);
        assert!(asked.iter().all(|request| *request == asked[0]), "other charges for one order: {asked:#?}");
    }

    /// Waits until no message is under way.
    pub(crate) fn settle(&self) {
        self.stage.settle();
    }

    /// The event of this name in a receipt about this order.
    pub(crate) fn emitted(&self, service: &str, name: &str, order_id: &str) -> Value {
        let items = self.stage.items(service).unwrap();
        let emitted = items.iter().filter_map(|item| item.get_text("emitted"));
        let emissions = emitted.flat_map(|emitted| waxseal::read_emissions(emitted).unwrap());
        let mut envelopes = emissions.map(|emission| serde_json::from_str(emission.envelope.get()).unwrap());
        let is_it =
            |envelope: &Value| envelope["eventType"] == name && envelope["data"]["orderId"] == order_id;
        envelopes
            .find(is_it)
            .unwrap_or_else(|| panic!("no {name} of {order_id} in the receipts of {service}"))
    }

    /// The receipt of an event for a consumer.
    pub(crate) fn receipt(&self, service: &str, handler: &str, event: &Value) -> Option<Item> {
        let raw = Raw::parse(&event.to_string()).unwrap();
        let key: Key = receipt::key(&format!("{service}/{handler}"), &raw.source, &raw.id);
        self.stage.item(service, &key).unwrap()
    }

    /// Sets a number of an item without a condition, to let time pass for it.
    pub(crate) fn set_number(&self, service: &str, key: &Key, name: &str, value: i64) {
        let body = json!({
            "TableName": self.stage.function(service), "Key": {"pk": {"S": &*key.partition}, "sk": {"S": key.sort}},
            "UpdateExpression": "SET #n = :v", "ExpressionAttributeNames": {"#n": name},
            "ExpressionAttributeValues": {":v": {"N": value.to_string()}},
        });
        self.client.json("dynamodb", "DynamoDB_20120810.UpdateItem", &body).unwrap();
    }

    /// Stops the delivery from a queue to its function until the guard is dropped.
    pub(crate) fn pause(&self, queue: &'static str) -> Paused<'_> {
        self.stage.deliver(queue, false);
        Paused(self, queue)
    }

    /// Invokes a function as its event source mapping does, and waits for its answer.
    pub(crate) fn invoke(&self, function: &str, payload: &[u8]) -> Answer {
        let path = format!("/2015-03-31/functions/{}/invocations", self.stage.function(function));
        let headers = [("authorization", &*authorization("lambda"))];
        self.client.send("POST", &path, &headers, payload).unwrap()
    }

    /// Takes the dead letters of a service, once there are `wanted` of them.
    pub(crate) fn dead_letters(&self, service: &str, wanted: usize) -> Vec<Message> {
        self.dead_letters_in(&format!("{service}-dlq"), wanted)
    }

    /// As [`World::dead_letters`], of the service's relay.
    pub(crate) fn relay_dead_letters(&self, service: &str, wanted: usize) -> Vec<Message> {
        self.dead_letters_in(&format!("{service}-relay-dlq"), wanted)
    }

    fn dead_letters_in(&self, queue: &str, wanted: usize) -> Vec<Message> {
        let url = self.stage.queue(queue).unwrap();
        let mut dead_letters: Vec<Message> = Vec::new();
        becomes(&format!("dead letters in {queue}"), &wanted, || {
            for dead_letter in self.stage.receive(&url, 60).unwrap() {
                self.stage.delete(&url, &dead_letter).unwrap();
                dead_letters.push(dead_letter);
            }
            dead_letters.len()
        });
        dead_letters
    }

    /// Asserts that no service has dead letters.
    pub(crate) fn assert_no_dead_letters(&self) {
        self.stage.assert_no_dead_letters();
    }
}

/// A guard: while it lives, the queue's messages are not delivered.
#[must_use = "delivery goes on when this is dropped"]
pub(crate) struct Paused<'a>(&'a World, &'static str);

impl Drop for Paused<'_> {
    fn drop(&mut self) {
        // A second panic would end the whole run; after a first one the next scenario needs the
        // delivery.
        let quiet = std::panic::AssertUnwindSafe(|| self.0.stage.deliver(self.1, true));
        if std::panic::catch_unwind(quiet).is_err() && !std::thread::panicking() {
            panic!("the delivery from {} does not go on", self.1);
        }
    }
}

/// An order that has not been placed.
pub(crate) fn order(sku: &str, quantity: u64) -> Placed {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    // A running instance has the orders of the last run.
    let run = std::process::id();
    Placed {
        id: format!("ord-{run}-{number:06}"),
        sku: sku.to_owned(),
        email: format!("zoe.{run}.{number}@example.es"),
        quantity,
    }
}

fn new_queue(client: &Client, name: &str) -> Result<String, Box<dyn std::error::Error>> {
    let queue = client.json("sqs", "AmazonSQS.CreateQueue", &json!({ "QueueName": name }))?;
    Ok(queue["QueueUrl"].as_str().ok_or("a queue without URL")?.to_owned())
}
