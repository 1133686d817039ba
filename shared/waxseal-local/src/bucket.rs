//! Buckets, as far as they notify: no object is stored.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use serde_json::json;
use waxseal::lock::Lock;

use crate::{message::NewMessage, queue::Queue, wire::REGION, world::World};

/// A bucket that notifies the queues of its readers. Clones are the same bucket. It stores no object.
#[derive(Debug, Clone)]
pub struct Bucket(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: String,
    world: World,
    readers: Lock<Vec<Queue>>,
    sequence: AtomicU64,
}

impl Bucket {
    pub(crate) fn new(name: &str, world: World) -> Self {
        let (readers, sequence) = (Lock::default(), AtomicU64::default());
        Self(Arc::new(Inner { name: name.to_owned(), world, readers, sequence }))
    }

    pub(crate) fn notify(&self, queue: &Queue) {
        self.0.readers.lock().push(queue.clone());
    }

    /// Notifies a queue no more.
    pub(crate) fn forget(&self, queue: &Queue) {
        self.0.readers.lock().retain(|reader| reader.name() != queue.name());
    }

    /// An object is put: `ObjectCreated:Put`.
    pub fn put(&self, key: &str, size: u64) {
        self.happens("ObjectCreated:Put", key, Some(size));
    }

    /// An object is deleted: `ObjectRemoved:Delete`.
    pub fn delete(&self, key: &str) {
        self.happens("ObjectRemoved:Delete", key, None);
    }

    /// Sends the notification of an event. Source: S3 user guide, "Event message structure".
    fn happens(&self, name: &str, key: &str, size: Option<u64>) {
        let Inner { name: bucket, world, readers, sequence } = &*self.0;
        let next = sequence.fetch_add(1, Ordering::Relaxed);
        let mut object = json!({ "key": encoded(key), "sequencer": format!("{next:018X}") });
        if let Some(size) = size {
            object["size"] = size.into();
        }
        let notification = json!({ "Records": [{
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": REGION,
            "eventTime": world.clock.now().to_string(),
            "eventName": name,
            "responseElements": { "x-amz-request-id": world.random.uuid() },
            "s3": {
                "s3SchemaVersion": "1.0",
                "bucket": { "name": bucket, "arn": format!("arn:aws:s3:::{bucket}") },
                "object": object,
            },
        }] });
        for queue in readers.lock().iter() {
            queue.deliver(NewMessage::new(notification.to_string()), bucket);
        }
    }
}

/// The key as S3 writes it into a notification: ` ` as `+`, other characters than these as `%XX`.
fn encoded(key: &str) -> String {
    let mut text = String::with_capacity(key.len());
    for byte in key.bytes() {
        match byte {
            b' ' => text.push('+'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' | b'/' => {
                text.push(char::from(byte))
            }
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}
