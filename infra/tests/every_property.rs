//! Deleting anything that a check protects makes a test fail: here everything is deleted, one after
//! another.

use std::collections::{BTreeMap, BTreeSet};

use order_platform::DEPLOYED;
use serde_json::Value;
use waxseal_infra::{check, templates};

/// Whether a part may be missing without a finding: it is for people, or AWS's default is the same.
fn is_free(kind: &str, path: &str) -> bool {
    let for_people = ["Description", "AlarmDescription", "Sid", "PolicyName"];
    let last = path.rsplit('/').next().unwrap_or_default();
    // The notice that an alarm is over, and the default deletion policy.
    for_people.contains(&last)
        || path.starts_with("Properties/OKActions")
        || ["AWS::Logs::LogGroup", "AWS::SQS::Queue"].contains(&kind)
            && ["DeletionPolicy", "UpdateReplacePolicy"].contains(&path)
        // An output that no stack imports.
        || kind == "Outputs" && path.is_empty()
}

/// The pointers of every member and element below `value`.
fn pointers(value: &Value, at: &str, all: &mut Vec<String>) {
    let mut below = |key: String, value: &Value| {
        let pointer = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
        pointers(value, &pointer, all);
        all.push(pointer);
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| below(key.clone(), value)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, value)| below(index.to_string(), value))
        }
        _ => {}
    }
}

fn delete(template: &mut Value, pointer: &str) {
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer below the root");
    match template.pointer_mut(parent).expect("what was found there") {
        Value::Object(map) => drop(map.remove(&key.replace("~1", "/").replace("~0", "~"))),
        Value::Array(items) => drop(items.remove(key.parse().expect("an index"))),
        other => panic!("nothing below {other}"),
    }
}

#[test]
fn whatever_is_deleted_is_found_missing() {
    let app = infra::platform(DEPLOYED);
    let stacks = templates(&app).unwrap();
    // The same property of the same resource is deleted once, in the first service that has it.
    let mut seen = BTreeSet::new();
    let mut mutations = Vec::new();
    for (index, stack) in stacks.iter().enumerate() {
        let mut all = Vec::new();
        for part in ["Resources", "Outputs"] {
            pointers(&stack.template[part], &format!("/{part}"), &mut all);
        }
        for pointer in all {
            let value = stack.template.pointer(&pointer).unwrap().to_string().replace(&stack.name, "*");
            if seen.insert((pointer.clone(), value)) {
                mutations.push((index, pointer));
            }
        }
    }
    assert!(mutations.len() > 1000, "{}", mutations.len());
    let unnoticed = |mutations: &[(usize, String)]| {
        let mut unnoticed = BTreeMap::new();
        let mut mutated = stacks.clone();
        for (index, pointer) in mutations {
            let stack = &stacks[*index];
            delete(&mut mutated[*index].template, pointer);
            let mut parts = pointer.splitn(4, '/').skip(1);
            let (part, id) = (parts.next().unwrap(), parts.next().unwrap());
            let kind = stack.template[part][id]["Type"].as_str().unwrap_or(part);
            let path = parts.next().unwrap_or_default();
            if !is_free(kind, path) && check(&app, &mutated).is_empty() {
                unnoticed.entry(format!("{kind}/{path}")).or_insert(format!("{}{pointer}", stack.name));
            }
            mutated[*index] = stack.clone();
        }
        unnoticed
    };
    let half = mutations.len() / 2;
    let (mut unnoticed, more) = std::thread::scope(|scope| {
        let other = scope.spawn(|| unnoticed(&mutations[half..]));
        (unnoticed(&mutations[..half]), other.join().unwrap())
    });
    unnoticed.extend(more);
    let lines: Vec<String> = unnoticed.iter().map(|(path, at)| format!("{path}  ({at})")).collect();
    assert!(lines.is_empty(), "deleted, and no check noticed:\n{}", lines.join("\n"));
}
