//! Records of Lambda destinations: named as what they are, and handled where declared.

use crate::{
    anything::anything,
    common::{OK, batch, case, golden, inventory, invoke, record},
};
use serde_json::{Value, json};

/// The ways of a record: direct, SQS, SNS and SQS, and EventBridge, where Lambda gives it a name.
fn ways(destination: &Value) -> [Vec<u8>; 4] {
    let queue = |body: &Value| batch(&[record("m1", &Value::from(body.to_string()))]);
    let condition = destination["requestContext"]["condition"].as_str().unwrap_or_default();
    let result = if condition == "Success" { "Success" } else { "Failure" };
    let event = json!({
        "version": "0", "id": "9f1a7d3c", "detail-type": format!("Lambda Function Invocation Result - {result}"),
        "source": "lambda", "account": "123456789012", "time": "2026-11-21T09:30:01Z", "region": "eu-west-1", "resources": [],
        "detail": destination,
    });
    let sns = json!({
        "Type": "Notification", "MessageId": "m", "TopicArn": "arn:aws:sns:eu-west-1:123456789012:t",
        "Timestamp": "2026-11-21T09:30:01.480Z", "Message": destination.to_string(),
    });
    [destination.to_string().into_bytes(), queue(destination), queue(&sns), event.to_string().into_bytes()]
}

#[tokio::test]
async fn s58_the_record_of_an_invocation_has_one_name_on_every_way() {
    let mut success: Value = serde_json::from_slice(&golden("destination")).unwrap();
    success["requestContext"]["condition"] = "Success".into();
    for (destination, name) in [
        (
            serde_json::from_slice(&case("lambda-destination")).unwrap(),
            "Lambda Function Invocation Result - Failure",
        ),
        // Lambda developer guide, "Capturing records of Lambda asynchronous invocations", example record.
        (
            serde_json::from_slice(&golden("destination")).unwrap(),
            "Lambda Function Invocation Result - Failure",
        ),
        (success, "Lambda Function Invocation Result - Success"),
    ] {
        for payload in ways(&destination) {
            let (function, seen) = anything();
            for _ in 0..2 {
                assert_eq!(invoke(&function, &payload).await.unwrap(), OK, "{:?}", seen.reasons());
            }
            let runs = seen.runs();
            assert_eq!((runs.len(), &*runs[0].name, &*runs[0].source), (1, name, "lambda"));
            assert_eq!(runs[0].json(), destination);
        }
    }
}

#[tokio::test]
async fn s58_without_a_handler_it_is_a_dead_letter_that_names_it_and_a_failure_is_told_to_lambda() {
    let destination = serde_json::from_slice(&case("lambda-destination")).unwrap();
    for payload in ways(&destination) {
        let (function, seen) = inventory();
        assert_eq!(invoke(&function, &payload).await.unwrap(), OK);
        let reasons = seen.reasons();
        assert!(
            reasons[0].contains("no handler for Lambda Function Invocation Result - Failure"),
            "{reasons:?}"
        );
    }
    let (function, seen) = anything();
    seen.fail("RetriesExhausted");
    invoke(&function, &case("lambda-destination")).await.unwrap_err();
}

#[tokio::test]
async fn s58_the_record_of_a_discarded_batch_says_which_one_it_was() {
    // Lambda developer guide, "Retain discarded batch records for a Kinesis Data Streams event source in Lambda".
    let (function, seen) = anything();
    let body = Value::from(String::from_utf8(golden("destination-kinesis-batch")).unwrap());
    assert_eq!(invoke(&function, &batch(&[record("m1", &body)])).await.unwrap(), OK);
    let run = &seen.runs()[0];
    assert_eq!(
        (&*run.name, &*run.source, &*run.id),
        ("KinesisBatchInfo", "lambda", "c9b8fa9f-5a7f-xmpl-af9c-0c604cde93a5")
    );
    assert_eq!(run.json()["KinesisBatchInfo"]["batchSize"], 500);
}
