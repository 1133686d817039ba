//! A service that emits, the bus, and two services with state: three deliveries an order.

use std::{borrow::Cow, convert::Infallible};

use serde::{Deserialize, Serialize};
use waxseal::{
    Aggregate, Decide, Entity, Envelope, Fault, Handler, Out, Raw, Refusal, Service, Timestamp, Unit,
};
use waxseal_catalog::{App, Deployed};
use waxseal_local::{Faults, Local};

/// The articles that orders compete for: few enough that some records of a batch meet.
const ARTICLES: usize = 200;

#[derive(Debug, Serialize, Deserialize)]
struct OrderRequested {
    order: String,
    customer: String,
    article: String,
    quantity: u32,
}
waxseal::event!(OrderRequested { name: "order.requested", version: 1, owner: "shop" });

#[derive(Debug, Serialize, Deserialize)]
struct OrderPlaced {
    order: String,
    customer: String,
    article: String,
    quantity: u32,
    total: u64,
}
waxseal::event!(OrderPlaced { name: "order.placed", version: 1, owner: "orders" });

#[derive(Debug, Serialize, Deserialize)]
struct Order {
    customer: String,
    total: u64,
}
impl Entity for Order {
    const KIND: &'static str = "order";
}

/// Emits.
struct Place;
impl Handler for Place {
    const NAME: &str = "place";
    type Event = OrderRequested;
    type Emits = (OrderPlaced,);

    async fn handle(
        &self,
        event: &Envelope<OrderRequested>,
        unit: &mut Unit<'_, (OrderPlaced,)>,
    ) -> Result<(), Fault> {
        let OrderRequested { order, customer, article, quantity } = &event.data;
        let total = u64::from(*quantity) * 1250;
        if unit.load::<Order>(order).await?.is_some() {
            return Ok(());
        }
        let placed = unit.create(order, Order { customer: customer.clone(), total });
        unit.save(placed);
        unit.emit(OrderPlaced {
            order: order.clone(),
            customer: customer.clone(),
            article: article.clone(),
            quantity: *quantity,
            total,
        });
        Ok(())
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Reserved {
    pieces: u64,
}
impl Entity for Reserved {
    const KIND: &'static str = "reserved";
}

/// State by what it loads.
struct Reserve;
impl Handler for Reserve {
    const NAME: &str = "reserve";
    type Event = OrderPlaced;
    type Emits = ();

    async fn handle(&self, event: &Envelope<OrderPlaced>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
        let article = &event.data.article;
        let mut reserved = match unit.load::<Reserved>(article).await? {
            Some(reserved) => reserved,
            None => unit.create(article, Reserved::default()),
        };
        reserved.pieces += u64::from(event.data.quantity);
        unit.save(reserved);
        Ok(())
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Account {
    orders: u64,
    total: u64,
}
impl Entity for Account {
    const KIND: &'static str = "account";
}

/// State by decisions.
struct Book;
impl Aggregate for Book {
    const NAME: &'static str = "book";
    type State = Account;
    type Decides = (OrderPlaced,);
    type Emits = ();
    type Refusal = Infallible;
}
impl Decide<OrderPlaced> for Book {
    fn key(event: &OrderPlaced) -> Cow<'_, str> {
        Cow::Borrowed(&event.customer)
    }

    fn decide(
        &self,
        account: &mut Option<Account>,
        event: &Envelope<OrderPlaced>,
        _: &mut Out<Self>,
    ) -> Result<(), Refusal<Infallible>> {
        let account = account.get_or_insert_default();
        account.orders += 1;
        account.total += event.data.total;
        Ok(())
    }
}

/// One environment and the orders that it gets.
#[derive(Debug)]
pub struct Deliveries {
    local: Local,
    orders: Vec<Raw>,
}

impl Deliveries {
    /// Deploys the services with this largest batch, and makes the orders.
    ///
    /// # Panics
    /// Where a service breaks a rule.
    #[must_use]
    pub fn new(faults: Faults, batch: u32, orders: usize) -> Self {
        let local = Local::builder().seed(7).faults(faults).quiet_dead_letters().build();
        let deployed = |service: Service| Deployed::new(service).batch(batch);
        let app = App::new("bench")
            .service(deployed(Service::new("orders").handler(Place)))
            .service(deployed(Service::new("stock").handler(Reserve)))
            .service(deployed(Service::new("ledger").aggregate(Book)));
        for service in app.services {
            local.deploy_service(service).expect("the service is sound");
        }
        let start = local.now();
        Self { local, orders: (0..orders).map(|number| order(number, start)).collect() }
    }

    /// Feeds the orders in portions, each until everything about it is done. The result is the
    /// number of deliveries.
    ///
    /// # Panics
    /// Where the bus refuses an order, or the books do not balance.
    pub fn run(&self, portion: usize) -> u64 {
        for orders in self.orders.chunks(portion) {
            for order in orders {
                self.local.put(order).expect("the bus takes it");
            }
            self.local.run_until_idle();
        }
        self.check();
        self.local.deliveries()
    }

    /// A run that loses work would be fast.
    fn check(&self) {
        let pieces =
            |article: String| self.local.read::<Reserved>("stock", &article).map_or(0, |found| found.pieces);
        let pieces: u64 = (0..ARTICLES).map(article).map(pieces).sum();
        let expected: u64 = (0..self.orders.len()).map(|number| u64::from(quantity(number))).sum();
        assert_eq!(pieces, expected, "the reserved pieces");
    }
}

fn article(number: usize) -> String {
    format!("article-{:03}", number % ARTICLES)
}

fn quantity(number: usize) -> u32 {
    1 + u32::try_from(number % 3).unwrap_or_default()
}

fn order(number: usize, at: Timestamp) -> Raw {
    let requested = OrderRequested {
        order: format!("order-{number:06}"),
        customer: format!("customer-{:04}", number % 997),
        article: article(number),
        quantity: quantity(number),
    };
    let envelope = Envelope::starting(format!("request-{number:06}"), "shop", at, requested);
    envelope.into_raw().expect("an envelope")
}
