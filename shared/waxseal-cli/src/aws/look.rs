//! `retire --stage`: what a stage still has of a consumer. It reads, and changes nothing.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use waxseal::{
    catalog::Entry,
    table::{Key, attribute},
};
use waxseal_catalog::{App, Deployed};
use waxseal_infra::{Stack, templates};

use crate::{
    arguments::Subject,
    aws::{stacks::Stacks, stage::Stage, tool::Aws},
    command_error::CommandError,
    interrupt,
    retire::found::{Found, Kind},
    workspace::Workspace,
};

/// The largest table whose receipts are counted: a scan of it reads 0.13 million read units.
const LARGEST_SCAN: u64 = 1 << 30;

/// What is looked at: services, the messages whose rules matter (all where there is none), and the
/// consumer whose receipts do.
struct Scope {
    services: BTreeSet<String>,
    messages: Option<BTreeSet<&'static str>>,
    handler: Option<String>,
    /// Whether the service as a whole goes.
    is_service: bool,
}

pub(crate) fn look(
    app: &App,
    workspace: &Workspace,
    stage: &str,
    subject: &Subject,
) -> Result<Vec<Found>, CommandError> {
    let stage = Stage::of(stage)?;
    interrupt::watch();
    let aws = Aws::of(&stage, workspace)?;
    let stacks = Stacks { app: &app.name, stage: &stage, aws: &aws };
    let written = templates(app).map_err(|error| CommandError::Findings(error.to_string()))?;
    let scope = scope(app, subject);
    let mut found = Vec::new();
    for stack in written.iter().filter(|stack| scope.services.contains(&stack.name)) {
        found.extend(in_stack(&stacks, stack, &scope)?);
        if scope.is_service {
            let name = stacks.name(&stack.name);
            let status = stacks.status(&name)?;
            let is_clear = Some(status.is_none());
            let text = status.unwrap_or_else(|| "it does not exist".to_owned());
            found.push(Found { kind: Kind::Stack, name, text, is_clear });
        }
    }
    Ok(found)
}

fn scope(app: &App, subject: &Subject) -> Scope {
    match subject {
        Subject::Handler { service, handler } => {
            let own = app.find(service).map(Deployed::catalog).unwrap_or_default();
            let consumes = |is_own: bool| -> BTreeSet<&'static str> {
                let chosen = own.iter().filter(|entry| (entry.handler == handler) == is_own);
                chosen.map(|entry: &Entry| entry.consumes.name).collect()
            };
            // A rule stays for another handler of its message.
            let messages = consumes(true).difference(&consumes(false)).copied().collect();
            let handler = Some(format!("{service}/{handler}"));
            let services = BTreeSet::from([service.clone()]);
            Scope { services, messages: Some(messages), handler, is_service: false }
        }
        Subject::Service { service } => {
            let services = BTreeSet::from([service.clone()]);
            Scope { services, messages: None, handler: None, is_service: true }
        }
        Subject::Event { event, .. } => {
            let reads =
                |service: &&Deployed| service.catalog().iter().any(|entry| entry.consumes.name == event);
            let services =
                app.services.iter().filter(reads).map(|service| service.name().to_owned()).collect();
            // A version goes, and the rules of its event stay.
            Scope { services, messages: Some(BTreeSet::new()), handler: None, is_service: false }
        }
    }
}

fn in_stack(stacks: &Stacks<'_>, stack: &Stack, scope: &Scope) -> Result<Vec<Found>, CommandError> {
    let mut found = Vec::new();
    for (id, resource) in stack.template["Resources"].as_object().into_iter().flatten() {
        let properties = &resource["Properties"];
        let name = |property: &str| filled(&properties[property], &stacks.stage.name);
        match resource["Type"].as_str().unwrap_or_default() {
            "AWS::Events::Rule" => {
                let of = |message: &str| {
                    let types = &properties["EventPattern"]["detail-type"];
                    types.as_array().into_iter().flatten().any(|one| one == message)
                };
                let is_meant = scope.messages.as_ref().is_none_or(|all| all.iter().any(|one| of(one)));
                if let Some(name) = name("Name").filter(|_| is_meant) {
                    found.push(rule(stacks, name, properties)?);
                }
            }
            "AWS::SQS::Queue" => {
                let kind = if id.ends_with("DeadLetters") { Kind::DeadLetters } else { Kind::Queue };
                if let Some(name) = name("QueueName") {
                    found.push(queue(stacks.aws, kind, name)?);
                }
            }
            "AWS::DynamoDB::Table" if id == "Table" && (scope.is_service || scope.handler.is_some()) => {
                if let Some(name) = name("TableName") {
                    found.push(receipts(stacks.aws, name, scope.handler.as_deref())?);
                }
            }
            _ => {}
        }
    }
    // Rules first, then what waits, then what is remembered: as the steps go.
    let order = [Kind::Rule, Kind::Queue, Kind::DeadLetters, Kind::Receipts];
    found.sort_by_key(|one| order.iter().position(|kind| *kind == one.kind));
    Ok(found)
}

