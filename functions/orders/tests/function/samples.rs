//! The committed samples are what Lambda would deliver, and are handled.

use std::collections::{BTreeMap, BTreeSet};

use order_events::{OrderConfirmed, Style};
use orders::{Rejected, submission::parse_lines, submit};
use serde_json::{Value, json};
use waxseal::batch::Policy;
use waxseal_lambda::{Function, Invocation, Invoke};
use waxseal_testing::{Fixture, of_kind};

const FILE: &[u8] = include_bytes!("../../samples/orders.jsonl");

#[tokio::test]
async fn the_sample_file_looks_like_life() {
    let engine = Fixture::default().engine(orders::service(Style::Choreography));
    let (mut placed, mut repeated, mut reused) = (0, 0, 0);
    let mut refused: BTreeMap<String, u32> = BTreeMap::new();
    let (mut currencies, mut tokens) = (BTreeSet::new(), BTreeMap::new());
    let (mut cancelled, mut names) = (0, BTreeSet::new());
    for (_, line) in parse_lines(FILE) {
        let submission = match line {
            Ok(submission) => submission,
            Err(invalid) => {
                let problem = match invalid.pointer.as_str() {
                    "" => invalid.problem.split(':').next().unwrap(),
                    pointer => pointer,
                };
                *refused.entry(problem.to_owned()).or_default() += 1;
                continue;
            }
        };
        match submit(&engine, &submission, BTreeMap::new()).await {
            Ok(answer) if answer.repeated => repeated += 1,
            Ok(_) => {
                placed += 1;
                currencies.insert(submission.order.currency);
                *tokens.entry(submission.order.payment_token).or_insert(0) += 1;
                names.insert(submission.order.customer.name);
                cancelled += u32::from(submission.cancel_after.is_some());
            }
            Err(Rejected::KeyReused) => reused += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!((placed, repeated, reused, cancelled), (446, 24, 6, 12));
    let refused: Vec<(&str, u32)> =
        refused.iter().map(|(problem, count)| (problem.as_str(), *count)).collect();
    assert_eq!(
        refused,
        [
            ("/key", 1),
            ("/order", 1),
            ("/order/currency", 4),
            ("/order/customer/email", 2),
            ("/order/lines", 3),
            ("/order/lines/0/quantity", 4),
            ("/order/lines/0/sku", 1),
            ("/order/lines/0/unitPrice", 1),
            ("/order/orderId", 1),
            ("/version", 3),
            ("is not JSON", 2),
            ("must be an object", 1),
        ]
    );
    let currencies: Vec<&str> = currencies.into_iter().map(order_events::Currency::code).collect();
    assert_eq!(currencies, ["CHF", "EUR", "GBP", "JPY", "SEK", "USD"]);
    assert_eq!((tokens["tok_declined"], tokens["tok_timeout"]), (28, 20));
    for name in ["山田 花子", "محمد الأحمد", "Siobhán O'Brien", "Ada 🚀 Lovelace"] {
        assert!(names.contains(name), "{name}");
    }
    let lines = FILE.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    assert_eq!(lines.count(), 500);
}

#[tokio::test]
async fn the_sample_request_places_an_order_and_the_sample_event_confirms_it() {
    let fixture = Fixture::default();
    let engine = fixture.engine(orders::service(Style::Choreography));
    let batches = fixture.batches(engine.clone(), Policy::default());
    let function = Function::new(batches).http(orders::router(engine));
    let request = include_bytes!("../../samples/place-order.json");
    let answer = function.invoke(request, &Invocation::default()).await.unwrap();
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!(answer["statusCode"], 202, "{answer}");
    let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    assert_eq!(body, json!({"orderId":"ord-2026-104711","status":"placed"}));
    let event = include_bytes!("../../samples/payment-captured.json");
    let answer = function.invoke(event, &Invocation::default()).await.unwrap();
    assert_eq!(answer, br#"{"batchItemFailures":[]}"#);
    assert!(fixture.dead_letters.recorded().is_empty(), "{:?}", fixture.dead_letters.recorded());
    assert_eq!(of_kind::<OrderConfirmed>(&fixture.table.take_emitted())[0].total, 5230);
}
