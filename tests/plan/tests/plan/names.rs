//! The rule that former names do not come back.

use crate::source::{packages, root, rust_files, text};

/// The committed list: a former name, the places where it has its former meaning, and the name that
/// it has now.
fn former() -> Vec<(String, Vec<String>, String)> {
    let list = text(&root().join("tests/plan/former_names.txt"));
    let lines = list.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    lines
        .map(|line| {
            let [name, places, now] = line.split('|').map(str::trim).collect::<Vec<_>>()[..] else {
                panic!("former_names.txt: `{line}` has not three columns");
            };
            (name.to_owned(), places.split_whitespace().map(str::to_owned).collect(), now.to_owned())
        })
        .collect()
}

/// Whether `code` has `name` as a whole word outside of its comments. A text may say "dead letter".
fn names(code: &str, name: &str) -> Option<usize> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    code.lines().position(|line| {
        let line = line.split("//").next().unwrap_or_default();
        let line = ["ead letters", "ead letter", "ead-letter"]
            .iter()
            .fold(line.to_owned(), |line, phrase| line.replace(phrase, ""));
        line.match_indices(name).any(|(start, _)| {
            let (before, after) = (&line[..start], &line[start + name.len()..]);
            !before.ends_with(is_part) && !after.starts_with(is_part)
        })
    })
}

#[test]
fn no_identifier_has_a_former_name() {
    let (root, former) = (root(), former());
    assert!(former.len() > 20, "the list is not read");
    let mut found = Vec::new();
    // These tests name what they look for.
    for package in packages().into_iter().filter(|package| !package.ends_with("plan")) {
        for folder in ["src", "tests", "examples"] {
            for file in rust_files(&package.join(folder)) {
                let inside = file.strip_prefix(&root).unwrap().display().to_string();
                let code = text(&file);
                for (name, places, now) in &former {
                    if !places.iter().any(|place| place == "*" || inside.starts_with(place.as_str())) {
                        continue;
                    }
                    if let Some(line) = names(&code, name) {
                        found.push(format!("  {inside}:{}: {name} is {now} now", line + 1));
                    }
                }
            }
        }
    }
    found.sort();
    found.dedup();
    assert!(found.is_empty(), "former names:\n{}", found.join("\n"));
}

#[test]
fn a_former_name_is_found_in_code_and_not_in_comments() {
    assert_eq!(names("fn a() {}\nstruct Letter;", "Letter"), Some(1));
    assert_eq!(names("let letter = \"a dead letter\";", "letter"), Some(0));
    assert_eq!(names("println!(\"Dead letters of a dead-letter queue\")", "letters"), None);
    assert_eq!(names("// A Letter.\nstruct DeadLetter; let letter_of = 1;", "Letter"), None);
}
