//! The sources: files, their code without tests, and the paths that they name.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use syn::{
    Attribute, Item, ItemMod, ItemUse, UseTree, Visibility,
    visit::{self, Visit},
};

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A file's text; empty where there is no file.
pub(crate) fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// Fails unless ARCHITECTURE.md has the sentence of a rule.
pub(crate) fn states(sentence: &str) {
    let architecture = text(&root().join("ARCHITECTURE.md")).replace('\n', " ").replace("**", "");
    assert!(architecture.contains(sentence), "ARCHITECTURE.md does not say any more: {sentence}");
}

/// Every Rust file below a folder, in order.
pub(crate) fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() && !path.ends_with("target") {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The folders of all packages except the benchmark, which is a workspace of its own.
pub(crate) fn packages() -> Vec<PathBuf> {
    let root = root();
    let folders = ["shared", "functions"].map(|folder| root.join(folder));
    let listed =
        folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path()));
    let single = ["infra", "tests", "tests/traceability", "tests/plan"].map(|folder| root.join(folder));
    let mut packages: Vec<PathBuf> =
        listed.chain(single).filter(|folder| folder.join("Cargo.toml").is_file()).collect();
    packages.sort();
    packages
}

/// A file as code.
pub(crate) fn parse(path: &Path) -> syn::File {
    syn::parse_file(&text(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The paths in a file's code, without its tests: each as its segments from the left.
pub(crate) fn paths(file: &syn::File) -> BTreeSet<Vec<String>> {
    let mut paths = Paths::default();
    paths.visit_file(file);
    paths.0
}

#[derive(Default)]
struct Paths(BTreeSet<Vec<String>>);

impl Visit<'_> for Paths {
    fn visit_item(&mut self, item: &Item) {
        if !is_test(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, module: &ItemMod) {
        if !is_test(&module.attrs) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_use(&mut self, import: &ItemUse) {
        leaves(&import.tree, &mut Vec::new(), &mut self.0);
    }

    // `pub(crate)` is no import of the root.
    fn visit_visibility(&mut self, _: &Visibility) {}

    fn visit_path(&mut self, path: &syn::Path) {
        self.0.insert(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }
}

fn leaves(tree: &UseTree, before: &mut Vec<String>, paths: &mut BTreeSet<Vec<String>>) {
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            leaves(&path.tree, before, paths);
            before.pop();
        }
        UseTree::Group(group) => group.items.iter().for_each(|tree| leaves(tree, before, paths)),
        UseTree::Name(_) | UseTree::Rename(_) | UseTree::Glob(_) => {
            let last = match tree {
                UseTree::Name(name) => name.ident.to_string(),
                UseTree::Rename(rename) => rename.ident.to_string(),
                _ => "*".to_owned(),
            };
            let own = (last != "self").then_some(last);
            paths.insert(before.iter().cloned().chain(own).collect());
        }
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        _ => &[],
    }
}

/// Whether an item exists for tests or for the documentation alone.
pub(crate) fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")).any(|attribute| {
        attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test") || path.is_ident("doc"))
    })
}
