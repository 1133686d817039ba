//! The table as Markdown.

use std::fmt::Write as _;

use super::{
    setting::{FunctionKind, Setting, Unset},
    table::SETTINGS,
};

/// The kinds of programs, each with the heading of its part of the guide.
const PARTS: [(FunctionKind, &str); 4] = [
    (FunctionKind::Service, "A service's function"),
    (FunctionKind::ClaimCheck, "A function that checks payloads in or fetches them, beside these"),
    (FunctionKind::Relay, "A relay"),
    (FunctionKind::Publisher, "A program that publishes and is no function"),
];

/// All settings as a Markdown table: the text of `src/settings/SETTINGS.md`, which rustdoc includes.
#[must_use]
pub fn markdown() -> String {
    let mut text = String::from(
        "| variable | it is | values | unset | example | read by |\n|---|---|---|---|---|---|\n",
    );
    for setting in SETTINGS {
        let read_by = setting.read_by.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ");
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{} {read_by} |", row(setting));
    }
    text
}

/// The page of the guide of `waxseal`, `src/guide/settings.md` there: the settings of each kind of program.
#[must_use]
pub fn guide_page() -> String {
    let mut text = include_str!("guide.md").to_owned();
    for (kind, title) in PARTS {
        let _ = write!(
            text,
            "\n# {title}\n\n| variable | it is | values | unset | example |\n|---|---|---|---|---|\n"
        );
        for setting in kind.settings() {
            let _ = writeln!(text, "{}", row(setting));
        }
    }
    text
}

/// The cells of one setting, each with the bar before it, and the bar after the last one.
fn row(setting: &Setting) -> String {
    format!(
        "| `{}` | {} | {} | {} | `{}` |",
        setting.shown(),
        setting.purpose,
        setting.values,
        unset(setting),
        setting.example
    )
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

    #[test]
    fn the_committed_page_of_the_guide_is_that_of_the_settings() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../waxseal/src/guide/settings.md");
        let committed = std::fs::read_to_string(page).unwrap();
        let command = "cargo run --profile ci -p waxseal-catalog --example settings -- guide > \
                       shared/waxseal/src/guide/settings.md";
        assert!(committed == guide_page(), "settings.md is stale: write it with `{command}`");
    }

    #[test]
    fn every_setting_is_in_the_guide() {
        let page = guide_page();
        for setting in SETTINGS {
            assert!(page.contains(&format!("\n| `{}` |", setting.shown())), "{}", setting.name);
        }
    }
}
