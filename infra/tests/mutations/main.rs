//! For each check a template that breaks its rule, and nothing else does: one finding's name, the
//! right one.

mod alone;
mod together;

use std::collections::BTreeSet;

use order_platform::DEPLOYED;
use serde_json::{Value, json};
use waxseal_catalog::Deployed;
use waxseal_infra::{CHECKS, Stack, check, templates};

use self::{alone::mutations, together::together};

/// Makes a change below `Resources`.
fn mutate(stacks: &mut [Stack], stack: &str, path: &str, value: &Value) {
    let template = &mut stacks.iter_mut().find(|one| one.name == stack).expect("a stack").template;
    let mut at = &mut template["Resources"];
    let mut segments = path.split('/').peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        if at.is_array() {
            let items = at.as_array_mut().expect("an array");
            let index = match segment.strip_prefix('@') {
                Some(sid) => items.iter().position(|item| item["Sid"] == sid).unwrap_or(items.len()),
                None => segment.parse().expect("an index"),
            };
            match (last, value) {
                (true, Value::Null) => return drop(items.remove(index)),
                (true, _) if index == items.len() => return items.push(value.clone()),
                (true, _) => return items[index] = value.clone(),
                (false, _) => at = &mut items[index],
            }
        } else {
            let map = at.as_object_mut().unwrap_or_else(|| panic!("{stack}: nothing at {segment} of {path}"));
            match (last, value) {
                (true, Value::Null) => {
                    return drop(map.remove(segment).unwrap_or_else(|| panic!("{stack}: no {path}")));
                }
                (true, _) => return drop(map.insert(segment.to_owned(), value.clone())),
                (false, _) => {
                    at = map.get_mut(segment).unwrap_or_else(|| panic!("{stack}: no {segment} of {path}"))
                }
            }
        }
    }
}

/// The ids of the findings in the platform's templates after a change.
fn found(stack: &str, path: &str, value: &Value) -> BTreeSet<&'static str> {
    let app = infra::platform(DEPLOYED);
    let mut stacks = templates(&app).expect("templates");
    mutate(&mut stacks, stack, path, value);
    check(&app, &stacks).iter().map(|finding| finding.check).collect()
}

