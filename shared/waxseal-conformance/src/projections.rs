//! Projections: rows that are folded from events.

use fastrand::Rng;
use serde::{Deserialize, Serialize};

use super::{
    domain::{OrderPlaced, envelope, order_of},
    env::ContractEnv,
    world::{Function, RecordedDeadLetters, World, WriteFault, record},
};
use waxseal::{
    Envelope, Fault, Outcome, Project, Projection, Raised, Raw, RowKey, Rows, Service, Table,
    batch::{Policy, Record},
    handler::row_kind,
    table::{Query, attribute},
};

/// The pieces of an article are counted: many orders meet in few rows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Sold {
    orders: u64,
    pieces: u64,
    /// The smallest order, which does not depend on the order of arrival.
    smallest: Option<u32>,
}

/// An article has sold its hundredth piece.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct HundredSold {
    sku: String,
}
waxseal::event!(HundredSold { name: "hundred.sold", version: 1, owner: "statistics" });

/// Sales by article and by currency, in one version of the rows.
struct Sales<const VERSION: u16>;
impl<const VERSION: u16> Projection for Sales<VERSION> {
    const NAME: &'static str = "sales";
    const VERSION: u16 = VERSION;
    type Row = Sold;
    type Reads = (OrderPlaced,);
    type Emits = (HundredSold,);
}
impl<const VERSION: u16> Project<OrderPlaced> for Sales<VERSION> {
    fn rows(order: &Envelope<OrderPlaced>) -> Vec<RowKey> {
        let OrderPlaced { sku, currency, quantity, .. } = &order.data;
        match quantity {
            0 => Vec::new(),
            // A row that is named twice is changed once.
            _ => {
                vec![RowKey::new("skus", sku), RowKey::new("currencies", currency), RowKey::new("skus", sku)]
            }
        }
    }
    fn fold(
        &self,
        rows: &mut Rows<Sold>,
        order: &Envelope<OrderPlaced>,
        raised: &mut Raised<Self>,
    ) -> Result<(), Fault> {
        let quantity = order.data.quantity;
        for (key, row) in rows.iter_mut() {
            let row = row.get_or_insert_default();
            let before = row.pieces;
            row.orders += 1;
            row.pieces += u64::from(quantity);
            row.smallest = Some(row.smallest.map_or(quantity, |smallest| smallest.min(quantity)));
            if key.group == "skus" && before < 100 && row.pieces >= 100 {
                raised.emit(HundredSold { sku: key.place.clone() });
            }
        }
        if quantity == 999 { Err(Fault::permanent("nobody buys 999 pieces")) } else { Ok(()) }
    }
}

const CONSUMER: &str = "statistics/sales@1/order.placed";

fn sales<const VERSION: u16>() -> Service {
    Service::new("statistics").projection(Sales::<VERSION>)
}

