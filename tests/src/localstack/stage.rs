//! A deployed stage: its names, its HTTP, its queues and tables. It may have been deployed by these
//! tests or by a person.

use std::collections::BTreeMap;

use order_platform::Style;
use orders::Order;
use serde_json::{Value, json};
use waxseal::{
    Entity,
    dead_letter::{self, Note},
    table::{Item, Key},
};

use super::{
    client::{Answer, CallError, Client},
    deploy::{Service, services},
    eventually,
    outside::Outside,
};

/// One stage of the platform, or of another application.
#[derive(Debug, Clone)]
pub struct Stage {
    /// The client of the API on which it is deployed.
    pub client: Client,
    /// The name in its resources' names.
    pub name: String,
    /// The application, the first part of its resources' names.
    application: String,
    /// The services of the platform there; none of another application.
    pub services: Vec<Service>,
    /// The host under which `orders` answers HTTP.
    host: String,
}

/// A message in a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its body.
    pub body: String,
    /// Its message attributes.
    pub attributes: BTreeMap<String, String>,
    handle: String,
}

impl Message {
    /// The note of a dead letter; `None` where SQS moved the message.
    #[must_use]
    pub fn note(&self) -> Option<Note<'static>> {
        Note::read(self.attributes.get(dead_letter::ATTRIBUTE)?)
    }
}

impl Stage {
    /// The platform's stage of this name, in the style in which it was deployed.
    ///
    /// # Errors
    /// Where `orders` is not deployed there.
    pub fn of(client: &Client, style: Style, name: &str) -> Result<Self, CallError> {
        let mut stage = Self::of_application(client, "shop", name);
        stage.services = services(style);
        stage.host = stage.host_of("orders")?;
        Ok(stage)
    }

    /// The host under which a service answers HTTP.
    ///
    /// # Errors
    /// Where it has no URL.
    pub fn host_of(&self, service: &str) -> Result<String, CallError> {
        let path = format!("/2021-10-31/functions/{}/url", self.function(service));
        let url = self.client.rest("lambda", "GET", &path, b"")?;
        let url = url["FunctionUrl"].as_str().unwrap_or_default();
        let host = url.split("//").nth(1).unwrap_or_default().trim_end_matches('/');
        // URL parsers refuse `….127.0.0.1`, which they take for an address with more than four
        // parts.
        Ok(host.replace(".127.0.0.1", ".localhost"))
    }

    /// The stage of an application without HTTP.
    #[must_use]
    pub fn of_application(client: &Client, application: &str, name: &str) -> Self {
        let (name, application) = (name.to_owned(), application.to_owned());
        Self { client: client.clone(), name, application, services: Vec::new(), host: String::new() }
    }

    /// The full name of a function: `orders`, `orders-relay`, ….
    #[must_use]
    pub fn function(&self, name: &str) -> String {
        format!("{}-{}-{name}", self.application, self.name)
    }

    /// The URL of a queue: `orders-events`, `orders-dlq`, ….
    ///
    /// # Errors
    /// Where there is none.
    pub fn queue(&self, name: &str) -> Result<String, CallError> {
        let name = if name.starts_with("test-") { name.to_owned() } else { self.function(name) };
        let queue = self.client.json("sqs", "AmazonSQS.GetQueueUrl", &json!({ "QueueName": name }))?;
        Ok(queue["QueueUrl"].as_str().unwrap_or_default().to_owned())
    }

    /// One attribute of a queue.
    ///
    /// # Errors
    /// Where there is no such queue.
    pub fn queue_attribute(&self, url: &str, name: &str) -> Result<String, CallError> {
        let body = json!({ "QueueUrl": url, "AttributeNames": [name] });
        let attributes = self.client.json("sqs", "AmazonSQS.GetQueueAttributes", &body)?;
        Ok(attributes["Attributes"][name].as_str().unwrap_or_default().to_owned())
    }

    /// The number of messages in a queue that can be received or have been. A message for later is
    /// none of them: the hint of a timer waits so for minutes.
    ///
    /// # Errors
    /// Where there is no such queue.
    pub fn depth(&self, url: &str) -> Result<u64, CallError> {
        let names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
        let body = json!({ "QueueUrl": url, "AttributeNames": names });
        let attributes = self.client.json("sqs", "AmazonSQS.GetQueueAttributes", &body)?;
        let number = |name: &str| attributes["Attributes"][name].as_str().and_then(|text| text.parse().ok());
        Ok(names.iter().map(|name| number(name).unwrap_or(0)).sum::<u64>())
    }