/// A name of the templates on a stage; `None` where it has more in it than the stage.
fn filled(name: &Value, stage: &str) -> Option<String> {
    let text = name["Fn::Sub"].as_str().or_else(|| name.as_str())?.replace("${Stage}", stage);
    (!text.contains("${")).then_some(text)
}

/// The answer of a call; `None` where the resource does not exist.
pub(super) fn existing(answer: Result<Value, CommandError>) -> Result<Option<Value>, CommandError> {
    // The codes of SQS, EventBridge, DynamoDB and S3, and the words of LocalStack.
    let missing = [
        "NonExistentQueue",
        "QueueDoesNotExist",
        "ResourceNotFound",
        "NoSuchBucket",
        "does not exist",
        "(404)",
    ];
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(CommandError::Failed(text)) if missing.iter().any(|word| text.contains(word)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn gone(kind: Kind, name: String) -> Found {
    Found { kind, name, text: "it does not exist".to_owned(), is_clear: Some(true) }
}

fn rule(stacks: &Stacks<'_>, name: String, properties: &Value) -> Result<Found, CommandError> {
    let kind = Kind::Rule;
    let own_bus = stacks.name("bus");
    let bus = match &properties["EventBusName"] {
        Value::Null => "default",
        bus if bus.get("Fn::ImportValue").is_some() => own_bus.as_str(),
        // A stage alone knows the name of a partner's bus.
        _ => {
            let text = "it is on the bus of a partner: look there".to_owned();
            return Ok(Found { kind, name, text, is_clear: None });
        }
    };
    let answer = stacks.aws.json(&["events", "describe-rule", "--name", &name, "--event-bus-name", bus]);
    let Some(answer) = existing(answer)? else { return Ok(gone(kind, name)) };
    let state = answer["State"].as_str().unwrap_or_default().to_lowercase();
    let is_clear = Some(state == "disabled");
    Ok(Found { kind, name, text: format!("it is {state}"), is_clear })
}

fn queue(aws: &Aws, kind: Kind, name: String) -> Result<Found, CommandError> {
    let Some(answer) = existing(aws.json(&["sqs", "get-queue-url", "--queue-name", &name]))? else {
        return Ok(gone(kind, name));
    };
    let url = answer["QueueUrl"].as_str().unwrap_or_default();
    let answer =
        aws.json(&["sqs", "get-queue-attributes", "--queue-url", url, "--attribute-names", "All"])?;
    let (text, is_clear) = messages(&answer["Attributes"]);
    Ok(Found { kind, name, text, is_clear })
}

/// What the attributes of a queue say.
fn messages(attributes: &Value) -> (String, Option<bool>) {
    let count = |name: &str| -> Option<u64> { attributes[name].as_str()?.parse().ok() };
    let waiting = count("ApproximateNumberOfMessages");
    let [working, later] = ["ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"]
        .map(|name| count(name).unwrap_or_default());
    let Some(waiting) = waiting else { return ("its messages are not known".to_owned(), None) };
    let text = format!("{waiting} messages wait, {working} are in work, {later} come later (about)");
    (text, Some(waiting + working + later == 0))
}

fn receipts(aws: &Aws, name: String, handler: Option<&str>) -> Result<Found, CommandError> {
    let kind = Kind::Receipts;
    let Some(answer) = existing(aws.json(&["dynamodb", "describe-table", "--table-name", &name]))? else {
        return Ok(gone(kind, name));
    };
    let table = &answer["Table"];
    let (bytes, items) = (table["TableSizeBytes"].as_u64(), table["ItemCount"].as_u64().unwrap_or_default());
    if bytes.is_none_or(|bytes| bytes > LARGEST_SCAN) {
        let text = format!("some {items} items: too many to count the receipts among them");
        return Ok(Found { kind, name, text, is_clear: None });
    }
    let (filter, names, values) = filter(handler);
    let answer = aws.json(&[
        "dynamodb",
        "scan",
        "--table-name",
        &name,
        "--select",
        "COUNT",
        "--filter-expression",
        &filter,
        "--expression-attribute-names",
        &names.to_string(),
        "--expression-attribute-values",
        &values.to_string(),
    ])?;
    let count = answer["Count"].as_u64();
    let text = match (count, handler) {
        (Some(count), Some(handler)) => format!("{count} receipts of {handler} have not expired"),
        (Some(count), None) => format!("{count} receipts have not expired"),
        (None, _) => "its receipts are not known".to_owned(),
    };
    Ok(Found { kind, name, text, is_clear: count.map(|count| count == 0) })
}

/// The filter for receipts that have not expired, of one consumer or of all.
fn filter(consumer: Option<&str>) -> (String, Value, Value) {
    let now =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_secs();
    // The key of a receipt begins with its consumer. Source of the form: `waxseal::row::receipt::key`.
    let start = match consumer {
        Some(consumer) => Key::of("receipt", &[consumer, ""], "").partition.to_string(),
        None => "receipt#".to_owned(),
    };
    let filter = "begins_with(#key, :start) AND #expires > :now".to_owned();
    let names = json!({ "#key": attribute::PARTITION, "#expires": attribute::EXPIRES });
    let values = json!({ ":start": { "S": start }, ":now": { "N": now.to_string() } });
    (filter, names, values)
}

#[cfg(test)]
mod tests {
    use waxseal::{Channel, Declared};

    use super::*;

    const PLACED: Declared = Declared::new("order.placed", "orders", Channel::Bus);
    const PAID: Declared = Declared::new("order.paid", "orders", Channel::Bus);

    fn app() -> App {
        let stock = vec![
            Entry::new("stock", "reserve", PLACED, &[]),
            Entry::new("stock", "count", PLACED, &[]),
            Entry::new("stock", "ship", PAID, &[]),
        ];
        App::new("shop")
            .service(Deployed::of_catalog("stock", stock))
            .service(Deployed::of_catalog("mails", vec![Entry::new("mails", "thank", PLACED, &[])]))
    }

    #[test]
    fn i7_the_rules_of_a_handler_are_those_that_go_with_it() {
        let of = |handler: &str| {
            let subject = Subject::Handler { service: "stock".to_owned(), handler: handler.to_owned() };
            scope(&app(), &subject).messages.unwrap()
        };
        assert_eq!(of("reserve"), BTreeSet::new(), "the rule stays for `count`");
        assert_eq!(of("ship"), BTreeSet::from(["order.paid"]));
        let event = scope(&app(), &Subject::Event { event: "order.placed".to_owned(), version: 1 });
        assert_eq!(event.services, ["mails", "stock"].map(str::to_owned).into());
    }

    #[test]
    fn i7_a_queue_is_empty_when_nothing_waits_works_or_comes_later() {
        let attributes = |waiting: &str, working: &str, later: &str| {
            json!({
                "ApproximateNumberOfMessages": waiting,
                "ApproximateNumberOfMessagesNotVisible": working,
                "ApproximateNumberOfMessagesDelayed": later,
            })
        };
        assert_eq!(messages(&attributes("0", "0", "0")).1, Some(true));
        for (waiting, working, later) in [("1", "0", "0"), ("0", "1", "0"), ("0", "0", "1")] {
            assert_eq!(messages(&attributes(waiting, working, later)).1, Some(false));
        }
        assert_eq!(messages(&json!({})).1, None);
    }

    #[test]
    fn i7_receipts_are_those_of_the_consumer_under_the_key_that_the_engine_writes() {
        let (_, names, values) = filter(Some("stock/reserve"));
        let key = waxseal::row::receipt::key("stock/reserve", "orders", "e1");
        let start = values[":start"]["S"].as_str().unwrap();
        assert!(key.partition.starts_with(start), "{} {start}", key.partition);
        let other = waxseal::row::receipt::key("stock/reserve-more", "orders", "e1");
        assert!(!other.partition.starts_with(start));
        assert_eq!((names["#key"].as_str(), names["#expires"].as_str()), (Some("pk"), Some("expires_at")));
        assert!(key.partition.starts_with(filter(None).2[":start"]["S"].as_str().unwrap()));
    }

    #[test]
    fn a_resource_that_is_not_there_is_no_failure_and_a_denied_one_is() {
        let failed = |text: &str| Err(CommandError::Failed(text.to_owned()));
        assert_eq!(existing(failed("An error occurred (ResourceNotFoundException)")).unwrap(), None);
        assert_eq!(existing(failed("AWS.SimpleQueueService.NonExistentQueue")).unwrap(), None);
        assert!(existing(failed("An error occurred (AccessDenied)")).is_err());
    }
}
