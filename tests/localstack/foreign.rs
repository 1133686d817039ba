//! Other people's events on the wire: a bucket that tells EventBridge and a queue, and a stream.
//!
//! One service takes all of them, deployed from its own derived templates. It needs nothing of the
//! platform, so these tests wait for no scenario.

use std::sync::OnceLock;

use serde_json::{Value, json};
use waxseal_tests::{
    intake::app,
    localstack::{
        becomes,
        client::{Client, REGION},
        deploy::binaries,
        stacks::{deploy, put},
        stage::Stage,
    },
};

use crate::world::{localstack, peace};

const ACCOUNT: &str = "000000000000";

struct Intake {
    client: Client,
    stage: Stage,
    bucket: String,
    stream: String,
}

/// The deployed service; the first caller deploys it.
fn intake() -> &'static Intake {
    static INTAKE: OnceLock<Result<Intake, String>> = OnceLock::new();
    match INTAKE.get_or_init(Intake::start) {
        Ok(intake) => intake,
        Err(error) => panic!("there is no intake on LocalStack: {error}"),
    }
}

impl Intake {
    fn start() -> Result<Self, String> {
        let (client, _) = localstack()?;
        // A stage of this run's own: an instance that goes on running may have an older one.
        let stage = format!("local-{}", std::process::id());
        let (bucket, stream) = (format!("uploads-{stage}"), format!("clicks-{stage}"));
        put(&client, &bucket, "", b"")?;
        let body = json!({ "StreamName": stream, "ShardCount": 2 });
        client.json("kinesis", "Kinesis_20131202.CreateStream", &body).map_err(|error| error.to_string())?;
        let arn = format!("arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{stream}");
        let places = [("BucketUploadsName", &*bucket), ("KinesisClicksArn", &*arn)];
        deploy(&client, &app(), &stage, &places, &binaries()?)?;
        let stage = Stage::of_application(&client, "acme", &stage);
        let queue = stage.queue("intake-events").map_err(|error| error.to_string())?;
        let queue = stage.queue_attribute(&queue, "QueueArn").map_err(|error| error.to_string())?;
        // The owner of the bucket configures it, once the queue lets the bucket send.
        let notifications = format!(
            "<NotificationConfiguration><EventBridgeConfiguration/><QueueConfiguration><Queue>{queue}</Queue>\
             <Event>s3:ObjectCreated:*</Event></QueueConfiguration></NotificationConfiguration>"
        );
        client
            .rest("s3", "PUT", &format!("/{bucket}?notification"), notifications.as_bytes())
            .map_err(|error| error.to_string())?;
        Ok(Self { client, stage, bucket, stream })
    }

    /// Puts an object of this many bytes.
    fn upload(&self, encoded_key: &str, bytes: usize) {
        put(&self.client, &self.bucket, encoded_key, &vec![b'x'; bytes]).unwrap();
    }

    fn file(&self, key: &str) -> Value {
        self.stage.entity("intake", "file", key).unwrap()
    }

    /// Puts a record, and returns its place in the stream.
    fn put_record(&self, key: &str, data: &[u8]) -> String {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        let body = json!({ "StreamName": self.stream, "PartitionKey": key, "Data": STANDARD.encode(data) });
        let put = self.client.json("kinesis", "Kinesis_20131202.PutRecord", &body).unwrap();
        format!("{}:{}", put["ShardId"].as_str().unwrap(), put["SequenceNumber"].as_str().unwrap())
    }
}

#[test]
fn s50_s62_an_object_created_event_of_the_default_bus_reaches_its_handler() {
    let _nothing_is_throttled = peace();
    let intake = intake();
    intake.upload("prices/21%20November%2B%C3%BC.csv", 5);
    becomes("the event of EventBridge", &json!([5]), || {
        intake.file("prices/21 November+ü.csv")["created"].clone()
    });
}

#[test]
fn s56_s62_a_notification_of_s3_through_a_queue_reaches_its_handler() {
    let _nothing_is_throttled = peace();
    let intake = intake();
    intake.upload("reports/2026%2011/a%C3%BC.csv", 7);
    let key = "reports/2026 11/aü.csv";
    becomes("the notification", &json!([7]), || intake.file(key)["notified"].clone());
    // Another version of the file is another event, and the first one does not count again.
    intake.upload("reports/2026%2011/a%C3%BC.csv", 9);
    becomes("both", &json!([7, 9]), || intake.file(key)["notified"].clone());
}

#[test]
fn s51_s53_s62_the_records_of_a_stream_take_effect_in_order_and_poison_is_a_dead_letter() {
    let _nothing_is_throttled = peace();
    let intake = intake();
    let click = |visitor: &str, page: u32| {
        intake.put_record(visitor, json!({ "visitor": visitor, "page": page }).to_string().as_bytes())
    };
    for page in 0..10 {
        click("änne", page);
        click("berta", page);
    }
    let poison = intake.put_record("änne", b"no JSON \xff");
    for page in 10..20 {
        click("änne", page);
        click("berta", page);
    }
    let wanted: Vec<u32> = (0..20).collect();
    for visitor in ["änne", "berta"] {
        becomes(&format!("the pages of {visitor}"), &json!(wanted), || {
            intake.stage.entity("intake", "visitor", visitor).unwrap()["pages"].clone()
        });
    }
    let url = intake.stage.queue("intake-dlq").unwrap();
    let dead_letters = intake.stage.take(&url).unwrap();
    assert_eq!(dead_letters.len(), 1, "{dead_letters:#?}");
    let note = dead_letters[0].note().unwrap();
    assert_eq!(note.id.as_deref(), Some(&*poison), "{note:?}");
}
