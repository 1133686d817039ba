//! Where a workspace takes Waxseal's crates from: a checkout, or git, until they are on a registry.

use std::path::{Path, PathBuf};

use crate::{arguments, error::Error};

/// The crates that a workspace uses, with the features that it needs.
const CRATES: [(&str, &[&str]); 8] = [
    ("waxseal", &[]),
    ("waxseal-aws", &[]),
    ("waxseal-catalog", &[]),
    ("waxseal-cli", &["aws"]),
    ("waxseal-lambda", &[]),
    ("waxseal-local", &[]),
    ("waxseal-message", &[]),
    ("waxseal-testing", &["local"]),
];

/// The source of Waxseal's crates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    Path(PathBuf),
    Git { url: String, revision: String },
}

impl Source {
    /// The source that was named, or the checkout that built this program.
    pub(crate) fn of(typed: &arguments::New) -> Result<Self, Error> {
        if let (Some(url), Some(revision)) = (&typed.git, &typed.rev) {
            return Ok(Self::Git { url: url.clone(), revision: revision.clone() });
        }
        let own = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let checkout = typed.path.clone().unwrap_or_else(own);
        let found =
            checkout.canonicalize().ok().filter(|path| path.join("shared/waxseal/Cargo.toml").is_file());
        found.map(Self::Path).ok_or_else(|| {
            let checkout = checkout.display();
            Error::Unfit(format!("{checkout} is no checkout of Waxseal: name one with --path, or a repository with --git and --rev"))
        })
    }

    /// The lines of a manifest.
    pub(crate) fn dependencies(&self) -> String {
        let line = |(name, features): &(&str, &[&str])| {
            let place = match self {
                Self::Path(checkout) => {
                    format!("path = {}", quoted(&checkout.join("shared").join(name).display().to_string()))
                }
                Self::Git { url, revision } => format!("git = {}, rev = {}", quoted(url), quoted(revision)),
            };
            let features = match features {
                [] => String::new(),
                features => format!(", features = {features:?}"),
            };
            format!("{name} = {{ {place}{features} }}")
        };
        CRATES.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

/// A text in TOML.
fn quoted(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_point_to_a_checkout_or_to_a_revision() {
        let lines = Source::Path("/home/anna/waxseal".into()).dependencies();
        assert!(lines.contains("waxseal = { path = \"/home/anna/waxseal/shared/waxseal\" }\n"), "{lines}");
        assert!(lines.contains("waxseal-cli\", features = [\"aws\"] }\n"), "{lines}");
        let git = Source::Git { url: "https://example.com/waxseal".into(), revision: "abc".into() };
        let lines = git.dependencies();
        assert!(
            lines.starts_with("waxseal = { git = \"https://example.com/waxseal\", rev = \"abc\" }\n"),
            "{lines}"
        );
    }
}
