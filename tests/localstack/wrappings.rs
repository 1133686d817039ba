//! One event in each form in which AWS services wrap it.

use serde_json::{Value, json};
use waxseal_tests::localstack::becomes;

use crate::world::{Scenario, scenario};

const BUS: &str = "test-wrappings";
/// A day on which no other scenario's orders count.
const DAY: &str = "2001-02-03";
const WAYS: [&str; 8] = [
    "whole-event",
    "input-path",
    "input-transformer",
    "queue",
    "topic-raw",
    "topic-notification",
    "bus-topic-raw",
    "bus-topic-notification",
];

/// An order for `analytics` alone, which counts it and emits nothing.
pub(crate) fn placed(id: &str, day: &str) -> Value {
    json!({
        "eventId": id, "eventType": "order.placed", "eventVersion": 2, "source": "orders",
        "timestamp": "2026-11-21T09:30:00.123Z", "correlationId": "web-4711", "causationId": "web-4711",
        "data": {
            "orderId": format!("order of {id}"),
            // The texts have no quotation marks, since LocalStack's input transformers drop
            // escapes.
            "customer": {"id": "c-104", "name": "Zoë Ñ <大岩>", "email": "zoe@example.es"},
            "lines": [{"sku": "köln-mug-0,33l", "quantity": 3, "unitPrice": 1250}],
            "currency": "EUR", "paymentToken": "tok_visa", "placedAt": format!("{day}T04:05:06Z"),
        },
        "metadata": {"tenant": "zürich"},
    })
}

fn sns(world: &Scenario, action: &str, fields: &[(&str, &str)]) -> Value {
    world.client.form("sns", "2010-03-31", action, fields).unwrap()
}

/// Makes a topic with `queue` as its subscriber, in raw delivery or not.
fn topic(world: &Scenario, name: &str, raw: bool, queue: &str) -> String {
    let created = sns(world, "CreateTopic", &[("Name", name)]);
    let arn = created["TopicArn"].as_str().unwrap().to_owned();
    sns(
        world,
        "Subscribe",
        &[
            ("TopicArn", &arn),
            ("Protocol", "sqs"),
            ("Endpoint", queue),
            ("Attributes.entry.1.key", "RawMessageDelivery"),
            ("Attributes.entry.1.value", if raw { "true" } else { "false" }),
        ],
    );
    arn
}

/// The orders that `analytics` counted on that day, and their sum.
pub(crate) fn counted(world: &Scenario, day: &str) -> (u64, u64) {
    let items = world.stage.items("analytics").unwrap();
    let partition = format!("sales@1#{day}");
    let that_day = items
        .iter()
        .filter(|item| *item.key.partition == *partition && item.key.sort.starts_with("row#placed/EUR/"));
    let tallies = that_day.map(|item| serde_json::from_str(item.get_text("data").unwrap()).unwrap());
    tallies.fold((0, 0), |(orders, sum), analytics::Tally { orders: more, sum: amount, .. }| {
        (orders + more, sum + amount)
    })
}

#[test]
fn s36_s37_every_wrapping_of_an_event_gives_the_same_envelope() {
    let world = scenario("s36_s37_every_wrapping_of_an_event_gives_the_same_envelope");
    let queue = world.stage.queue("analytics-events").unwrap();
    let arn = world.arn(&queue);
    world.client.json("events", "AWSEvents.CreateEventBus", &json!({ "Name": BUS })).unwrap();
    let raw = topic(&world, "test-raw", true, &arn);
    let notification = topic(&world, "test-notification", false, &arn);
    // The correlation id names the way of the event.
    let rule = |way: &str, target: &str, delivery: Value| {
        let pattern = json!({"source": ["orders"], "detail": {"metadata": {"way": [way]}}});
        world.rule(BUS, &format!("test-{way}"), &pattern, target, &delivery);
    };
    rule("whole-event", &arn, json!({}));
    rule("input-path", &arn, json!({"InputPath": "$.detail"}));
    let transformer = json!({
        "InputPathsMap": {"type": "$.detail-type", "source": "$.source", "time": "$.time", "detail": "$.detail"},
        "InputTemplate": r#"{"detail-type": <type>, "source": <source>, "time": <time>, "detail": <detail>}"#,
    });
    rule("input-transformer", &arn, json!({ "InputTransformer": transformer }));
    rule("bus-topic-raw", &raw, json!({}));
    rule("bus-topic-notification", &notification, json!({"InputPath": "$.detail"}));
    rule("payload-alone", &arn, json!({"InputPath": "$.detail.data"}));

    let send = |way: &str, envelope: &Value| match way {
        "queue" => world.stage.send(&queue, &envelope.to_string()).unwrap(),
        "topic-raw" => {
            drop(sns(&world, "Publish", &[("TopicArn", &raw), ("Message", &envelope.to_string())]))
        }
        "topic-notification" => {
            sns(&world, "Publish", &[("TopicArn", &notification), ("Message", &envelope.to_string())]);
        }
        way => {
            let mut envelope = envelope.clone();
            envelope["metadata"]["way"] = json!(way);
            world.put_event(BUS, &envelope);
        }
    };
    for way in WAYS {
        send(way, &placed(way, DAY));
    }
    becomes("each way counts", &(8, 8 * 3750), || counted(&world, DAY));

    // One event goes all ways: the first delivery counts, and the payload is the same in all
    // others.
    let same = placed("the-same", DAY);
    WAYS.iter().for_each(|way| send(way, &same));
    becomes("one more", &(9, 9 * 3750), || counted(&world, DAY));
    world.settle();
    assert_eq!(counted(&world, DAY), (9, 9 * 3750));
    assert!(world.receipt("analytics", "sales@1/order.placed", &same).is_some());
    world.assert_no_dead_letters();

    send("payload-alone", &placed("payload-alone", DAY));
    let dead_letter = world.dead_letters("analytics", 1).swap_remove(0);
    let reason = dead_letter.note().unwrap().reason;
    assert!(
        reason.contains("looks like a plain payload, such as a rule's InputPath $.detail gives"),
        "{reason}"
    );
    world.assert_no_dead_letters();
}
