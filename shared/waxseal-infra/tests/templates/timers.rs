//! S-69 in the templates: a service with timers has an index, a tick and the permissions for both, and
//! the checks notice what is missing.

use serde_json::{Value, json};
use waxseal::{
    Channel, Declared,
    catalog::{Entry, Input},
};
use waxseal_catalog::{App, Deployed};
use waxseal_infra::{Stack, check, templates};

const PLACED: Declared = Declared::new("order.placed", "shop", Channel::Bus);

/// A service with a process, and one without.
fn app() -> App {
    let process = Entry::new("desk", "desk", PLACED, &[]).input(Input::Begins);
    App::new("shop")
        .service(Deployed::of_catalog("desk", vec![process]))
        .service(Deployed::of_catalog("mail", vec![Entry::new("mail", "thank", PLACED, &[])]))
        .emitted_elsewhere("order.placed")
}

fn resources<'a>(stacks: &'a [Stack], name: &str) -> &'a Value {
    &stacks.iter().find(|stack| stack.name == name).expect("a stack").template["Resources"]
}

#[test]
fn s69_a_service_with_timers_has_an_index_and_a_tick() {
    let app = app();
    assert_eq!(app.check(), []);
    let stacks = templates(&app).expect("templates");
    assert_eq!(check(&app, &stacks), []);
    let desk = resources(&stacks, "desk");
    assert_eq!(
        desk["Table"]["Properties"]["GlobalSecondaryIndexes"],
        json!([{
            "IndexName": "timers",
            "KeySchema": [
                { "AttributeName": "wake_shard", "KeyType": "HASH" },
                { "AttributeName": "wake_at", "KeyType": "RANGE" },
            ],
            "Projection": { "ProjectionType": "KEYS_ONLY" },
        }])
    );
    let rule = &desk["Tick"]["Properties"];
    assert_eq!(rule["ScheduleExpression"], "rate(1 minute)");
    assert_eq!(rule["Targets"][0]["Input"], r#"{"tick":{}}"#);
    assert_eq!(rule["Targets"][0]["Arn"], json!({ "Fn::GetAtt": ["Relay", "Arn"] }));
    assert!(rule["EventBusName"].is_null(), "rules with a schedule lie on the default bus");
    assert_eq!(desk["TickPermission"]["Properties"]["SourceArn"], json!({ "Fn::GetAtt": ["Tick", "Arn"] }));
    let variables = &desk["Relay"]["Properties"]["Environment"]["Variables"];
    assert_eq!(variables["WAXSEAL_TIMERS_OF"], "desk");
    assert!(variables["WAXSEAL_QUEUE_DESK"]["Fn::Sub"].as_str().expect("a URL").ends_with("-desk-commands"));
    let statements = &desk["RelayRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"];
    let statement = |sid: &str| {
        let statements = statements.as_array().expect("statements");
        statements.iter().find(|statement| statement["Sid"] == sid).expect("a statement").clone()
    };
    let timers = statement("OwnTimers");
    assert_eq!(timers["Action"], "dynamodb:Query");
    assert_eq!(timers["Resource"], json!({ "Fn::Sub": "${Table.Arn}/index/timers" }));
    let recipients = statement("Recipients")["Resource"].to_string();
    assert!(recipients.contains("shop-${Stage}-desk-commands") && recipients.matches("arn:").count() == 1);
}

#[test]
fn s69_a_service_without_timers_has_none_of_it() {
    let app = app();
    let stacks = templates(&app).expect("templates");
    let mail = resources(&stacks, "mail");
    let text = mail.to_string();
    for part in
        ["GlobalSecondaryIndexes", "ScheduleExpression", "wake_", "TIMERS", "Relay", "Query", "commands"]
    {
        assert!(!text.contains(part), "{part}: {text}");
    }
}

/// The pointers of every member and element below `value`.
fn pointers(value: &Value, at: &str, all: &mut Vec<String>) {
    let mut below = |key: String, value: &Value| {
        let pointer = format!("{at}/{key}");
        pointers(value, &pointer, all);
        all.push(pointer);
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| below(key.clone(), value)),
        Value::Array(items) => items.iter().enumerate().for_each(|(at, value)| below(at.to_string(), value)),
        _ => {}
    }
}

#[test]
fn s69_whatever_is_deleted_from_the_tick_or_its_index_is_found_missing() {
    let app = app();
    let stacks = templates(&app).expect("templates");
    let desk = stacks.iter().position(|stack| stack.name == "desk").expect("a stack");
    let mut all = vec!["/Relay/Properties/Environment/Variables/WAXSEAL_TIMERS_OF".to_owned()];
    let resources = &stacks[desk].template["Resources"];
    for part in ["Tick", "TickPermission", "TickRetries"] {
        pointers(&resources[part], &format!("/{part}"), &mut all);
        all.push(format!("/{part}"));
    }
    for part in ["AttributeDefinitions", "GlobalSecondaryIndexes"] {
        let at = format!("/Table/Properties/{part}");
        pointers(resources.pointer(&at).expect("a part"), &at, &mut all);
        all.push(at);
    }
    assert!(all.len() > 40, "{all:?}");
    for pointer in all.iter().filter(|pointer| !pointer.ends_with("Description")) {
        let mut mutated = stacks.clone();
        let (parent, key) = pointer.rsplit_once('/').expect("below the root");
        match mutated[desk].template["Resources"].pointer_mut(parent).expect("a parent") {
            Value::Object(map) => drop(map.remove(key)),
            Value::Array(items) => drop(items.remove(key.parse().expect("an index"))),
            other => panic!("nothing below {other}"),
        }
        assert!(!check(&app, &mutated).is_empty(), "{pointer} was deleted, and no check noticed");
    }
}

#[test]
fn s69_a_tick_for_a_service_without_timers_and_a_wider_query_are_found() {
    let app = app();
    let stacks = templates(&app).expect("templates");
    let found = |change: &dyn Fn(&mut Vec<Stack>)| {
        let mut mutated = stacks.clone();
        change(&mut mutated);
        let mut ids: Vec<_> = check(&app, &mutated).iter().map(|finding| finding.check).collect();
        ids.dedup();
        ids
    };
    let at = |name: &str| stacks.iter().position(|stack| stack.name == name).expect("a stack");
    let (desk, mail) = (at("desk"), at("mail"));
    let rule = found(&|stacks| {
        let mut rule = stacks[desk].template["Resources"]["Tick"].clone();
        rule["Properties"]["Targets"][0]["Arn"] = json!({ "Fn::GetAtt": ["Function", "Arn"] });
        stacks[mail].template["Resources"]["Tick"] = rule;
    });
    assert_eq!(rule, ["timer-tick"]);
    let query = found(&|stacks| {
        let path = "/Resources/RelayRole/Properties/Policies/0/PolicyDocument/Statement";
        let statements = stacks[desk].template.pointer_mut(path).expect("statements");
        let statements = statements.as_array_mut().expect("a list");
        let own = statements.iter_mut().find(|statement| statement["Sid"] == "OwnTimers").expect("one");
        own["Resource"] = json!({ "Fn::Sub": "${Table.Arn}/index/*" });
    });
    assert_eq!(query, ["iam-own-table"]);
    let slow = found(&|stacks| {
        stacks[desk].template["Resources"]["Tick"]["Properties"]["ScheduleExpression"] =
            json!("rate(1 hour)");
    });
    assert_eq!(slow, ["timer-tick"]);
}
