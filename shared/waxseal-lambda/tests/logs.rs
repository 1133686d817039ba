//! The log of a batch: each line names its record, event and flow, and no line holds a payload.
//!
//! A binary of its own: whether a line is written at all is remembered for the whole process, and other tests have no
//! subscriber.
#![allow(clippy::unwrap_used, reason = "a panic is a test's verdict")]

#[allow(dead_code, reason = "one of its users")]
#[path = "lambda/common.rs"]
mod common;

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use common::{inventory, invoke, orders};
use serde_json::Value;
use tracing_subscriber::fmt::MakeWriter;

#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Log {
    /// Its lines, each a JSON object as a function writes them.
    fn lines(&self) -> Vec<Value> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// The log of one invocation.
async fn log_of(payload: &[u8]) -> Vec<Value> {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().json().flatten_event(true).with_writer(log.clone()).finish();
    let (function, _) = inventory();
    let guard = tracing::subscriber::set_default(subscriber);
    let _answer = invoke(&function, payload).await.unwrap();
    drop(guard);
    log.lines()
}

#[tokio::test]
async fn s6_a_panics_message_is_logged_with_the_ids() {
    let lines = log_of(&orders(&[("m1", "hat"), ("m2", "panics"), ("m3", "hat")])).await;
    let line = lines.iter().find(|line| line["record"] == "m2").unwrap();
    assert_eq!(line["reason"], "the handler panicked: the shelf fell over");
    assert_eq!([&line["event"], &line["source"], &line["event_id"]], ["order.placed", "orders", "o-m2"]);
    assert!(lines.iter().all(|line| line["record"] != "m1" && line["record"] != "m3"), "{lines:?}");
}

#[tokio::test]
async fn s44_what_a_handler_logs_is_in_a_span_that_links_to_the_events_own() {
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let payload = String::from_utf8(orders(&[("m1", "hat"), ("m2", "scarf")])).unwrap();
    // One of two carries a trace.
    let carried = format!(r#"\"eventId\":\"o-m1\",\"metadata\":{{\"traceparent\":\"{trace}\"}}"#);
    let payload = payload.replace(r#"\"eventId\":\"o-m1\""#, &carried);
    let lines = log_of(payload.as_bytes()).await;
    let of = |order: &str| lines.iter().find(|line| line["order"] == order).unwrap()["span"].clone();
    let (first, second) = (of("o-m1"), of("o-m2"));
    assert_eq!((&first["name"], &first["link"]), (&"handle".into(), &trace.into()));
    assert_eq!(second["link"], Value::Null);
    for (span, id) in [(&first, "o-m1"), (&second, "o-m2")] {
        assert_eq!(span["consumer"], "inventory/reserve-stock");
        assert_eq!([&span["event_id"], &span["source"], &span["correlation_id"]], [id, "orders", "web-4711"]);
    }
}

#[tokio::test]
async fn no_line_holds_a_payload() {
    let skus = ["hat", "broken", "never", "panics"];
    let records: Vec<_> = skus.iter().enumerate().map(|(n, sku)| (format!("m{n}"), *sku)).collect();
    let records: Vec<_> = records.iter().map(|(id, sku)| (&**id, *sku)).collect();
    let lines = log_of(&orders(&records)).await;
    assert!(!lines.is_empty());
    for line in lines {
        let text = line.to_string();
        for part in ["unitPrice", "1250", "currency", "EUR"] {
            assert!(!text.contains(part), "{text}");
        }
    }
}
