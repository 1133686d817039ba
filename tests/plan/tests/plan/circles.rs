//! The rule that no crate has a circle of files.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use crate::source::{packages, parse, paths, rust_files, states};

/// Files of one crate by their module path; the root is the empty path.
type Modules = BTreeMap<Vec<String>, PathBuf>;

fn modules(src: &Path) -> Modules {
    let binaries = src.join("bin");
    rust_files(src)
        .into_iter()
        .filter(|file| !file.starts_with(&binaries) && file.file_name().unwrap() != "main.rs")
        .map(|file| {
            let inside = file.strip_prefix(src).unwrap().with_extension("");
            let mut path: Vec<String> =
                inside.components().map(|part| part.as_os_str().to_str().unwrap().to_owned()).collect();
            if path.last().is_some_and(|last| last == "mod" || last == "lib") {
                path.pop();
            }
            (path, file)
        })
        .collect()
}

/// The file to which a path leads: that of the longest module that the path begins with.
fn file_of<'m>(modules: &'m Modules, path: &[String]) -> Option<&'m Vec<String>> {
    (0..=path.len()).rev().find_map(|length| modules.get_key_value(&path[..length])).map(|(module, _)| module)
}

/// The modules that a file imports.
fn imports<'m>(modules: &'m Modules, module: &[String], code: &syn::File) -> BTreeSet<&'m Vec<String>> {
    let absolute = paths(code).into_iter().filter_map(|path| match path.first()?.as_str() {
        "crate" => Some(path[1..].to_vec()),
        "self" => Some(module.iter().chain(&path[1..]).cloned().collect()),
        "super" => {
            let up = path.iter().take_while(|part| *part == "super").count();
            let base = module.get(..module.len().checked_sub(up)?)?;
            Some(base.iter().chain(&path[up..]).cloned().collect())
        }
        // A child of a `mod.rs` or of the root, named without `self`.
        first => {
            let child: Vec<String> = module.iter().cloned().chain([first.to_owned()]).collect();
            modules.contains_key(&child).then(|| module.iter().chain(&path).cloned().collect())
        }
    });
    absolute
        .filter_map(|path: Vec<String>| file_of(modules, &path))
        .filter(|found| found.as_slice() != module)
        .collect()
}

/// A circle of imports, where there is one.
fn circle<'m>(graph: &BTreeMap<&'m Vec<String>, BTreeSet<&'m Vec<String>>>) -> Option<Vec<&'m Vec<String>>> {
    fn walk<'m>(
        at: &'m Vec<String>,
        graph: &BTreeMap<&'m Vec<String>, BTreeSet<&'m Vec<String>>>,
        trail: &mut Vec<&'m Vec<String>>,
        done: &mut BTreeSet<&'m Vec<String>>,
    ) -> Option<Vec<&'m Vec<String>>> {
        if let Some(start) = trail.iter().position(|earlier| *earlier == at) {
            return Some(trail[start..].to_vec());
        }
        if done.contains(at) {
            return None;
        }
        trail.push(at);
        let found = graph[at].iter().find_map(|next| walk(next, graph, trail, done));
        trail.pop();
        done.insert(at);
        found
    }
    let mut done = BTreeSet::new();
    graph.keys().find_map(|start| walk(start, graph, &mut Vec::new(), &mut done))
}

#[test]
fn no_files_of_a_crate_import_each_other_in_a_circle() {
    states("No circle of files inside any crate.");
    let mut circles = Vec::new();
    for package in packages() {
        let modules = modules(&package.join("src"));
        let graph =
            modules.iter().map(|(module, file)| (module, imports(&modules, module, &parse(file)))).collect();
        if let Some(circle) = circle(&graph) {
            let names: Vec<String> =
                circle.iter().map(|module| format!("crate::{}", module.join("::"))).collect();
            circles.push(format!("  {}: {}", package.file_name().unwrap().display(), names.join(" -> ")));
        }
    }
    assert!(circles.is_empty(), "circles of imports:\n{}", circles.join("\n"));
}

#[test]
fn a_circle_is_found() {
    let module = |name: &str| vec![name.to_owned()];
    let modules: Modules =
        [module("a"), module("b")].into_iter().map(|name| (name, PathBuf::new())).collect();
    let codes = [("a", "use crate::b::B;"), ("b", "use super::a::A;")];
    let graph = codes
        .iter()
        .map(|(name, code)| {
            let (key, _) = modules.get_key_value(&module(name)).unwrap();
            (key, imports(&modules, key, &syn::parse_str(code).unwrap()))
        })
        .collect();
    assert_eq!(circle(&graph).unwrap().len(), 2);
}