    /// The number of messages that functions have not finished, in all services' queues.
    ///
    /// # Errors
    /// Where a queue cannot be asked.
    pub fn under_way(&self) -> Result<u64, CallError> {
        let mut sum = 0;
        for url in self.sources()? {
            sum += self.depth(&url)?;
        }
        Ok(sum)
    }

    /// Every queue that a function reads.
    ///
    /// # Errors
    /// Where queues cannot be listed.
    pub fn sources(&self) -> Result<Vec<String>, CallError> {
        let body = json!({ "QueueNamePrefix": self.function("") });
        let queues = self.client.json("sqs", "AmazonSQS.ListQueues", &body)?;
        let urls = queues["QueueUrls"].as_array().into_iter().flatten().filter_map(Value::as_str);
        Ok(urls
            .filter(|url| url.ends_with("-events") || url.ends_with("-commands"))
            .map(str::to_owned)
            .collect())
    }

    /// Sets the visibility time-out of every queue that a function reads. The templates have six
    /// times the function's time limit, which is too long for tests. The functions' own retries
    /// come after a second.
    ///
    /// # Errors
    /// Where a queue or Lambda refuses.
    pub fn set_visibility(&self, seconds: u32) -> Result<(), CallError> {
        self.sources()?.iter().try_for_each(|url| self.set_queue_visibility(url, seconds))?;
        let backoff = [("WAXSEAL_BACKOFF_SECONDS", "1")];
        self.services.iter().try_for_each(|service| self.set_variables(&service.name, &backoff))
    }

    /// As [`Stage::set_visibility`], for one queue.
    ///
    /// # Errors
    /// Where it refuses.
    pub fn set_queue_visibility(&self, url: &str, seconds: u32) -> Result<(), CallError> {
        let body = json!({"QueueUrl": url, "Attributes": {"VisibilityTimeout": seconds.to_string()}});
        self.client.json("sqs", "AmazonSQS.SetQueueAttributes", &body).map(drop)
    }

    /// Sends one message.
    ///
    /// # Errors
    /// Where the queue refuses it.
    pub fn send(&self, url: &str, body: &str) -> Result<(), CallError> {
        let message = json!({ "QueueUrl": url, "MessageBody": body });
        self.client.json("sqs", "AmazonSQS.SendMessage", &message).map(drop)
    }