#[test]
fn a_template_that_breaks_one_rule_has_that_finding_and_no_other() {
    let mut wrong = Vec::new();
    for (id, stack, path, value) in mutations() {
        let found = found(stack, path, &value);
        if found != BTreeSet::from([id]) {
            wrong.push(format!("{id}: {stack} {path} = {value}: found {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_template_that_breaks_several_rules_has_all_their_findings() {
    for ((id, stack, path, value), others) in together() {
        let wanted: BTreeSet<_> = others.iter().copied().chain([id]).collect();
        assert_eq!(found(stack, path, &value), wanted, "{id}: {stack} {path}");
    }
}

#[test]
fn stacks_that_lack_or_are_too_many_are_found() {
    let app = infra::platform(DEPLOYED);
    let mut stacks = templates(&app).unwrap();
    let payment = stacks.iter().position(|stack| stack.name == "payment").unwrap();
    let taken = stacks.remove(payment);
    let findings = check(&app, &stacks);
    assert_eq!(
        findings.iter().map(|one| (one.check, one.stack.as_str())).collect::<Vec<_>>(),
        [("catalog-stacks", "payment")]
    );

    // The service has gone from the catalog, its template has not.
    stacks.push(taken);
    let mut smaller = app.clone();
    smaller.services.retain(|service| service.name() != "payment");
    let found: BTreeSet<_> = check(&smaller, &stacks).iter().map(|one| one.check).collect();
    assert!(found.contains("catalog-stacks"), "{found:?}");
}

#[test]
fn a_service_that_publishes_what_is_anothers_is_found() {
    let mut app = infra::platform(DEPLOYED);
    let stacks = templates(&app).unwrap();
    let payment = app.find("payment").unwrap().catalog();
    let payments = payment.iter().find(|entry| !entry.emits.is_empty()).unwrap().emits;
    let mut catalog = app.find("orders").unwrap().catalog().to_vec();
    catalog[0].emits = payments;
    *app.find_mut("orders").unwrap() = Deployed::of_catalog("orders", catalog);
    let found: BTreeSet<_> = check(&app, &stacks).iter().map(|one| one.check).collect();
    assert!(found.contains("catalog-owner"), "{found:?}");
}

#[test]
fn every_check_is_broken_by_some_mutation() {
    let mut broken: BTreeSet<&str> = mutations().iter().map(|(id, ..)| *id).collect();
    broken.extend(together().iter().map(|((id, ..), _)| *id));
    // By the tests above, which take more than a change of one value.
    broken.extend(["catalog-stacks", "catalog-owner"]);
    // No message of the platform is checked in, no program publishes, no queue is FIFO, no source is
    // somebody else's, no service has timers, and none has infrastructure of its own: the tests of
    // `waxseal-infra` break these, in applications that have them.
    let own = [
        "iam-declared",
        "iam-secrets",
        "function-parts",
        "function-network",
        "function-alias",
        "http-entrance",
    ];
    let elsewhere = |id: &str| {
        id.starts_with("claims-")
            || id.starts_with("source-")
            || id.starts_with("timer-")
            || own.contains(&id)
            || ["iam-publishers", "queue-fifo", "alarm-compensations"].contains(&id)
    };
    let all: BTreeSet<&str> = CHECKS.iter().map(|check| check.id).filter(|id| !elsewhere(id)).collect();
    assert_eq!(all, broken);
}

#[test]
fn s8_a_mapping_without_partial_responses_is_refused() {
    for (stack, mapping) in
        [("orders", "EventsMapping"), ("orders", "CommandsMapping"), ("inventory", "RelayMapping")]
    {
        for value in [Value::Null, json!([]), json!(["Something"])] {
            let found = found(stack, &format!("{mapping}/Properties/FunctionResponseTypes"), &value);
            assert_eq!(found, BTreeSet::from(["mapping-partial-responses"]), "{stack} {mapping} {value}");
        }
    }
}

#[test]
fn o1_a_relay_that_gives_up_or_starts_late_is_refused() {
    for (property, value, check) in [
        ("StartingPosition", json!("LATEST"), "relay-from-the-start"),
        ("MaximumRetryAttempts", json!(10_000), "relay-never-gives-up"),
        ("MaximumRecordAgeInSeconds", json!(86_400), "relay-never-gives-up"),
    ] {
        let found = found("payment", &format!("RelayMapping/Properties/{property}"), &value);
        assert_eq!(found, BTreeSet::from([check]), "{property}");
    }
}

#[test]
fn o5_a_relay_that_every_write_wakes_is_refused() {
    let everything = json!(r#"{"eventName":["INSERT","MODIFY","REMOVE"]}"#);
    let found = found("orders", "RelayMapping/Properties/FilterCriteria/Filters/0/Pattern", &everything);
    assert_eq!(found, BTreeSet::from(["relay-filter"]));
}

#[test]
fn q3_receipts_that_do_not_outlive_queue_dead_letters_and_archive_are_refused() {
    let days = "Function/Properties/Environment/Variables/WAXSEAL_HORIZON_DAYS";
    // Delivery 1 day, queue 4, dead letters 14, a sweep 7, archive 14.
    assert_eq!(found("orders", days, &json!("40")), BTreeSet::new());
    assert_eq!(found("orders", days, &json!("39")), BTreeSet::from(["receipts-outlive"]));
    // SNS tries for 23 days: 23, 7, 4, 14.
    assert_eq!(found("analytics", days, &json!("48")), BTreeSet::new());
    assert_eq!(found("analytics", days, &json!("47")), BTreeSet::from(["receipts-outlive"]));
    // A longer queue asks for longer receipts.
    let longer = found("orders", "Events/Properties/MessageRetentionPeriod", &json!(5 * 86_400));
    assert_eq!(longer, BTreeSet::from(["receipts-outlive"]));
}
