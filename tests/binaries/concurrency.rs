//! Two invocations at once in one environment, as on Lambda Managed Instances.

use serde_json::json;
use waxseal_tests::{
    deliveries::{changed, failures, sqs, with_id},
    runtime_api::Lambda,
};

use crate::service::{World, service, text};

#[test]
fn s23_two_invocations_at_once_share_no_per_batch_state() {
    let (world, payment) = (World::new(), service("payment"));
    let mut variables = world.variables("payment");
    variables.insert("AWS_LAMBDA_MAX_CONCURRENCY".to_owned(), "2".to_owned());
    let mut lambda = Lambda::start("payment", &variables);
    // The gateway answers only after both requests, so both invocations are under way at once.
    world.gateway.answer_together(2);
    let order =
        |id: &str| changed(&with_id(&payment.body(), id), |envelope| envelope["data"]["orderId"] = json!(id));
    let newer = |id: &str| changed(&order(id), |envelope| envelope["eventVersion"] = json!(2));
    let one = lambda.begin(sqs(&[("m1", order("o-1")), ("m2", newer("o-2"))]));
    let other = lambda.begin(sqs(&[("m1", newer("o-3")), ("m2", order("o-4")), ("m3", "x".to_owned())]));
    // Both batches have the same message ids, and each answer concerns its own.
    assert_eq!(text(lambda.wait(&one).unwrap()), failures(&["m2"]));
    assert_eq!(text(lambda.wait(&other).unwrap()), failures(&["m1"]));
    assert_eq!((world.gateway.requests(), world.gateway.charges().len()), (2, 2));
    assert_eq!(world.aws.receipts().len(), 2);
    assert_eq!(world.aws.dead_letters().len(), 1);
}
