//! What tests do with a deployed stage besides using it: waits, and deliveries that are stopped.

use serde_json::json;

use super::{becomes, deploy::Service, stage::Stage};

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
        for Service { name, has_relay } in &self.services {
            let functions = [Some(name.clone()), has_relay.then(|| format!("{name}-relay"))];
            for function in functions.into_iter().flatten() {
                let list =
                    format!("/2015-03-31/event-source-mappings/?FunctionName={}", self.function(&function));
                let all = self.client.rest("lambda", "GET", &list, b"").expect("Lambda answers");
                for mapping in all["EventSourceMappings"].as_array().into_iter().flatten() {
                    let id = mapping["UUID"].as_str().unwrap_or_default();
                    let path = format!("/2015-03-31/event-source-mappings/{id}");
                    self.client.rest("lambda", "DELETE", &path, b"").expect("the mapping is deleted");
                }
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
        let mappings = rest("GET", &format!("/2015-03-31/event-source-mappings/?{which}"), "");
        let id = mappings["EventSourceMappings"][0]["UUID"].as_str().expect("the mapping is there");
        let path = format!("/2015-03-31/event-source-mappings/{id}");
        rest("PUT", &path, &json!({ "Enabled": enabled }).to_string());
        let wanted = if enabled { "Enabled" } else { "Disabled" };
        becomes(&format!("the mapping of {which}"), &json!(wanted), || {
            rest("GET", &path, "")["State"].clone()
        });
    }
}
