//! Records that cannot be read.

use serde_json::{Value, json};

use crate::world::scenario;

/// Whether two bodies are equal. A mapping of LocalStack's encodes JSON again, so only other texts
/// stay verbatim.
fn same(a: &str, b: &str) -> bool {
    let json = |text| serde_json::from_str::<Value>(text).ok();
    a == b || (json(a).is_some() && json(a) == json(b))
}

#[test]
fn s2_s3_poison_goes_to_the_dead_letters_with_its_reason_while_its_batch_goes_on() {
    let world = scenario("s2_s3_poison_goes_to_the_dead_letters_with_its_reason_while_its_batch_goes_on");
    let sku = world.article("poncho-wool", 9);
    let queue = world.stage.queue("inventory-events").unwrap();
    // The delivery begins when all five are in the queue, so they are one batch.
    let paused = world.pause("inventory-events");
    let before = world.place(&sku, 1, "tok_visa");
    let unknown = json!({
        "eventId": "e-unknown", "eventType": "order.teleported", "eventVersion": 1, "source": "orders",
        "timestamp": "2026-11-21T09:30:00Z", "correlationId": "c", "data": {"orderId": "größe ✉"},
    });
    let poison = [
        ("{\"eventId\": \"e-broken\", \"data\": größe ✉".to_owned(), "malformed: the body is not JSON: "),
        (
            "{\"orderId\":\"o-1\"}".to_owned(),
            "malformed: no envelope: an object with orderId; looks like a plain payload",
        ),
        (unknown.to_string(), "order.teleported"),
    ];
    for (body, _) in &poison {
        world.stage.send(&queue, body).unwrap();
    }
    let after = world.place(&sku, 2, "tok_visa");
    drop(paused);

    let dead_letters = world.dead_letters("inventory", poison.len());
    for (body, reason) in &poison {
        let dead_letter = dead_letters.iter().find(|dead_letter| same(&dead_letter.body, body));
        let dead_letter =
            dead_letter.unwrap_or_else(|| panic!("no dead letter has this body: {body}\n{dead_letters:#?}"));
        assert!(dead_letter.note().unwrap().reason.contains(reason), "{dead_letter:#?}");
        assert_eq!(dead_letter.note().unwrap().service, "inventory", "{dead_letter:#?}");
    }
    for order in [&before, &after] {
        world.assert_confirmed_once(order);
    }
    world.becomes_stock(&sku, 6, 3);
    world.settle();
    world.assert_no_dead_letters();
}
