//! The rule that public types can grow.

use std::collections::BTreeSet;

use syn::{Attribute, Fields, Item, Visibility};

use crate::source::{is_test, packages, parse, root, rust_files, text};

/// The types that are complete: `crate Type | reason`.
fn complete() -> BTreeSet<String> {
    let list = text(&root().join("tests/plan/complete_types.txt"));
    let lines = list.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    lines
        .map(|line| {
            let (name, reason) = line.split_once('|').unwrap_or_else(|| panic!("`{line}` has no reason"));
            assert!(!reason.trim().is_empty(), "`{line}` has no reason");
            name.trim().to_owned()
        })
        .collect()
}

/// The public types of a list of items that a user could match or build whole, so that a new
/// variant or member would break the user's code.
fn closed(items: &[Item], found: &mut Vec<String>) {
    let is_public = |visibility: &Visibility| matches!(visibility, Visibility::Public(_));
    let is_open = |attributes: &[Attribute]| {
        attributes.iter().any(|attribute| attribute.path().is_ident("non_exhaustive"))
    };
    for item in items {
        match item {
            Item::Enum(item)
                if is_public(&item.vis) && !item.variants.is_empty() && !is_open(&item.attrs) =>
            {
                found.push(item.ident.to_string());
            }
            Item::Struct(item) if is_public(&item.vis) && !is_open(&item.attrs) => {
                let is_whole = item.fields.iter().all(|field| is_public(&field.vis));
                if is_whole && !matches!(item.fields, Fields::Unit) {
                    found.push(item.ident.to_string());
                }
            }
            Item::Mod(module) if !is_test(&module.attrs) => {
                closed(module.content.as_ref().map_or(&[], |(_, items)| items), found);
            }
            _ => {}
        }
    }
}

#[test]
fn public_types_can_grow_unless_they_are_complete() {
    let complete = complete();
    let mut found = BTreeSet::new();
    for package in packages() {
        let name = package.file_name().unwrap().to_str().unwrap().to_owned();
        // The embedded environment is a test kit: a member that is added shows in tests alone.
        if !name.starts_with("waxseal") || name == "waxseal-local" {
            continue;
        }
        for file in rust_files(&package.join("src")) {
            let mut types = Vec::new();
            closed(&parse(&file).items, &mut types);
            found.extend(types.into_iter().map(|one| format!("{name} {one}")));
        }
    }
    let closed: Vec<_> = found.difference(&complete).collect();
    assert!(closed.is_empty(), "mark them #[non_exhaustive], or list them with a reason: {closed:#?}");
    let stale: Vec<_> = complete.difference(&found).collect();
    assert!(stale.is_empty(), "complete_types.txt lists types that are not closed: {stale:#?}");
}