    /// Up to ten messages of a queue that no function reads.
    ///
    /// # Errors
    /// Where the queue refuses.
    pub fn receive(&self, url: &str, visibility: u32) -> Result<Vec<Message>, CallError> {
        let body = json!({
            "QueueUrl": url, "MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"], "VisibilityTimeout": visibility,
        });
        let answer = self.client.json("sqs", "AmazonSQS.ReceiveMessage", &body)?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let attribute = |(name, value): (&String, &Value)| (name.clone(), text(&value["StringValue"]));
        let message = |message: &Value| Message {
            body: text(&message["Body"]),
            attributes: message["MessageAttributes"]
                .as_object()
                .into_iter()
                .flatten()
                .map(attribute)
                .collect(),
            handle: text(&message["ReceiptHandle"]),
        };
        Ok(answer["Messages"].as_array().into_iter().flatten().map(message).collect())
    }

    /// Takes a message out of its queue.
    ///
    /// # Errors
    /// Where the queue refuses.
    pub fn delete(&self, url: &str, message: &Message) -> Result<(), CallError> {
        let body = json!({ "QueueUrl": url, "ReceiptHandle": message.handle });
        self.client.json("sqs", "AmazonSQS.DeleteMessage", &body).map(drop)
    }

    /// Makes a queue that gets a copy of every further envelope on the bus and on the topic
    /// `stock`, and returns its URL.
    ///
    /// # Errors
    /// Where a part of it cannot be made.
    pub fn listen(&self, name: &str) -> Result<String, CallError> {
        let queue = self.client.json("sqs", "AmazonSQS.CreateQueue", &json!({ "QueueName": name }))?;
        let url = queue["QueueUrl"].as_str().unwrap_or_default().to_owned();
        let arn = self.queue_attribute(&url, "QueueArn")?;
        let bus = self.function("bus");
        let everything = json!({"source": [{"prefix": ""}]}).to_string();
        let rule = json!({"Name": name, "EventBusName": bus, "EventPattern": everything});
        self.client.json("events", "AWSEvents.PutRule", &rule)?;
        let target = json!({"Id": "1", "Arn": arn, "InputPath": "$.detail"});
        let targets = json!({"Rule": name, "EventBusName": bus, "Targets": [target]});
        self.client.json("events", "AWSEvents.PutTargets", &targets)?;
        let topic = arn.replace(":sqs:", ":sns:").replace(name, &self.function("topic-stock"));
        let subscription = [
            ("TopicArn", &*topic),
            ("Protocol", "sqs"),
            ("Endpoint", &*arn),
            ("Attributes.entry.1.key", "RawMessageDelivery"),
            ("Attributes.entry.1.value", "true"),
        ];
        self.client.form("sns", "2010-03-31", "Subscribe", &subscription)?;
        Ok(url)
    }

    /// Ends what [`Stage::listen`] began.
    ///
    /// # Errors
    /// Where a part of it cannot be removed.
    pub fn stop_listening(&self, url: &str) -> Result<(), CallError> {
        let arn = self.queue_attribute(url, "QueueArn")?;
        let name = arn.rsplit(':').next().unwrap_or_default();
        let bus = self.function("bus");
        let targets = json!({"Rule": name, "EventBusName": bus, "Ids": ["1"]});
        self.client.json("events", "AWSEvents.RemoveTargets", &targets)?;
        self.client.json("events", "AWSEvents.DeleteRule", &json!({"Name": name, "EventBusName": bus}))?;
        // Its subscription has no target from now on, and is removed with the topic.
        self.client.json("sqs", "AmazonSQS.DeleteQueue", &json!({ "QueueUrl": url })).map(drop)
    }

    /// Takes every message out of a queue that no function reads.
    ///
    /// # Errors
    /// Where the queue refuses.
    pub fn take(&self, url: &str) -> Result<Vec<Message>, CallError> {
        let mut taken = Vec::new();
        loop {
            let messages = self.receive(url, 30)?;
            if messages.is_empty() {
                return Ok(taken);
            }
            let entry = |(id, message): (usize, &Message)| json!({"Id": id.to_string(), "ReceiptHandle": message.handle});
            let entries: Vec<Value> = messages.iter().enumerate().map(entry).collect();
            let body = json!({"QueueUrl": url, "Entries": entries});
            self.client.json("sqs", "AmazonSQS.DeleteMessageBatch", &body)?;
            taken.extend(messages);
        }
    }

    /// Every visible dead letter with its service, those of relays included. They stay in their
    /// queues.
    ///
    /// # Errors
    /// Where a queue refuses.
    pub fn dead_letters(&self) -> Result<Vec<(String, Message)>, CallError> {
        let mut dead_letters = Vec::new();
        for (service, queue) in self.dead_letter_queues() {
            let url = self.queue(&queue)?;
            loop {
                // The time is long enough that none is received twice.
                let messages = self.receive(&url, 20)?;
                if messages.is_empty() {
                    break;
                }
                dead_letters.extend(messages.into_iter().map(|dead_letter| (service.clone(), dead_letter)));
            }
        }
        Ok(dead_letters)
    }

    /// Takes every dead letter out of its queue, those of relays included, and returns it with its
    /// service.
    ///
    /// # Errors
    /// Where a queue refuses.
    pub fn take_dead_letters(&self) -> Result<Vec<(String, Message)>, CallError> {
        let mut dead_letters = Vec::new();
        for (service, queue) in self.dead_letter_queues() {
            let url = self.queue(&queue)?;
            dead_letters
                .extend(self.take(&url)?.into_iter().map(|dead_letter| (service.clone(), dead_letter)));
        }
        Ok(dead_letters)
    }

    /// The dead-letter queues with their services, named without application and stage: a service's
    /// own, and its relay's where it emits.
    fn dead_letter_queues(&self) -> Vec<(String, String)> {
        let of = |Service { name, has_relay }: &Service| {
            let own = (name.clone(), format!("{name}-dlq"));
            let relays = has_relay.then(|| (name.clone(), format!("{name}-relay-dlq")));
            [Some(own), relays].into_iter().flatten()
        };
        self.services.iter().flat_map(of).collect()
    }

    /// A request to `orders`.
    ///
    /// # Errors
    /// Where no answer comes.
    pub fn http(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer, CallError> {
        let mut all = vec![("host", &*self.host), ("content-type", "application/json")];
        all.extend(headers);
        self.client.send(method, path, &all, body)
    }

    /// Sets additional variables of a function, and waits until they are in effect.
    ///
    /// # Errors
    /// Where Lambda refuses.
    pub fn set_variables(&self, function: &str, variables: &[(&str, &str)]) -> Result<(), CallError> {
        let function = self.function(function);
        let path = format!("/2015-03-31/functions/{function}/configuration");
        let mut environment =
            self.client.rest("lambda", "GET", &path, b"")?["Environment"]["Variables"].take();
        for (name, value) in variables {
            environment[*name] = json!(value);
        }
        let body = json!({ "Environment": { "Variables": environment } }).to_string();
        self.client.rest("lambda", "PUT", &path, body.as_bytes())?;
        eventually(&format!("{function} has its variables"), || {
            let now = self.client.rest("lambda", "GET", &path, b"").ok()?;
            (now["LastUpdateStatus"] == "Successful").then_some(())
        });
        Ok(())
    }

    /// Points `payment` and `notification` at `outside`, instead of their deployed addresses.
    ///
    /// # Errors
    /// Where Lambda refuses.
    pub fn charge_and_mail(&self, outside: &Outside) -> Result<(), CallError> {
        self.set_variables("payment", &[("PAYMENT_GATEWAY_URL", &outside.gateway_url())])?;
        self.set_variables("notification", &[("SMTP_URL", &outside.mail_url())])
    }

    /// One item of a service's table.
    ///
    /// # Errors
    /// Where the table cannot be read.
    pub fn item(&self, service: &str, key: &Key) -> Result<Option<Item>, CallError> {
        let body = json!({
            "TableName": self.function(service), "ConsistentRead": true,
            "Key": {"pk": {"S": &*key.partition}, "sk": {"S": key.sort}},
        });
        let answer = self.client.json("dynamodb", "DynamoDB_20120810.GetItem", &body)?;
        Ok(answer.get("Item").map(item))
    }

    /// All items of a service's table, in the order of their keys.
    ///
    /// # Errors
    /// Where the table cannot be read.
    pub fn items(&self, service: &str) -> Result<Vec<Item>, CallError> {
        let (mut items, mut start) = (Vec::new(), Value::Null);
        loop {
            let mut body = json!({ "TableName": self.function(service), "ConsistentRead": true });
            if !start.is_null() {
                body["ExclusiveStartKey"] = start;
            }
            let mut page = self.client.json("dynamodb", "DynamoDB_20120810.Scan", &body)?;
            items.extend(page["Items"].as_array().into_iter().flatten().map(item));
            start = page["LastEvaluatedKey"].take();
            if start.is_null() {
                break;
            }
        }
        items.sort_by(|a: &Item, b| a.key.cmp(&b.key));
        Ok(items)
    }

    /// All entities of one kind, with their ids.
    ///
    /// # Errors
    /// Where the table cannot be read.
    pub fn entities<T: Entity>(&self, service: &str) -> Result<Vec<(String, T)>, CallError> {
        Ok(self.items(service)?.iter().filter_map(order_platform::entity).collect())
    }

    /// One entity's JSON; null where there is none.
    ///
    /// # Errors
    /// Where the table cannot be read.
    pub fn entity(&self, service: &str, kind: &str, id: &str) -> Result<Value, CallError> {
        let item = self.item(service, &Key::of(kind, &[id], "state"))?;
        let data = item.as_ref().and_then(|item| item.get_text("data")).unwrap_or("null");
        Ok(serde_json::from_str(data).unwrap_or_default())
    }

    /// All orders.
    ///
    /// # Errors
    /// Where the table cannot be read.
    pub fn orders(&self) -> Result<Vec<Order>, CallError> {
        Ok(self.entities::<Order>("orders")?.into_iter().map(|(_, order)| order).collect())
    }

    /// Takes in stock by the command of `inventory::receive`. The command has an id of its own, so
    /// it takes effect once.
    ///
    /// # Errors
    /// Where the queue refuses it.
    pub fn receive_stock(&self, stock: impl IntoIterator<Item = (String, u64)>) -> Result<(), CallError> {
        let url = self.queue("inventory-commands")?;
        for (sku, quantity) in stock {
            let command = json!({
                "eventId": format!("first:{sku}"), "eventType": "receive-stock", "eventVersion": 1,
                "timestamp": "2026-11-21T08:00:00Z", "source": "stock-file", "correlationId": format!("first:{sku}"),
                "data": {"sku": sku, "quantity": quantity},
            });
            self.send(&url, &command.to_string())?;
        }
        Ok(())
    }
}

/// DynamoDB's JSON as an item. A table holds only texts and numbers.
fn item(json: &Value) -> Item {
    let text = |name: &str| json[name]["S"].as_str().unwrap_or_default().to_owned();
    let mut item = Item::new(Key { partition: text("pk").into(), sort: text("sk").into() });
    for (name, value) in json.as_object().into_iter().flatten() {
        if name == "pk" || name == "sk" {
            continue;
        }
        if let Some(text) = value["S"].as_str() {
            item = item.text(name.clone(), text);
        } else if let Some(number) = value["N"].as_str().and_then(|number| number.parse().ok()) {
            item = item.number(name.clone(), number);
        }
    }
    item
}
