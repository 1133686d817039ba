//! What tests do with a deployed stage besides using it: waits, and deliveries that are stopped.

use serde_json::json;

use super::{becomes, stage::Stage};

/// The path of all event source mappings.
const MAPPINGS: &str = "/2015-03-31/event-source-mappings/";

impl Stage {
    /// Waits until no message is under way.
    ///
    /// # Panics
    /// Where one still is at the end, or a queue cannot be asked.
    pub fn settle(&self) {
        becomes("nothing is under way", &0, || self.under_way().expect("the queues answer"));
    }

    /// Asserts that no service has dead letters, and takes them out where one has.
    ///
    /// # Panics
    /// Where there is one.
    pub fn assert_no_dead_letters(&self) {
        assert_eq!(self.take_dead_letters().expect("the queues answer"), [], "dead letters");
    }

    /// Lets a queue deliver to its function, or stops it, and waits until it is so.
    ///
    /// # Panics
    /// Where there is no such queue, or Lambda refuses.
    pub fn deliver(&self, queue: &str, enabled: bool) {
        let url = self.queue(queue).expect("the queue is there");
        let arn = self.queue_attribute(&url, "QueueArn").expect("the queue is there");
        self.switch(&format!("EventSourceArn={arn}"), enabled);
    }

    /// Ends all deliveries from queues and streams, so that the stage costs other tests nothing.
    ///
    /// # Panics
    /// Where Lambda refuses.
    pub fn silence(&self) {
        let rest =
            |method: &str, path: &str| self.client.rest("lambda", method, path, b"").expect("Lambda answers");
        let (all, ours) = (rest("GET", MAPPINGS), format!(":{}", self.function("")));
        for mapping in all["EventSourceMappings"].as_array().into_iter().flatten() {
            let (function, id) = (mapping["FunctionArn"].as_str(), mapping["UUID"].as_str());
            if function.is_some_and(|arn| arn.contains(&ours)) {
                rest("DELETE", &format!("{MAPPINGS}{}", id.unwrap_or_default()));
            }
        }
    }

    /// Enables or disables the event source mapping that `which` names, and waits until it is.
    ///
    /// # Panics
    /// Where there is none, or Lambda refuses.
    pub fn switch(&self, which: &str, enabled: bool) {
        let rest = |method: &str, path: &str, body: &str| {
            self.client.rest("lambda", method, path, body.as_bytes()).expect("the mapping is there")
        };
        let mappings = rest("GET", &format!("{MAPPINGS}?{which}"), "");
        let id = mappings["EventSourceMappings"][0]["UUID"].as_str().expect("the mapping is there");
        let path = format!("{MAPPINGS}{id}");
        rest("PUT", &path, &json!({ "Enabled": enabled }).to_string());
        let wanted = if enabled { "Enabled" } else { "Disabled" };
        becomes(&format!("the mapping of {which}"), &json!(wanted), || {
            rest("GET", &path, "")["State"].clone()
        });
    }
}
