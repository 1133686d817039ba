//! The service `depot` with its process, deployed beside the platform by the written templates.

use std::{
    env, fs,
    io::{Cursor, Write as _},
};

use serde_json::{Value, json};
use waxseal::{Envelope, Message, Timestamp};
use waxseal_catalog::{App, Deployed};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::client::{CallError, Client, REGION, authorization};
use crate::parcels;

const CLOUDFORMATION: &str = "2010-05-15";
const BUCKET: &str = "depot-packages";

/// The deployed service.
#[derive(Debug)]
pub struct Depot {
    client: Client,
}

/// The application.
#[must_use]
pub fn app() -> App {
    App::new("parcels").service(Deployed::new(parcels::service()))
}

impl Depot {
    /// Deploys it.
    ///
    /// # Errors
    /// Where a binary was not built, or a stack is refused.
    pub fn deploy(client: &Client) -> Result<Self, String> {
        let depot = Self { client: client.clone() };
        let path = format!("/{BUCKET}");
        let place = format!(
            "<CreateBucketConfiguration><LocationConstraint>{REGION}</LocationConstraint></CreateBucketConfiguration>"
        );
        // The first region is named by an empty body.
        let body = if REGION == "us-east-1" { Vec::new() } else { place.into_bytes() };
        depot.put(&path, &body)?;
        for binary in ["depot", "relay"] {
            depot.put(&format!("{path}/{binary}.zip"), &package(binary)?)?;
        }
        let stacks = waxseal_infra::templates(&app()).map_err(|error| error.to_string())?;
        for stack in stacks {
            let mut template = stack.template;
            for resource in template["Resources"].as_object_mut().into_iter().flat_map(|all| all.values_mut())
            {
                if let Some(code) = resource["Properties"]["Code"].as_str() {
                    let binary = if code.contains("/relay/") { "relay" } else { "depot" };
                    resource["Properties"]["Code"] =
                        json!({ "S3Bucket": BUCKET, "S3Key": format!("{binary}.zip") });
                }
            }
            depot.create(&format!("parcels-test-{}", stack.name), &template)?;
        }
        Ok(depot)
    }

    fn put(&self, path: &str, body: &[u8]) -> Result<(), String> {
        let headers = [("authorization", &*authorization("s3"))];
        let answer = self.client.send("PUT", path, &headers, body).map_err(|error| error.to_string())?;
        match answer.status {
            200 => Ok(()),
            status => Err(format!("PUT {path}: {status} {}", String::from_utf8_lossy(&answer.body))),
        }
    }

    fn create(&self, name: &str, template: &Value) -> Result<(), String> {
        let text = template.to_string();
        let has = |parameter: &str| !template["Parameters"][parameter].is_null();
        let mut fields = vec![
            ("StackName", name),
            ("TemplateBody", &*text),
            ("Capabilities.member.1", "CAPABILITY_NAMED_IAM"),
            ("Parameters.member.1.ParameterKey", "Stage"),
            ("Parameters.member.1.ParameterValue", "test"),
        ];
        if has("DeletionProtection") {
            fields.push(("Parameters.member.2.ParameterKey", "DeletionProtection"));
            fields.push(("Parameters.member.2.ParameterValue", "false"));
        }
        let form = |action, fields: &[(&str, &str)]| {
            self.client
                .form("cloudformation", CLOUDFORMATION, action, fields)
                .map_err(|error| error.to_string())
        };
        form("CreateStack", &fields)?;
        let status = super::within(&format!("the stack {name}"), || {
            let stacks = form("DescribeStacks", &[("StackName", name)]).ok()?.to_string();
            (!stacks.contains("_IN_PROGRESS")).then_some(stacks)
        })?;
        match status.contains("\"CREATE_COMPLETE\"") {
            true => Ok(()),
            false => Err(format!("the stack {name}: {status}")),
        }
    }

    /// The URL of one of its queues.
    ///
    /// # Errors
    /// Where there is none.
    pub fn queue(&self, name: &str) -> Result<String, CallError> {
        let body = json!({ "QueueName": format!("parcels-test-depot-{name}") });
        let queue = self.client.json("sqs", "AmazonSQS.GetQueueUrl", &body)?;
        Ok(queue["QueueUrl"].as_str().unwrap_or_default().to_owned())
    }

    /// The number of messages in one of its queues, those under way included.
    ///
    /// # Errors
    /// Where there is none.
    pub fn depth(&self, name: &str) -> Result<u64, CallError> {
        let names = [
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        ];
        let body = json!({ "QueueUrl": self.queue(name)?, "AttributeNames": names });
        let attributes = self.client.json("sqs", "AmazonSQS.GetQueueAttributes", &body)?;
        let number = |name: &str| attributes["Attributes"][name].as_str().and_then(|text| text.parse().ok());
        Ok(names.iter().map(|name| number(name).unwrap_or(0)).sum::<u64>())
    }

    /// Removes every message of its queue of commands.
    ///
    /// # Errors
    /// Where the queue refuses.
    pub fn purge(&self) -> Result<(), CallError> {
        let body = json!({ "QueueUrl": self.queue("commands")? });
        self.client.json("sqs", "AmazonSQS.PurgeQueue", &body).map(drop)
    }

