//! Changes inside of files that exist. Where one finds no place, nothing is written, and the error
//! has the line.

use toml_edit::{DocumentMut, InlineTable, Item, Table, Value};

use crate::error::Error;

fn no_place(file: &str, line: &str) -> Error {
    Error::Unfit(format!(
        "{file} has no place for `{line}` where `waxseal new` left one: nothing was written"
    ))
}

/// Adds a line among those that begin as it does (`mod …;`, `pub use …;`), in their order.
pub(crate) fn among(file: &str, text: &str, beginning: &str, line: &str) -> Result<String, Error> {
    let lines: Vec<&str> = text.lines().collect();
    if lines.contains(&line) {
        return Err(Error::Unfit(format!("{file} has the line `{line}` already")));
    }
    let alike: Vec<usize> = (0..lines.len()).filter(|index| lines[*index].starts_with(beginning)).collect();
    let later = alike.iter().find(|index| lines[**index] > line).copied();
    let place = later.or_else(|| alike.last().map(|last| last + 1)).ok_or_else(|| no_place(file, line))?;
    let mut lines = lines;
    lines.insert(place, line);
    Ok(lines.join("\n") + "\n")
}

/// Adds a call to a chain of methods, right after its first call.
pub(crate) fn after(file: &str, text: &str, first: &str, call: &str) -> Result<String, Error> {
    let Some(start) = text.find(first) else { return Err(no_place(file, call)) };
    let (before, rest) = text.split_at(start + first.len());
    Ok(format!("{before}\n        {call}{rest}"))
}

/// Adds a dependency to a table of a manifest.
pub(crate) fn dependency(
    file: &str,
    text: &str,
    tables: &[&str],
    name: &str,
    members: &[(&str, Value)],
) -> Result<String, Error> {
    let line = || format!("[{}] {name}", tables.join("."));
    let mut manifest: DocumentMut =
        text.parse().map_err(|error| Error::Unfit(format!("{file} is no manifest: {error}")))?;
    let mut table: &mut Table = manifest.as_table_mut();
    for name in tables {
        let inner = table.get_mut(name).and_then(Item::as_table_mut);
        table = inner.ok_or_else(|| no_place(file, &line()))?;
    }
    if table.contains_key(name) {
        return Err(Error::Unfit(format!("{file} has a dependency {name} already")));
    }
    let mut value = InlineTable::new();
    value.extend(members.iter().map(|(name, value)| (*name, value.clone())));
    table.insert(name, value.into());
    Ok(manifest.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_among_its_like_in_order() {
        let text = "//! Events.\n\nmod a;\nmod c;\n\npub use a::A;\n";
        let with = among("lib.rs", text, "mod ", "mod b;").unwrap();
        assert_eq!(with, "//! Events.\n\nmod a;\nmod b;\nmod c;\n\npub use a::A;\n");
        let with = among("lib.rs", &with, "mod ", "mod d;").unwrap();
        assert!(with.contains("mod c;\nmod d;\n\npub use"), "{with}");
        assert!(among("lib.rs", &with, "mod ", "mod d;").is_err(), "it is there already");
        let error = among("lib.rs", "", "mod ", "mod d;").unwrap_err().to_string();
        assert!(error.contains("lib.rs has no place for `mod d;`"), "{error}");
    }

    #[test]
    fn a_call_goes_after_the_first_one() {
        let text = "    Service::new(\"a\").handler(B)\n";
        let with = after("lib.rs", text, "Service::new(\"a\")", ".handler(C)").unwrap();
        assert_eq!(with, "    Service::new(\"a\")\n        .handler(C).handler(B)\n");
        assert!(after("lib.rs", "", "Service::new(\"a\")", ".handler(C)").is_err());
    }

    #[test]
    fn a_dependency_keeps_the_comments_of_a_manifest() {
        let text = "[dependencies]\n# Why.\na = \"1\"\n\n[lints]\nworkspace = true\n";
        let members = [("workspace", Value::from(true))];
        let with = dependency("Cargo.toml", text, &["dependencies"], "b", &members).unwrap();
        assert_eq!(
            with,
            "[dependencies]\n# Why.\na = \"1\"\nb = { workspace = true }\n\n[lints]\nworkspace = true\n"
        );
        assert!(dependency("Cargo.toml", &with, &["dependencies"], "b", &members).is_err());
        assert!(dependency("Cargo.toml", "", &["dependencies"], "b", &members).is_err());
    }
}
