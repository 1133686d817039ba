//! A written template as a stage gets it.
//!
//! Most stages get the file as it is. Three things are known at a deploy alone: the code that a published
//! version holds, whether the stage is thrown away, and whether it is on LocalStack.

use std::{fs, path::Path};

use serde_json::{Value, json};
use waxseal_infra::Stack;

use crate::command_error::CommandError;

/// The logical id of a published version in a written template.
const VERSION: &str = "FunctionVersion";

/// The template for a stage, where it is not the written one. Paths of packages count from `folder`.
pub(super) fn template(
    stack: &Stack,
    folder: &Path,
    throws_away: bool,
    is_local: bool,
) -> Result<Option<Value>, CommandError> {
    let resources = &stack.template["Resources"];
    let has_version = resources.get(VERSION).is_some();
    // LocalStack runs a function as a process, which has no layers, and knows those of no other account.
    let drops_layers = is_local && resources.pointer("/Function/Properties/Layers").is_some();
    if !has_version && !throws_away && !drops_layers {
        return Ok(None);
    }
    let mut template = stack.template.clone();
    if has_version {
        publish(&mut template, folder)?;
    }
    if throws_away {
        throw_away(&mut template);
    }
    if drops_layers && let Some(function) = template["Resources"]["Function"]["Properties"].as_object_mut() {
        function.remove("Layers");
    }
    // The prepared file lies elsewhere.
    for resource in template["Resources"].as_object_mut().into_iter().flatten().map(|(_, resource)| resource)
    {
        if let Some(code) = resource["Properties"]["Code"].as_str() {
            let whole = folder.join(code);
            let whole = whole.canonicalize().map_err(CommandError::io(whole.display()))?;
            resource["Properties"]["Code"] = json!(whole);
        }
    }
    Ok(Some(template))
}

/// Ends the version's logical id with a hash of what it holds: CloudFormation publishes a version where
/// the id is new, and keeps it where nothing changed.
fn publish(template: &mut Value, folder: &Path) -> Result<(), CommandError> {
    let function = &template["Resources"]["Function"]["Properties"];
    let mut mark = hash(FIRST, function.to_string().as_bytes());
    if let Some(code) = function["Code"].as_str() {
        let package = folder.join(code);
        mark = hash(mark, &fs::read(&package).map_err(CommandError::io(package.display()))?);
    }
    rename(template, &format!("{VERSION}{mark:016x}"));
    Ok(())
}

fn rename(template: &mut Value, to: &str) {
    if let Some(resources) = template["Resources"].as_object_mut()
        && let Some(version) = resources.remove(VERSION)
    {
        resources.insert(to.to_owned(), version);
    }
    refer(template, to);
}

fn refer(value: &mut Value, to: &str) {
    match value {
        Value::Object(members) => {
            if let Some(named) = members.get_mut("Fn::GetAtt").filter(|named| named[0] == VERSION) {
                named[0] = json!(to);
            }
            if members.get("Ref").is_some_and(|named| named == VERSION) {
                members.insert("Ref".to_owned(), json!(to));
            }
            members.values_mut().for_each(|value| refer(value, to));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| refer(value, to)),
        _ => {}
    }
}

/// Nothing outlives the stack.
fn throw_away(template: &mut Value) {
    for resource in template["Resources"].as_object_mut().into_iter().flatten().map(|(_, resource)| resource)
    {
        for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
            if let Some(kept) = resource.get_mut(policy) {
                *kept = json!("Delete");
            }
        }
    }
}

const FIRST: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a, 64 bits: the same on every machine and in every version.
fn hash(before: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(before, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use waxseal::{Channel, Declared, catalog::Entry};
    use waxseal_catalog::{App, Deployed};
    use waxseal_infra::templates;

    use super::*;

    const SHIP: Declared = Declared::new("ship", "shipping", Channel::Queue("shipping"));

    fn shipping(change: impl FnOnce(Deployed) -> Deployed) -> Stack {
        let service = Deployed::of_catalog("shipping", vec![Entry::new("shipping", "ship", SHIP, &[])]);
        let app = App::new("shop").service(change(service));
        templates(&app).unwrap().into_iter().find(|stack| stack.name == "shipping").unwrap()
    }

    /// A folder of templates whose function has this package.
    fn folder(package: &str) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let at = root.path().join("target/lambda/shipping");
        fs::create_dir_all(&at).unwrap();
        fs::create_dir_all(root.path().join("infra/stacks")).unwrap();
        fs::write(at.join("bootstrap.zip"), package).unwrap();
        root
    }

    fn prepared(stack: &Stack, package: &str, throws_away: bool) -> Option<Value> {
        let root = folder(package);
        template(stack, &root.path().join("infra/stacks"), throws_away, false).unwrap()
    }

    #[test]
    fn an_ordinary_stage_gets_the_written_file() {
        assert_eq!(prepared(&shipping(|service| service), "x", false), None);
    }

    #[test]
    fn i2_a_version_is_new_where_code_or_configuration_is_and_the_alias_leads_to_it() {
        let id = |memory: u32, package: &str| {
            let stack = shipping(|service| service.provisioned(1).memory(memory));
            let template = prepared(&stack, package, false).unwrap();
            let resources = template["Resources"].as_object().unwrap();
            let id = resources.keys().find(|id| id.starts_with(VERSION)).unwrap().clone();
            let alias = &resources["FunctionAlias"]["Properties"]["FunctionVersion"];
            assert_eq!(alias, &json!({ "Fn::GetAtt": [id, "Version"] }));
            assert!(id.chars().all(char::is_alphanumeric), "{id}");
            let code = template["Resources"]["Function"]["Properties"]["Code"].as_str().unwrap();
            assert!(Path::new(code).is_absolute() && code.ends_with("shipping/bootstrap.zip"), "{code}");
            id
        };
        let first = id(256, "one");
        assert_eq!(first, id(256, "one"));
        assert_ne!(first, id(256, "two"), "other code");
        assert_ne!(first, id(512, "one"), "other configuration");
    }

    #[test]
    fn i5_nothing_outlives_the_stacks_of_a_stage_that_is_thrown_away() {
        let template = prepared(&shipping(|service| service), "x", true).unwrap();
        let text = template.to_string();
        assert!(!text.contains("\"Retain\"") && text.contains("\"DeletionPolicy\":\"Delete\""), "{text}");
        let app = App::new("shop").service(Deployed::of_catalog("shipping", Vec::new()));
        let bus = templates(&app).unwrap().remove(0);
        assert!(bus.template.to_string().contains("\"Retain\""), "the bus is kept otherwise");
        assert!(!prepared(&bus, "x", true).unwrap().to_string().contains("\"Retain\""));
    }

    #[test]
    fn i2_layers_stay_on_aws() {
        let stack = shipping(|service| service.layer("arn:aws:lambda:eu-west-1:1:layer:x:1"));
        let root = folder("x");
        let layers = |is_local: bool| {
            let template = template(&stack, &root.path().join("infra/stacks"), false, is_local).unwrap();
            let template = template.unwrap_or_else(|| stack.template.clone());
            template["Resources"]["Function"]["Properties"].get("Layers").is_some()
        };
        assert_eq!((layers(false), layers(true)), (true, false));
    }

    #[test]
    fn a_package_that_is_missing_is_named() {
        let stack = shipping(|service| service.provisioned(1));
        let root = tempfile::tempdir().unwrap();
        let error = template(&stack, root.path(), false, false).unwrap_err().to_string();
        assert!(error.contains("bootstrap.zip"), "{error}");
    }
}
