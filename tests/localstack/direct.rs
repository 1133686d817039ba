//! Functions that a topic or the bus invokes directly: asynchronously, and without partial
//! responses.

use serde_json::{Value, json};
use waxseal_tests::localstack::becomes;

use crate::{
    world::{Scenario, scenario},
    wrappings::{self, counted},
};

const DAY: &str = "2001-02-04";
const BUS: &str = "test-direct";

/// A guard: while it lives, a function that fails is not tried again, and its event goes to `queue`
/// at once (`OnFailure`).
struct NoRetries<'a>(&'a Scenario, String);

impl<'a> NoRetries<'a> {
    fn new(world: &'a Scenario, function: &str, queue: &str) -> Self {
        let path = format!("/2019-09-25/functions/{}/event-invoke-config", world.stage.function(function));
        let destination = json!({"OnFailure": {"Destination": world.arn(queue)}});
        let config = json!({"MaximumRetryAttempts": 0, "DestinationConfig": destination}).to_string();
        world.client.rest("lambda", "PUT", &path, config.as_bytes()).unwrap();
        Self(world, path)
    }
}

impl Drop for NoRetries<'_> {
    fn drop(&mut self) {
        // No other scenario invokes functions asynchronously, so a setting that is left behind does
        // no harm.
        let _ = self.0.client.rest("lambda", "DELETE", &self.1, b"");
    }
}

fn placed(id: &str) -> Value {
    wrappings::placed(id, DAY)
}

#[test]
fn s35_s38_under_a_topic_or_a_rule_alone_an_event_counts_and_a_failure_fails_the_invocation() {
    let world =
        scenario("s35_s38_under_a_topic_or_a_rule_alone_an_event_counts_and_a_failure_fails_the_invocation");
    let failures = world.queue("test-failures");
    let _no_retries = NoRetries::new(&world, "analytics", &failures);
    let path = format!("/2015-03-31/functions/{}", world.stage.function("analytics"));
    let function = world.client.rest("lambda", "GET", &path, b"").unwrap();
    let function = function["Configuration"]["FunctionArn"].as_str().unwrap();

    let sns = |action: &str, fields: &[(&str, &str)]| {
        world.client.form("sns", "2010-03-31", action, fields).unwrap()
    };
    let topic = sns("CreateTopic", &[("Name", "test-direct")]);
    let topic = topic["TopicArn"].as_str().unwrap();
    sns("Subscribe", &[("TopicArn", topic), ("Protocol", "lambda"), ("Endpoint", function)]);
    world.client.json("events", "AWSEvents.CreateEventBus", &json!({ "Name": BUS })).unwrap();
    world.rule(BUS, "test-direct", &json!({"source": ["orders"]}), function, &json!({}));

    let by_topic = |event: &Value| {
        sns("Publish", &[("TopicArn", topic), ("Message", &event.to_string())]);
    };
    by_topic(&placed("by-topic"));
    world.put_event(BUS, &placed("by-rule"));
    becomes("each way counts", &(2, 2 * 3750), || counted(&world, DAY));
    by_topic(&placed("by-rule"));
    world.put_event(BUS, &placed("by-topic"));

    // A newer version than the function knows fails, since the next deploy may know it.
    let newer = |id: &str| {
        let mut event = placed(id);
        event["eventVersion"] = json!(99);
        event
    };
    by_topic(&newer("newer-by-topic"));
    world.put_event(BUS, &newer("newer-by-rule"));
    let mut told: Vec<Value> = Vec::new();
    becomes("both failures are told", &2, || {
        let messages = world.stage.take(&failures).unwrap();
        told.extend(messages.iter().map(|message| serde_json::from_str::<Value>(&message.body).unwrap()));
        told.len()
    });
    for failure in &told {
        assert_eq!(failure["requestContext"]["condition"], "RetriesExhausted", "{failure:#}");
        assert_eq!(failure["responsePayload"]["errorType"], "Failed", "{failure:#}");
        let message = failure["responsePayload"]["errorMessage"].as_str().unwrap();
        assert!(
            message.starts_with("1 of 1 records failed")
                && message.contains("order.placed version 99 is newer than"),
            "{message}"
        );
    }
    for id in ["newer-by-topic", "newer-by-rule"] {
        assert!(world.receipt("analytics", "sales@1/order.placed", &newer(id)).is_none());
    }
    // An event that came by the other way too counts once.
    assert_eq!(counted(&world, DAY), (2, 2 * 3750));
    world.assert_no_dead_letters();
}
