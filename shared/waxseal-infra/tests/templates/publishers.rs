//! S-64 in the templates: a program publishes its own messages and nothing else, and the checks
//! notice a policy that allows another thing.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use waxseal::{Channel, Declared};
use waxseal_catalog::{App, Publisher};
use waxseal_infra::{AppError, Finding, Stack, check, templates};

use crate::support::service;

const PAID: Declared = Declared::new("invoice.paid", "billing-import", Channel::Bus);
const DUNNED: Declared = Declared::new("invoice.dunned", "billing-import", Channel::Topic("dunning"));
const REMIND: Declared = Declared::new("remind", "mail", Channel::Queue("mail"));

const STATEMENTS: &str = "/Resources/Publishing/Properties/PolicyDocument/Statement";

/// A program that publishes to every kind of channel, and a service that reads all of it.
fn shop() -> App {
    let mut app = App::new("shop").service(service("mail", &[(PAID, &[]), (DUNNED, &[])]));
    let commands = waxseal::catalog::Entry::new("mail", "remind", REMIND, &[]);
    let mut entries = app.services[0].catalog().to_vec();
    entries[1].handler = "dunned";
    entries.push(commands);
    app.services[0] = waxseal_catalog::Deployed::of_catalog("mail", entries);
    app.publishers.push(Publisher::new("billing-import", [PAID, DUNNED, REMIND]));
    app
}

fn program(stacks: &mut [Stack]) -> &mut Value {
    &mut stacks.iter_mut().find(|stack| stack.name == "billing-import").expect("a stack").template
}

#[test]
fn s64_a_program_may_publish_its_own_messages_and_nothing_else() {
    let app = shop();
    assert_eq!(app.check(), []);
    let mut stacks = templates(&app).expect("templates");
    assert_eq!(check(&app, &stacks), []);
    let program = program(&mut stacks);
    let statements = program.pointer(STATEMENTS).expect("statements");
    let queue = "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:shop-${Stage}-mail-commands";
    let import =
        |name: &str| json!({ "Fn::ImportValue": { "Fn::Sub": format!("shop-${{Stage}}-bus-{name}") } });
    assert_eq!(
        statements,
        &json!([
            {
                "Sid": "OwnEvents",
                "Effect": "Allow",
                "Action": "events:PutEvents",
                "Resource": import("arn"),
                "Condition": {
                    "StringEquals": {
                        "events:source": "billing-import",
                        "events:detail-type": ["invoice.paid"],
                    },
                },
            },
            {
                "Sid": "OwnTopics",
                "Effect": "Allow",
                "Action": "sns:Publish",
                "Resource": [import("topic-dunning")],
            },
            {
                "Sid": "TopicsKey",
                "Effect": "Allow",
                "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
                "Resource": import("key"),
            },
            {
                "Sid": "Recipients",
                "Effect": "Allow",
                "Action": "sqs:SendMessage",
                "Resource": [{ "Fn::Sub": queue }],
            },
        ])
    );
    let outputs = &program["Outputs"];
    assert_eq!(outputs["WaxsealBus"]["Value"], import("name"));
    assert_eq!(outputs["WaxsealTopicDunning"]["Value"], import("topic-dunning"));
    assert_eq!(outputs["WaxsealQueueMail"]["Description"], "The value of WAXSEAL_QUEUE_MAIL");
    assert_eq!(outputs["PolicyArn"]["Value"], json!({ "Ref": "Publishing" }));
}

/// A wrong policy of a program.
#[derive(Debug, Clone, Copy)]
enum Wrong {
    /// Ownership is no condition.
    AnySource,
    /// The program publishes under the name of a service.
    AnotherSource,
    /// The program publishes types that it does not declare.
    MoreTypes,
    /// The condition holds where the key is absent.
    ForAllValues,
    /// The program sends commands to everybody.
    EveryQueue,
    /// The program reads a queue as well.
    MoreActions,
    /// The template attaches the policy to a role of its own choice.
    Attached,
    /// There is no policy.
    Missing,
}

impl Wrong {
    fn write(self, template: &mut Value) {
        let mut set = |rest: &str, value: Value| {
            let (parent, last) = rest.rsplit_once('/').expect("a pointer");
            let at = format!("/Resources/Publishing/Properties{parent}");
            match template.pointer_mut(&at).expect("a place") {
                Value::Array(items) => items.push(value),
                other => other[last] = value,
            }
        };
        let condition = "/PolicyDocument/Statement/0/Condition";
        match self {
            Self::AnySource => set(condition, json!({})),
            Self::AnotherSource => set(&format!("{condition}/StringEquals/events:source"), json!("mail")),
            Self::MoreTypes => {
                let types = json!(["invoice.paid", "order.placed"]);
                set(&format!("{condition}/StringEquals/events:detail-type"), types);
            }
            Self::ForAllValues => set(
                condition,
                json!({ "ForAllValues:StringEquals": {
                    "events:source": "billing-import",
                    "events:detail-type": ["invoice.paid"],
                } }),
            ),
            Self::EveryQueue => set("/PolicyDocument/Statement/3/Resource", json!("*")),
            Self::MoreActions => {
                set("/PolicyDocument/Statement/3/Action", json!(["sqs:SendMessage", "sqs:ReceiveMessage"]))
            }
            Self::Attached => set("/Roles", json!(["admin"])),
            Self::Missing => {
                template["Resources"] = json!({});
                template["Outputs"] = json!({});
            }
        }
    }
}

#[test]
fn s64_every_wrong_policy_of_a_program_is_found() {
    for wrong in [
        Wrong::AnySource,
        Wrong::AnotherSource,
        Wrong::MoreTypes,
        Wrong::ForAllValues,
        Wrong::EveryQueue,
        Wrong::MoreActions,
        Wrong::Attached,
        Wrong::Missing,
    ] {
        let app = shop();
        let mut stacks = templates(&app).expect("templates");
        wrong.write(program(&mut stacks));
        let found: BTreeSet<&str> =
            check(&app, &stacks).iter().map(|finding: &Finding| finding.check).collect();
        assert!(found.contains("iam-publishers"), "{wrong:?}: {found:?}");
    }
}

#[test]
fn s64_a_policy_of_this_kind_elsewhere_is_found() {
    let app = shop();
    let mut stacks = templates(&app).expect("templates");
    let policy = program(&mut stacks)["Resources"]["Publishing"].clone();
    let mail = stacks.iter_mut().find(|stack| stack.name == "mail").expect("a stack");
    mail.template["Resources"]["Publishing"] = policy;
    let found: BTreeSet<&str> = check(&app, &stacks).iter().map(|finding| finding.check).collect();
    assert_eq!(found, BTreeSet::from(["iam-managed"]));
}

#[test]
fn s64_a_program_that_no_template_fits_is_refused_with_the_reason() {
    let error = |publisher: Publisher| {
        let mut app = shop();
        app.publishers.push(publisher);
        templates(&app).expect_err("it is refused")
    };
    assert_eq!(error(Publisher::new("mail", [PAID])), AppError::Taken("mail".to_owned()));
    assert_eq!(error(Publisher::new("idle", [])), AppError::Nothing("idle".to_owned()));
    let name = AppError::Name { subject: "a program", name: "Import".to_owned() };
    assert_eq!(error(Publisher::new("Import", [PAID])), name);
}
