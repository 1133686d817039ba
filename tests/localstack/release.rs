//! Effects that failed for good, redriven by SQS itself (S-19).

use serde_json::json;
use waxseal::dead_letter;
use waxseal_tests::localstack::becomes;

use crate::world::scenario;

#[test]
fn s19_an_effect_that_failed_for_good_is_mended_redriven_and_takes_effect_once() {
    let world = scenario("s19_an_effect_that_failed_for_good_is_mended_redriven_and_takes_effect_once");
    let sku = world.article("bell-brass", 8);
    world.outside.refuse_mail("550 5.7.1 this sender may not");
    let order = world.place(&sku, 1, "tok_visa");
    let dead_letter = world.dead_letters("notification", 1).swap_remove(0);
    let confirmed = world.emitted("orders", "order.confirmed", &order.id);
    let note = dead_letter.note().unwrap();
    let queue = world.stage.queue("notification-events").unwrap();
    assert_eq!(note.queue.as_deref(), Some(&*world.arn(&queue)), "{note:?}");
    assert_eq!((note.code.as_deref(), note.handlers.len()), (Some("WX0006"), 1));
    assert_eq!(world.outside.mails_to(&order.email).len(), 0);

    // A crash between the dead letter and the acknowledgement leaves the dead letter twice.
    let dead_letters = world.stage.queue("notification-dlq").unwrap();
    let attributes = json!({
        dead_letter::ATTRIBUTE: { "DataType": "String", "StringValue": dead_letter.attributes[dead_letter::ATTRIBUTE] },
    });
    let send =
        json!({ "QueueUrl": dead_letters, "MessageBody": dead_letter.body, "MessageAttributes": attributes });
    for _ in 0..2 {
        world.client.json("sqs", "AmazonSQS.SendMessage", &send).unwrap();
    }
    // The plain event releases nothing.
    world.stage.send(&queue, &dead_letter.body).unwrap();
    becomes("three dead letters", &3, || world.stage.depth(&dead_letters).unwrap());

    let task = json!({ "SourceArn": world.arn(&dead_letters), "DestinationArn": world.arn(&queue) });
    world.client.json("sqs", "AmazonSQS.StartMessageMoveTask", &task).unwrap();
    becomes("one mail", &1, || world.outside.mails_to(&order.email).len());
    becomes("the queue is empty", &0, || world.stage.depth(&queue).unwrap());
    world.settle();
    assert_eq!(world.outside.mails_to(&order.email).len(), 1);
    let receipt = world.receipt("notification", &note.handlers[0].name, &confirmed).unwrap();
    assert_eq!(receipt.get_text("status"), Some("completed"));
    world.assert_no_dead_letters();
}
