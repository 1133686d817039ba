//! A workspace that `waxseal new` wrote, deployed by its own command line: an order of it flows.
//!
//! It waits for no scenario, since its application has another name. Its functions are built as its
//! owner builds them, so the first run compiles the SDK in its profile; the target folder stays.

use std::{fs, path::PathBuf, process::Command};

use serde_json::{Value, json};
use waxseal_tests::localstack::{
    becomes, client::Client, deploy::waxseal, eventually, instance::root, progress,
};

use crate::world::{localstack, peace};

const STAGE: &str = "local-new";

/// The workspace of an application named `bazaar`, in a folder of its own.
struct Bazaar {
    folder: PathBuf,
    client: Client,
}

impl Bazaar {
    fn new(client: Client) -> Self {
        let within = root().join("target/tmp/waxseal-new/deployed");
        let _ = fs::remove_dir_all(&within);
        fs::create_dir_all(&within).unwrap();
        let bazaar = Self { folder: within.join("bazaar"), client };
        succeed(Command::new(waxseal().unwrap()).args(["new", "bazaar"]).current_dir(&within));
        fs::copy(root().join("Cargo.lock"), bazaar.folder.join("Cargo.lock")).unwrap();
        bazaar
    }

    /// Cargo in its folder. The result is the standard output.
    fn cargo(&self, arguments: &[&str]) -> String {
        let mut cargo = Command::new("cargo");
        cargo.args(arguments).current_dir(&self.folder);
        // The target folder of the tests of `waxseal-new`, which have compiled most of it.
        cargo.env("CARGO_TARGET_DIR", root().join("target/tmp/waxseal-new/target"));
        cargo.env("CARGO_NET_OFFLINE", "true").env_remove("RUSTFLAGS");
        succeed(cargo.env("AWS_ENDPOINT_URL", &self.client.endpoint))
    }

    /// What its `deploy` builds, so that a deploy takes seconds.
    fn build(&self) {
        self.cargo(&["build", "--quiet", "-p", "bazaar"]);
        self.cargo(&["build", "--quiet", "--bins", "-p", "orders", "-p", "shipping", "-p", "relay"]);
    }

    /// A command of its own command line, as its `make` calls it.
    fn run(&self, arguments: &[&str]) -> String {
        self.cargo(&[&["run", "--quiet", "-p", "bazaar", "--"], arguments].concat())
    }

    /// One request to the function URL of `orders`.
    fn request(&self, host: &str, method: &str, path: &str, key: &str, body: &Value) -> (u16, Value) {
        let headers = [("host", host), ("content-type", "application/json"), ("idempotency-key", key)];
        let answer = self.client.send(method, path, &headers, body.to_string().as_bytes()).unwrap();
        (answer.status, answer.json())
    }

    /// The number of messages in a queue.
    fn depth(&self, queue: &str) -> u64 {
        let name = format!("bazaar-{STAGE}-{queue}");
        let url = self.client.json("sqs", "AmazonSQS.GetQueueUrl", &json!({ "QueueName": name })).unwrap();
        let body = json!({ "QueueUrl": url["QueueUrl"], "AttributeNames": ["ApproximateNumberOfMessages"] });
        let attributes = self.client.json("sqs", "AmazonSQS.GetQueueAttributes", &body).unwrap();
        attributes["Attributes"]["ApproximateNumberOfMessages"].as_str().unwrap().parse().unwrap()
    }
}

fn succeed(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{said}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

#[test]
#[ignore = "it compiles the SDK once more: `make soak` runs it"]
fn a_new_workspace_is_deployed_and_an_order_of_it_flows() {
    let (client, _) = localstack().unwrap();
    let bazaar = Bazaar::new(client);
    progress("building a new workspace (minutes the first time)");
    bazaar.build();
    let _peace = peace();
    let outputs = bazaar.run(&["deploy", STAGE, "--json"]);
    let outputs: Value = serde_json::from_str(outputs.lines().last().unwrap()).unwrap();
    let url = outputs["orders"]["Url"].as_str().unwrap();
    let host = url.trim_start_matches("http://").trim_end_matches('/');

    let order = json!({ "order": "o-1", "article": "hat", "pieces": 2 });
    let place = || bazaar.request(host, "POST", "/orders", "key-1", &order);
    eventually("the order is taken", || Some(place()).filter(|(status, _)| *status == 202));
    assert_eq!(place(), (202, json!({ "repeated": true })));
    // orders → bus → shipping → bus → orders.
    becomes("the order is shipped", &json!("shipped"), || {
        bazaar.request(host, "GET", "/orders/o-1", "", &Value::Null).1["status"].clone()
    });
    for service in ["orders", "shipping"] {
        for queue in ["dlq", "relay-dlq"] {
            assert_eq!(bazaar.depth(&format!("{service}-{queue}")), 0, "{service}-{queue}");
        }
    }
    bazaar.run(&["undeploy", STAGE, "--yes"]);
}
