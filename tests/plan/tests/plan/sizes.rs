//! Files are short, and a table of contents holds no logic.

use std::path::PathBuf;

use syn::Item;

use crate::source::{is_test, packages, parse, root, rust_files, states, text};

/// The largest number of lines in a file of product code.
const LONGEST: usize = 400;

/// The packages that are no tests.
fn product() -> Vec<PathBuf> {
    let tests = root().join("tests");
    packages().into_iter().filter(|package| !package.starts_with(&tests)).collect()
}

#[test]
fn no_file_of_product_code_is_longer_than_400_lines() {
    states("No file of product code is longer than 400 lines.");
    let files = product().into_iter().flat_map(|package| rust_files(&package.join("src")));
    let long: Vec<String> = files
        .map(|file| (text(&file).lines().count(), file))
        .filter(|(lines, _)| *lines > LONGEST)
        .map(|(lines, file)| format!("  {}: {lines} lines", file.display()))
        .collect();
    assert!(long.is_empty(), "files to cut:\n{}", long.join("\n"));
}

/// Whether a table of contents may hold the item.
fn is_contents(item: &Item) -> bool {
    match item {
        Item::Mod(module) => module.content.is_none() || is_test(&module.attrs),
        Item::Use(_) | Item::ExternCrate(_) | Item::Macro(_) | Item::Const(_) => true,
        // The handlers of a service: the table of contents of its function.
        Item::Fn(function) => function.sig.ident == "service",
        _ => false,
    }
}

#[test]
fn mod_and_lib_files_hold_no_logic() {
    states("`mod.rs` and `lib.rs` hold no logic.");
    let files = product().into_iter().flat_map(|package| rust_files(&package.join("src")));
    let contents = files.filter(|file| file.ends_with("mod.rs") || file.ends_with("lib.rs"));
    let broken: Vec<String> = contents
        .filter(|file| !parse(file).items.iter().all(is_contents))
        .map(|file| format!("  {}", file.display()))
        .collect();
    assert!(broken.is_empty(), "they hold more than declarations and re-exports:\n{}", broken.join("\n"));
}
