//! Deliveries in the form of Lambda, made from the samples in the functions' folders.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// The body of a sample's first record.
///
/// # Panics
/// Where the sample is no SQS batch.
#[must_use]
pub fn body(sample: &str) -> String {
    bodies(sample).swap_remove(0)
}

/// The bodies of a sample's records.
///
/// # Panics
/// Where the sample is no SQS batch.
#[must_use]
pub fn bodies(sample: &str) -> Vec<String> {
    let sample: Value = serde_json::from_str(sample).expect("samples are JSON");
    let records = sample["Records"].as_array().expect("a sample with records");
    records.iter().map(|record| record["body"].as_str().expect("a body").to_owned()).collect()
}

/// The EventBridge event in a body, with its envelope changed by `change`.
///
/// # Panics
/// Where the body holds no EventBridge event.
#[must_use]
pub fn changed(body: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut event: Value = serde_json::from_str(body).expect("the body is JSON");
    change(&mut event["detail"]);
    event["detail-type"] = event["detail"]["eventType"].clone();
    event.to_string()
}

/// The same event under another id.
#[must_use]
pub fn with_id(body: &str, id: &str) -> String {
    changed(body, |envelope| envelope["eventId"] = json!(id))
}

/// An SQS batch: message ids and bodies, which may be any bytes.
#[must_use]
pub fn sqs<B: AsRef<[u8]>>(records: &[(&str, B)]) -> Vec<u8> {
    let records: Vec<_> = records.iter().map(|(id, body)| (*id, None, body)).collect();
    batch("source", &records)
}

/// The same batch, in which every record has these message attributes, all of type `String`.
///
/// # Panics
/// Where the batch is no JSON.
#[must_use]
pub fn with_attributes(batch: &[u8], attributes: &BTreeMap<String, String>) -> Vec<u8> {
    let mut batch: Value = serde_json::from_slice(batch).expect("a batch is JSON");
    for record in batch["Records"].as_array_mut().into_iter().flatten() {
        for (name, value) in attributes {
            record["messageAttributes"][name] = json!({
                "stringValue": value,
                "dataType": "String",
                "stringListValues": [],
                "binaryListValues": [],
            });
        }
    }
    batch.to_string().into_bytes()
}

/// An SQS batch of a standard queue whose messages have tenants: message ids, tenants and bodies.
#[must_use]
pub fn fair<B: AsRef<[u8]>>(records: &[(&str, &str, B)]) -> Vec<u8> {
    let records: Vec<_> = records.iter().map(|(id, tenant, body)| (*id, Some(*tenant), body)).collect();
    batch("source", &records)
}

/// An SQS batch of a FIFO queue: message ids, groups and bodies.
#[must_use]
pub fn fifo<B: AsRef<[u8]>>(records: &[(&str, &str, B)]) -> Vec<u8> {
    let records: Vec<_> = records.iter().map(|(id, group, body)| (*id, Some(*group), body)).collect();
    batch("source.fifo", &records)
}

/// The receipt handle of a record.
#[must_use]
pub fn handle(id: &str) -> String {
    format!("AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a0-{id}")
}

fn batch<B: AsRef<[u8]>>(queue: &str, records: &[(&str, Option<&str>, &B)]) -> Vec<u8> {
    let mut payload = b"{\"Records\":[".to_vec();
    for (position, (id, group, body)) in records.iter().enumerate() {
        let mut rest = json!({
            "messageId": id,
            "receiptHandle": handle(id),
            "attributes": {
                "ApproximateReceiveCount": "1",
                "SentTimestamp": "1795253401512",
                "SenderId": "AIDAIE5QJ7NXMBKGEV2SS",
                "ApproximateFirstReceiveTimestamp": "1795253401530",
            },
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": format!("arn:aws:sqs:eu-central-1:123456789012:{queue}"),
            "awsRegion": "eu-central-1",
        });
        if let Some(group) = group {
            rest["attributes"]["MessageGroupId"] = json!(group);
        }
        if queue.ends_with(".fifo") {
            rest["attributes"]["SequenceNumber"] = json!(format!("1884949646046769{position:04}"));
        }
        let mut rest = rest.to_string();
        rest.pop();
        if position > 0 {
            payload.push(b',');
        }
        payload.extend(rest.into_bytes());
        payload.extend(b",\"body\":");
        payload.extend(json_string((*body).as_ref()));
        payload.push(b'}');
    }
    payload.extend(b"]}");
    payload
}

/// The response that names these records as failed.
#[must_use]
pub fn failures(ids: &[&str]) -> String {
    let failed: Vec<Value> = ids.iter().map(|id| json!({ "itemIdentifier": id })).collect();
    json!({ "batchItemFailures": failed }).to_string()
}

/// Bytes as a JSON string; invalid UTF-8 stays as it is.
fn json_string(bytes: &[u8]) -> Vec<u8> {
    let mut string = b"\"".to_vec();
    for chunk in bytes.utf8_chunks() {
        let valid = Value::from(chunk.valid()).to_string();
        string.extend(&valid.as_bytes()[1..valid.len() - 1]);
        string.extend(chunk.invalid());
    }
    string.push(b'"');
    string
}
