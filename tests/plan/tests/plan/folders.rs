//! The folders of the core: imports run only downwards.

use std::path::Path;

use crate::source::{parse, paths, root, rust_files, states};

/// The folders from the bottom up. Files outside of them are small and shared.
const ORDER: [&str; 7] = ["table", "row", "commit", "handler", "engine", "batch", "relay"];

/// For each folder the sentence of ARCHITECTURE.md, and the forbidden imports.
const RULES: [(&str, &str, &[&str]); 8] = [
    (
        "",
        "The small shared files of the core import no folder.",
        &["table", "row", "commit", "handler", "engine", "batch", "relay"],
    ),
    (
        "table",
        "`table/` knows no rows and no handlers.",
        &["row", "commit", "handler", "engine", "batch", "relay"],
    ),
    ("row", "`row/` knows no handlers and no engine.", &["commit", "handler", "engine", "batch", "relay"]),
    ("commit", "`commit/` knows no handlers and no batches.", &["handler", "engine", "batch", "relay"]),
    ("handler", "`handler/` knows no engine and no batches.", &["engine", "batch", "relay"]),
    ("engine", "`engine/` knows no batches and no relay.", &["batch", "relay"]),
    ("batch", "`batch/` knows no relay.", &["relay"]),
    (
        "relay",
        "`relay/` knows no handlers, no engine and no batches.",
        &["commit", "handler", "engine", "batch"],
    ),
];

/// The imports of `code`, a file of `folder`, that a rule forbids.
fn forbidden(folder: &str, code: &syn::File) -> Vec<String> {
    let (_, sentence, forbidden) = RULES.iter().find(|(name, ..)| *name == folder).unwrap();
    paths(code)
        .into_iter()
        .filter(|path| path.len() > 1 && path[0] == "crate" && forbidden.contains(&path[1].as_str()))
        .map(|path| format!("{sentence}\n      It imports {}.", path.join("::")))
        .collect()
}

#[test]
fn imports_of_the_core_run_only_downwards() {
    for (_, sentence, _) in RULES {
        states(sentence);
    }
    let core = root().join("shared/waxseal/src");
    let mut broken = Vec::new();
    for file in rust_files(&core) {
        let inside = file.strip_prefix(&core).unwrap();
        if inside == Path::new("lib.rs") {
            continue;
        }
        let first = inside.components().next().unwrap().as_os_str().to_str().unwrap();
        let folder = ORDER.into_iter().find(|folder| *folder == first).unwrap_or("");
        broken.extend(
            forbidden(folder, &parse(&file))
                .into_iter()
                .map(|rule| format!("  {}: {rule}", inside.display())),
        );
    }
    assert!(broken.is_empty(), "imports that the plan forbids:\n{}", broken.join("\n"));
}

#[test]
fn an_import_of_the_engine_in_a_handler_is_found() {
    for code in ["use crate::{engine::Engine, fault::Fault};", "fn run(engine: &crate::engine::Engine) {}"] {
        let found = forbidden("handler", &syn::parse_str(code).unwrap());
        assert_eq!(
            found,
            ["`handler/` knows no engine and no batches.\n      It imports crate::engine::Engine."]
        );
    }
    let tests = "#[cfg(test)] mod tests { use crate::engine::Engine; }";
    assert!(forbidden("handler", &syn::parse_str(tests).unwrap()).is_empty(), "a test may look from above");
}
