//! A stack: one template.

use serde_json::Value;
use waxseal_catalog::App;

use crate::yaml;

/// A template and its name: the stack is `<app>-<stage>-<name>`, the file `<name>.yaml`.
#[derive(Debug, Clone, PartialEq)]
pub struct Stack {
    /// `bus`, or the service.
    pub name: String,
    /// The template.
    pub template: Value,
    command: String,
}

impl Stack {
    pub(crate) fn new(app: &App, name: &str, template: Value) -> Self {
        Self { name: name.to_owned(), template, command: app.command.clone() }
    }

    /// The text of its file: YAML in a fixed order, below a line that names the command that wrote
    /// it.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        format!(
            "# Generated from the catalog by `{}`. Do not edit: change the service's declaration and run it again.\n{}",
            self.command,
            yaml::write(&self.template)
        )
    }
}