    /// Sends a command to it.
    ///
    /// # Errors
    /// Where its queue refuses it.
    pub fn send<M: Message>(&self, id: &str, command: M) -> Result<(), String> {
        let now = Timestamp::from(std::time::SystemTime::now());
        let raw =
            Envelope::starting(id, "shop", now, command).into_raw().map_err(|error| error.to_string())?;
        let body = serde_json::to_string(&raw).map_err(|error| error.to_string())?;
        let queue = self.queue("commands").map_err(|error| error.to_string())?;
        let message = json!({ "QueueUrl": queue, "MessageBody": body });
        self.client
            .json("sqs", "AmazonSQS.SendMessage", &message)
            .map(drop)
            .map_err(|error| error.to_string())
    }

    /// Invokes its function (`""`) or its relay (`"-relay"`), and waits for the answer.
    ///
    /// # Errors
    /// Where there is no answer.
    pub fn invoke(&self, function: &str, payload: &Value) -> Result<Value, CallError> {
        let path = format!("/2015-03-31/functions/parcels-test-depot{function}/invocations");
        self.client.rest("lambda", "POST", &path, payload.to_string().as_bytes())
    }

    /// An instance of its process; null where there is none.
    ///
    /// # Errors
    /// Where its function does not answer.
    pub fn instance(&self, parcel: &str) -> Result<Value, CallError> {
        self.invoke("", &json!({ "process": { "kind": "delivery", "id": parcel } }))
    }

    /// An item of its table, as DynamoDB has it; null where there is none.
    ///
    /// # Errors
    /// Where the table cannot be read.
    pub fn item(&self, partition: &str, sort: &str) -> Result<Value, CallError> {
        let body = json!({
            "TableName": "parcels-test-depot", "ConsistentRead": true,
            "Key": { "pk": { "S": partition }, "sk": { "S": sort } },
        });
        Ok(self.client.json("dynamodb", "DynamoDB_20120810.GetItem", &body)?["Item"].take())
    }

    /// Every item of its table with a time at which it is woken.
    ///
    /// # Errors
    /// Where the table cannot be read.
    pub fn waiting(&self) -> Result<Vec<Value>, CallError> {
        let body = json!({ "TableName": "parcels-test-depot", "IndexName": "timers" });
        let mut page = self.client.json("dynamodb", "DynamoDB_20120810.Scan", &body)?;
        Ok(page["Items"].as_array_mut().map(std::mem::take).unwrap_or_default())
    }

    /// Writes an item as it is.
    ///
    /// # Errors
    /// Where the table refuses it.
    pub fn write(&self, item: &Value) -> Result<(), CallError> {
        let body = json!({ "TableName": "parcels-test-depot", "Item": item });
        self.client.json("dynamodb", "DynamoDB_20120810.PutItem", &body).map(drop)
    }

    /// Switches the delivery of its commands off or on, and waits until it is.
    ///
    /// # Errors
    /// Where it stays.
    pub fn switch(&self, enabled: bool) -> Result<(), String> {
        let text = |error: CallError| error.to_string();
        let body =
            json!({ "QueueUrl": self.queue("commands").map_err(text)?, "AttributeNames": ["QueueArn"] });
        let arn = self.client.json("sqs", "AmazonSQS.GetQueueAttributes", &body).map_err(text)?;
        let arn = arn["Attributes"]["QueueArn"].as_str().unwrap_or_default().to_owned();
        let list = format!("/2015-03-31/event-source-mappings/?EventSourceArn={arn}");
        let mappings = self.client.rest("lambda", "GET", &list, b"").map_err(text)?;
        let id = mappings["EventSourceMappings"][0]["UUID"].as_str().unwrap_or_default().to_owned();
        let path = format!("/2015-03-31/event-source-mappings/{id}");
        let body = json!({ "Enabled": enabled }).to_string();
        self.client.rest("lambda", "PUT", &path, body.as_bytes()).map_err(text)?;
        let wanted = if enabled { "Enabled" } else { "Disabled" };
        super::within(&format!("the mapping is {wanted}"), || {
            let mapping = self.client.rest("lambda", "GET", &path, b"").ok()?;
            (mapping["State"] == wanted).then_some(())
        })
    }
}

/// A binary as `bootstrap` in a zip. It is in the folder of this program, or the one above that of a
/// test.
fn package(binary: &str) -> Result<Vec<u8>, String> {
    let own = env::current_exe().map_err(|error| error.to_string())?;
    let mut places = own.ancestors().skip(1).take(2).map(|folder| folder.join(binary));
    let path = places.find(|path| path.is_file()).ok_or_else(|| {
        format!("the binary {binary} is missing: `cargo build --profile ci --bins -p relay -p waxseal-tests`")
    })?;
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options =
        SimpleFileOptions::default().compression_method(CompressionMethod::Stored).unix_permissions(0o755);
    archive.start_file("bootstrap", options).map_err(|error| error.to_string())?;
    let bytes = fs::read(&path).map_err(|error| error.to_string())?;
    archive.write_all(&bytes).map_err(|error| error.to_string())?;
    archive.finish().map(Cursor::into_inner).map_err(|error| error.to_string())
}
