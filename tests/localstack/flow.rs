//! Orders from HTTP to their end.

use serde_json::json;
use waxseal_tests::localstack::becomes;

use crate::world::scenario;

#[test]
fn an_order_placed_over_http_is_confirmed_charged_and_mailed_once() {
    let world = scenario("an_order_placed_over_http_is_confirmed_charged_and_mailed_once");
    let sku = world.article("tee-organic", 5);
    let order = world.place(&sku, 2, "tok_visa");
    world.assert_confirmed_once(&order);
    world.becomes_stock(&sku, 3, 2);
    let view = world.order(&order.id);
    assert_eq!((&view["total"], &view["currency"]), (&json!(2500), &json!("EUR")), "{view}");
    assert_eq!(world.outside.asked(&order.id).len(), 1);
    let mail = world.outside.mails_to(&order.email).swap_remove(0);
    assert_eq!(mail.from, "orders@example.com");

    // Each emitted event is on the bus, with its cause.
    let names = ["order.placed", "stock.reserved", "payment.captured", "order.confirmed"];
    becomes("one event of each name is on the bus", &vec![1; 4], || {
        names.iter().map(|name| world.events(name, &order.id).len()).collect()
    });
    let events: Vec<_> = names.iter().map(|name| world.events(name, &order.id).swap_remove(0)).collect();
    for pair in events.windows(2) {
        assert_eq!(pair[1]["causationId"], pair[0]["eventId"], "{pair:#?}");
        assert_eq!(pair[1]["correlationId"], pair[0]["correlationId"], "{pair:#?}");
    }
    world.assert_no_dead_letters();
}

#[test]
fn a_declined_card_gives_the_stock_back_and_is_told_to_the_customer() {
    let world = scenario("a_declined_card_gives_the_stock_back_and_is_told_to_the_customer");
    let sku = world.article("mug-stoneware", 4);
    let order = world.place(&sku, 3, "tok_declined");
    world.becomes_status(&order, "cancelled");
    assert_eq!(world.order(&order.id)["reason"], "declined");
    world.becomes_stock(&sku, 4, 0);
    becomes("one mail", &1, || world.outside.mails_to(&order.email).len());
    // It was reserved before, and the next event finds it.
    assert_eq!(world.emitted("inventory", "stock.reserved", &order.id)["data"]["total"], 3750);
    let next = world.place(&sku, 4, "tok_visa");
    world.assert_confirmed_once(&next);
    world.becomes_stock(&sku, 0, 4);
    world.assert_no_dead_letters();
}

#[test]
fn s37_a_rule_and_a_topic_with_a_filter_reach_all_their_readers() {
    let world = scenario("s37_a_rule_and_a_topic_with_a_filter_reach_all_their_readers");
    let topic = format!("arn:aws:sns:us-east-1:000000000000:{}", world.stage.function("topic-stock"));
    let all = world.queue("test-topic");
    let arn = world.arn(&all);
    let sns = |action: &str, fields: &[(&str, &str)]| {
        world.client.form("sns", "2010-03-31", action, fields).unwrap()
    };
    sns(
        "Subscribe",
        &[
            ("TopicArn", &topic),
            ("Protocol", "sqs"),
            ("Endpoint", &arn),
            ("Attributes.entry.1.key", "RawMessageDelivery"),
            ("Attributes.entry.1.value", "true"),
        ],
    );

    // No handler reads it. The filter of `analytics` leaves it out, and the queue without a filter
    // has it.
    let unknown = json!({
        "eventId": format!("audit-{}", std::process::id()), "eventType": "stock.audited", "eventVersion": 1, "source": "inventory",
        "timestamp": "2026-11-21T09:30:00Z", "correlationId": "audit", "data": {"sku": "hat"},
    });
    sns("Publish", &[("TopicArn", &topic), ("Message", &unknown.to_string())]);

    let sku = world.article("hoodie-zip", 7);
    let order = world.place(&sku, 1, "tok_visa");
    world.assert_confirmed_once(&order);

    // The readers of the rule: `inventory` reserved, `analytics` counted. The reader of the topic:
    // `analytics` saw two changes of level.
    let placed = world.emitted("orders", "order.placed", &order.id);
    for (service, handler) in [("inventory", "reserve-stock"), ("analytics", "sales@1/order.placed")] {
        becomes(&format!("{service} has a receipt"), &true, || {
            world.receipt(service, handler, &placed).is_some()
        });
    }
    becomes("the levels that analytics saw", &json!({"changes": 2, "lowest": 6}), || {
        world.stage.entity("analytics", "level", &sku).unwrap()
    });
    let mut names = Vec::new();
    becomes("the queue without a filter has everything", &true, || {
        for message in world.stage.receive(&all, 30).unwrap() {
            let envelope: serde_json::Value = serde_json::from_str(&message.body).unwrap();
            if envelope["data"]["sku"] == *sku || envelope["eventId"] == unknown["eventId"] {
                names.push(envelope["eventType"].as_str().unwrap().to_owned());
            }
            world.stage.delete(&all, &message).unwrap();
        }
        names.sort();
        names == ["stock.audited", "stock.level-changed", "stock.level-changed"]
    });
    // An unknown event would be a dead letter.
    world.settle();
    world.assert_no_dead_letters();
}
