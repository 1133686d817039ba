//! The table as Markdown.

use std::fmt::Write as _;

use super::{
    setting::{Setting, Unset},
    table::SETTINGS,
};

/// All settings as a Markdown table: the text of `src/settings/SETTINGS.md`, which rustdoc includes.
#[must_use]
pub fn markdown() -> String {
    let mut text = String::from(
        "| variable | it is | values | unset | example | read by |\n|---|---|---|---|---|---|\n",
    );
    for setting in SETTINGS {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} | `{}` | {} |",
            setting.shown(),
            setting.purpose,
            setting.values,
            unset(setting),
            setting.example,
            setting.read_by.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ")
        );
    }
    text
}

fn unset(setting: &Setting) -> String {
    match setting.unset {
        Unset::Refused => "the function does not start".to_owned(),
        Unset::Default(value) => format!("`{value}`"),
        Unset::Means(consequence) => consequence.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_table_is_that_of_the_settings() {
        let committed = include_str!("SETTINGS.md");
        let command = "cargo run --profile ci -p waxseal-catalog --example settings > \
                       shared/waxseal-catalog/src/settings/SETTINGS.md";
        assert!(committed == markdown(), "SETTINGS.md is stale: write it with `{command}`\n{}", markdown());
    }
}