fn sold(id: &str, sku: &str, quantity: u32, currency: &str) -> Raw {
    let data = format!(r#"{{"sku":"{sku}","quantity":{quantity},"total":1250,"currency":"{currency}"}}"#);
    envelope(id, "orders", 2, &data)
}

fn records(messages: &[Raw]) -> Vec<Record> {
    messages.iter().enumerate().map(|(n, raw)| record(&format!("m-{n}"), raw)).collect()
}

/// The rows of both groups.
async fn rows<const VERSION: u16>(function: &Function<impl Table>) -> Vec<(String, Sold)> {
    let mut rows = Vec::new();
    for group in ["skus", "currencies"] {
        let mut after: Option<String> = None;
        loop {
            let page = function.engine.rows::<Sales<VERSION>>(group, "", after.as_deref(), 3).await.unwrap();
            rows.extend(page.rows.into_iter().map(|(place, row)| (format!("{group}/{place}"), row)));
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
    }
    rows
}

/// What the rows must be: the fold of each order once.
fn expected(orders: &[Raw]) -> Vec<(String, Sold)> {
    let mut rows = std::collections::BTreeMap::<(u8, String), Sold>::new();
    let mut seen = std::collections::BTreeSet::new();
    for raw in orders.iter().filter(|raw| seen.insert(raw.id.clone())) {
        let order: Envelope<OrderPlaced> = raw.decode().unwrap();
        let OrderPlaced { sku, currency, quantity, .. } = order.data;
        for key in [(0, format!("skus/{sku}")), (1, format!("currencies/{currency}"))] {
            let row = rows.entry(key).or_default();
            row.orders += 1;
            row.pieces += u64::from(quantity);
            row.smallest = Some(row.smallest.map_or(quantity, |smallest| smallest.min(quantity)));
        }
    }
    rows.into_iter().map(|((_, key), row)| (key, row)).collect()
}

const SKUS: [&str; 5] = ["hat", "Größe #5", "scarf/red", "tie%", "🧤"];
const CURRENCIES: [&str; 3] = ["CHF", "EUR", "JPY"];

fn orders(random: &mut Rng, count: usize) -> Vec<Raw> {
    let mut orders = Vec::with_capacity(count);
    for n in 0..count {
        let (sku, currency) = (SKUS[random.usize(..5)], CURRENCIES[random.usize(..3)]);
        orders.push(sold(&format!("o-{n}"), sku, random.u32(1..10), currency));
    }
    orders
}

/// Each event takes effect once on all its rows: alone, in batches, delivered twice, with lost answers,
/// by two processes at once. The rows are the fold of every event once.
pub async fn e6_each_event_counts_once_in_all_its_rows(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let mut random = Rng::with_seed(7);
    let all = orders(&mut random, 60);
    let (one, other) = (world.cold(sales::<1>()), world.cold(sales::<1>()));
    one.line.fail_writes([WriteFault::AnswerLost, WriteFault::NeverArrives, WriteFault::Echo]);
    let dead_letters = RecordedDeadLetters::default();
    for chunk in all.chunks(12) {
        // Different events of the same rows, at the same time.
        let (first, second) = (records(&chunk[..6]), records(&chunk[6..]));
        let both = futures_util::future::join(
            one.batch(&first, &dead_letters, Policy::default()),
            other.batch(&second, &dead_letters, Policy::default()),
        );
        both.await;
        for raw in chunk {
            let outcome = one.deliver(raw).await.unwrap();
            assert!(matches!(outcome, Outcome::Applied | Outcome::Duplicate));
        }
    }
    assert!(dead_letters.recorded().is_empty());
    assert_eq!(rows::<1>(&one).await, expected(&all));
}

/// Events of a batch share a read and a write, whichever rows they concern.
pub async fn e6_a_batch_shares_its_read_and_its_write(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let function = world.cold(sales::<1>());
    let all: Vec<Raw> = (0..20).map(|n| sold(&format!("o-{n}"), SKUS[n % 5], 1, CURRENCIES[n % 3])).collect();
    let (failed, outcomes) =
        function.batch(&records(&all), &RecordedDeadLetters::default(), Policy::default()).await;
    assert!(failed.is_empty(), "{outcomes:?}");
    assert_eq!(function.line.counts(), (1, 1));
    assert_eq!(rows::<1>(&function).await, expected(&all));
    let partition = format!("{}#skus", row_kind::<Sales<1>>());
    let page = world.table.query(&Query::of(partition)).await.unwrap();
    assert!(page.items.iter().all(|item| item.get_number(attribute::VERSION) == Some(1)), "one write each");

    // An event that cannot be folded changes no row, and its neighbours do.
    let dead_letters = RecordedDeadLetters::default();
    let odd = [sold("odd", "hat", 999, "CHF"), sold("even", "tie%", 1, "CHF")];
    function.batch(&records(&odd), &dead_letters, Policy::default()).await;
    assert_eq!(dead_letters.recorded()[0].reason, "nobody buys 999 pieces");
    let counted: Vec<Raw> = all.iter().chain(&odd[1..]).cloned().collect();
    assert_eq!(rows::<1>(&function).await, expected(&counted));

    // An event that concerns no row is remembered, and costs one write.
    let none = sold("none", "hat", 0, "CHF");
    assert_eq!(function.count(&none).await.1, 1);
    assert_eq!(function.deliver(&none).await.unwrap(), Outcome::Duplicate);
}

/// What the rows show is raised once, with the row that shows it.
pub async fn e6_what_rows_show_is_raised_once(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let function = world.cold(sales::<1>());
    let all: Vec<Raw> = (0..8).map(|n| sold(&format!("o-{n}"), "hat", 30, "CHF")).collect();
    for raw in all.iter().chain(&all) {
        function.deliver(raw).await.unwrap();
    }
    let mut raised = 0;
    for raw in &all {
        raised += world.emitted(CONSUMER, raw).await.len();
    }
    assert_eq!(raised, 1);
    assert_eq!(world.emitted(CONSUMER, &all[3]).await.len(), 1, "the fourth order made it 120");
}

/// The rows of another version are apart, with receipts of their own: built from the same events in
/// another order, they are equal to those that were counted live, which stay as they are.
pub async fn e6_another_version_is_built_beside_the_live_one(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let mut random = Rng::with_seed(11);
    let all = orders(&mut random, 40);
    let live = world.cold(sales::<1>());
    let dead_letters = RecordedDeadLetters::default();
    for chunk in all[..25].chunks(10) {
        live.batch(&records(chunk), &dead_letters, Policy::default()).await;
    }
    let next = world.cold(sales::<2>());
    let mut history: Vec<Raw> = all.clone();
    history.reverse();
    for (n, raw) in history.iter().enumerate() {
        // The live one goes on counting meanwhile.
        if let Some(more) = all[25..].get(n) {
            live.deliver(more).await.unwrap();
        }
        next.deliver(raw).await.unwrap();
        next.deliver(raw).await.unwrap();
    }
    assert_eq!(rows::<1>(&live).await, expected(&all));
    assert_eq!(rows::<2>(&next).await, rows::<1>(&live).await);
}

/// A projection that declares no order gives the same rows in every order of the events.
pub async fn e10_rows_do_not_depend_on_the_order_of_events(env: &impl ContractEnv) {
    let mut random = Rng::with_seed(3);
    let mut all = orders(&mut random, 15);
    let mut found = Vec::new();
    for _ in 0..3 {
        let world = World::of(env).await;
        let function = world.cold(sales::<1>());
        let (failed, _) =
            function.batch(&records(&all), &RecordedDeadLetters::default(), Policy::default()).await;
        assert!(failed.is_empty());
        found.push(rows::<1>(&function).await);
        random.shuffle(&mut all);
    }
    assert!(found.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(found[0], expected(&all));
}

/// One row, and a page of a group by the beginning of its places.
pub async fn e6_rows_are_read_by_key_and_by_prefix(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let function = world.cold(sales::<1>());
    for (n, sku) in ["a/1", "a/2", "a/3", "b/1", "a"].into_iter().enumerate() {
        function.deliver(&order_of(&format!("o-{n}"), sku)).await.unwrap();
    }
    let one = function.engine.row::<Sales<1>>(&RowKey::new("skus", "a/2")).await.unwrap();
    assert_eq!(one.map(|row| row.pieces), Some(1));
    assert_eq!(function.engine.row::<Sales<1>>(&RowKey::new("skus", "c")).await.unwrap(), None);
    let page = function.engine.rows::<Sales<1>>("skus", "a/", None, 2).await.unwrap();
    let places = |rows: &[(String, Sold)]| rows.iter().map(|(place, _)| place.clone()).collect::<Vec<_>>();
    assert_eq!(
        (places(&page.rows), page.next.as_deref()),
        (vec!["a/1".to_owned(), "a/2".to_owned()], Some("a/2"))
    );
    let rest = function.engine.rows::<Sales<1>>("skus", "a/", page.next.as_deref(), 2).await.unwrap();
    assert_eq!(places(&rest.rows), ["a/3"]);
}
