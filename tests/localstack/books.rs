//! A file of orders runs through the deployed platform and through the embedded one: in each style
//! the books are equal.

use std::{collections::BTreeMap, fs, time::Duration};

use inventory::Stock;
use order_platform::{Books, DEPLOYED, Feed, Platform, Setup, Style, lines::Lines};
use serde_json::{Value, json};
use shipping::Shipment;
use waxseal_tests::localstack::{
    becomes, feed::feed, instance::root, outside::Outside, progress, stage::Stage,
};

use crate::world::scenario;

const PREFIX: &str = "books-";
const EMAIL: &str = "books@example.es";

/// The first `count` sample lines, with names of their own. No customer cancels, and articles are
/// plenty or unknown, so the end of an order does not depend on the order of arrival.
fn file(count: usize) -> (Vec<u8>, BTreeMap<String, u64>) {
    let samples = fs::read_to_string(root().join("functions/orders/samples/orders.jsonl")).unwrap();
    let (mut lines, mut stock) = (Vec::new(), BTreeMap::new());
    for line in samples.lines().take(count) {
        let Ok(mut line) = serde_json::from_str::<Value>(line) else {
            lines.push(line.to_owned());
            continue;
        };
        line.as_object_mut().unwrap().remove("cancelAfterMs");
        let prefixed = |value: &Value| value.as_str().map(|text| json!(format!("{PREFIX}{text}")));
        let order = &mut line["order"];
        if let Some(id) = prefixed(&order["orderId"]) {
            order["orderId"] = id;
        }
        if order["customer"]["email"].as_str().is_some_and(|email| email.contains('@')) {
            order["customer"]["email"] = json!(EMAIL);
        }
        for entry in order["lines"].as_array_mut().into_iter().flatten() {
            let Some(sku) = prefixed(&entry["sku"]) else { continue };
            // One article in nine is unknown to the shop.
            let name = sku.as_str().unwrap().to_owned();
            if name.bytes().map(u32::from).sum::<u32>() % 9 != 0 {
                stock.insert(name, 5000);
            }
            entry["sku"] = sku;
        }
        if let Some(key) = prefixed(&line["key"]) {
            line["key"] = key;
        }
        lines.push(line.to_string());
    }
    (lines.join("\n").into_bytes(), stock)
}

#[test]
fn sixty_orders_leave_the_same_books_as_on_the_embedded_environment() {
    let world = scenario("sixty_orders_leave_the_same_books_as_on_the_embedded_environment");
    sixty_orders(DEPLOYED, &world.stage, &world.outside);
}

/// Runs the first 60 lines through a stage in this style, and through the embedded environment. The
/// result is the books of both.
pub(crate) fn sixty_orders(style: Style, stage: &Stage, outside: &Outside) -> Books {
    let (file, stock) = file(60);

    let setup = Setup { seed: 1, style, ..Setup::default() };
    let embedded = Platform::new(setup).unwrap();
    let lines: String =
        stock.iter().map(|(sku, pieces)| format!("{}\n", json!({"sku": sku, "onHand": pieces}))).collect();
    embedded.receive(&order_platform::Stock::parse(lines.as_bytes())).unwrap();
    let customers = Feed::start(embedded.local(), &file);
    embedded.local().executor().run_until(Duration::from_secs(1), || false);
    let wanted = embedded.books();
    assert_eq!(wanted.imbalances(&embedded.orders(), &stock), Vec::<String>::new());
    assert_eq!(embedded.leaks(), Vec::<String>::new());
    // The file must contain enough of each.
    assert!(
        wanted.confirmed > 30 && wanted.cancelled.short > 0 && wanted.cancelled.declined > 0,
        "{wanted:?}"
    );

    let gateway = outside.gateway(PREFIX);
    stage.receive_stock(stock.clone()).unwrap();
    stage.settle();
    let answers = feed(stage, Lines::read(&file), |done| {
        if done.is_multiple_of(20) {
            progress(format_args!("{done} orders submitted"));
        }
    })
    .unwrap();
    assert_eq!(answers, customers.answers());

    let ours = |id: &str| id.starts_with(PREFIX);
    let orders = || {
        let mut orders = stage.orders().unwrap();
        orders.retain(|order| ours(&order.order_id));
        orders
    };
    becomes("the books", &wanted, || {
        let mut stock = stage.entities::<Stock>("inventory").unwrap();
        stock.retain(|(sku, _)| ours(sku));
        let parcels = stage.entities::<Shipment>("shipping").unwrap().into_iter();
        let parcels: Vec<Shipment> = parcels.filter(|(id, _)| ours(id)).map(|(_, parcel)| parcel).collect();
        let mails = outside.mails_to(EMAIL).len() as u64;
        Books::of(&orders(), stock, &gateway, mails).with_parcels(&parcels)
    });
    assert_eq!(wanted.imbalances(&orders(), &stock), Vec::<String>::new());
    stage.settle();
    stage.assert_no_dead_letters();
    wanted
}
