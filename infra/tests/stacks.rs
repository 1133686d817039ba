//! The written templates: up to date, and nothing to find fault with.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

use order_platform::{DEPLOYED, Style};
use serde_json::Value;
use waxseal_catalog::App;
use waxseal_infra::{CHECKS, Finding, Stale, check, stale, templates, write};

fn scratch(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    folder
}

/// The platform in both styles.
fn platforms() -> [App; 2] {
    Style::ALL.map(infra::platform)
}

#[test]
fn the_committed_templates_are_those_of_the_catalog_in_both_styles() {
    for app in platforms() {
        let stacks = templates(&app).unwrap();
        let stale = stale(&stacks, &infra::folder(&app)).unwrap();
        assert_eq!(stale, BTreeMap::new(), "run `make infra` and commit {}", app.templates);
    }
    let folders: BTreeSet<String> = platforms().into_iter().map(|app| app.templates).collect();
    assert_eq!(folders.len(), 2);
}

#[test]
fn a_stale_a_missing_and_an_orphaned_template_are_told_apart_and_mended() {
    let stacks = templates(&infra::platform(DEPLOYED)).unwrap();
    let folder = scratch("stale");
    write(&stacks, &folder).unwrap();
    assert_eq!(stale(&stacks, &folder).unwrap(), BTreeMap::new());

    let orders = folder.join("orders.yaml");
    fs::write(
        &orders,
        fs::read_to_string(&orders).unwrap().replace("maxReceiveCount: 5", "maxReceiveCount: 6"),
    )
    .unwrap();
    fs::remove_file(folder.join("payment.yaml")).unwrap();
    fs::write(folder.join("billing.yaml"), "").unwrap();
    let wanted = BTreeMap::from([
        ("billing.yaml".to_owned(), Stale::Orphan),
        ("orders.yaml".to_owned(), Stale::Different),
        ("payment.yaml".to_owned(), Stale::Missing),
    ]);
    assert_eq!(stale(&stacks, &folder).unwrap(), wanted);
    assert_eq!(write(&stacks, &folder).unwrap(), wanted);
    assert_eq!(stale(&stacks, &folder).unwrap(), BTreeMap::new());
}

#[test]
fn the_application_has_no_finding() {
    for app in platforms() {
        let findings: Vec<String> = app.check().iter().map(ToString::to_string).collect();
        assert_eq!(findings, [] as [String; 0]);
    }
}

#[test]
fn the_templates_have_no_finding() {
    for app in platforms() {
        let findings: Vec<String> =
            check(&app, &templates(&app).unwrap()).iter().map(Finding::to_string).collect();
        assert_eq!(findings, [] as [String; 0]);
    }
}

#[test]
fn every_template_says_that_it_is_generated_and_by_what() {
    for stack in platforms().iter().flat_map(|app| templates(app).unwrap()) {
        let first = stack.to_yaml().lines().next().unwrap().to_owned();
        assert!(first.starts_with("# Generated") && first.contains("`make infra`"), "{first}");
    }
}

#[test]
fn checks_have_names_of_their_own() {
    let mut ids: Vec<&str> = CHECKS.iter().map(|check| check.id).collect();
    ids.sort_unstable();
    let count = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

/// The permissions of a function and of a relay are the requests of `waxseal-aws` to a table. They
/// are read from its source, so that a new request there fails here.
#[test]
fn a_function_and_a_relay_may_do_with_their_table_what_waxseal_aws_does() {
    let source = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/waxseal-aws/src/dynamo");
    let (mut function, mut relay): (BTreeSet<String>, BTreeSet<String>) = Default::default();
    for file in fs::read_dir(source).unwrap() {
        let path = file.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        // Sweeps alone scan.
        let wanted = if path.ends_with("scan.rs") { &mut relay } else { &mut function };
        let named =
            text.lines().filter_map(|line| line.trim().strip_prefix("const ")?.split_once(": &str = \""));
        for (_, action) in named {
            match action.trim_end_matches("\";") {
                // Needs the permissions of its parts, the check of a condition among them.
                "TransactWriteItems" => drop(wanted.insert("dynamodb:ConditionCheckItem".to_owned())),
                // No engine and no sweep queries.
                "Query" => {}
                action if action.chars().all(char::is_alphanumeric) => {
                    wanted.insert(format!("dynamodb:{action}"));
                }
                _ => {}
            }
        }
    }
    let stacks = templates(&infra::platform(DEPLOYED)).unwrap();
    let orders = stacks.iter().find(|stack| stack.name == "orders").unwrap();
    for (role, sid, wanted) in [("FunctionRole", "OwnTable", function), ("RelayRole", "OwnReceipts", relay)] {
        let statements =
            &orders.template["Resources"][role]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"];
        let own = statements.as_array().unwrap().iter().find(|statement| statement["Sid"] == sid).unwrap();
        let given: BTreeSet<String> = match &own["Action"] {
            Value::String(one) => BTreeSet::from([one.clone()]),
            several => serde_json::from_value(several.clone()).unwrap(),
        };
        assert_eq!(given, wanted, "{role}");
    }
}

#[test]
fn o1_the_alarm_of_a_relay_that_loses_something_says_how_to_sweep() {
    for stack in platforms().iter().flat_map(|app| templates(app).unwrap()) {
        let resources = &stack.template["Resources"];
        let Some(alarm) = resources.get("RelayLosingAlarm") else { continue };
        let about = alarm["Properties"]["AlarmDescription"]["Fn::Sub"].as_str().unwrap();
        // CloudWatch's limit, with the longest stage.
        assert!(about.len() < 1024 - 16, "{about}");
        let relay = resources["Relay"]["Properties"]["FunctionName"]["Fn::Sub"].as_str().unwrap();
        assert!(about.contains(&format!("--function-name {relay} ")), "{about}");
        let payload = about.split('\'').nth(1).unwrap();
        let payload: Value = serde_json::from_str(payload).unwrap();
        assert!(payload["sweep"]["from"].is_string(), "{about}");
    }
}
