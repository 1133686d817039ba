//! A stack: one template.

use serde_json::Value;
use waxseal_catalog::App;

use crate::{
    bus,
    error::{AppError, validate},
    service, yaml,
};

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

/// Every stack of an application: the bus first, then the services in the order of their names.
///
/// # Errors
/// Where every template would be wrong: see [`AppError`].
pub fn templates(app: &App) -> Result<Vec<Stack>, AppError> {
    validate(app)?;
    let mut stacks = vec![bus::stack(app)];
    let mut services: Vec<_> = app.services.iter().map(|deployed| service::stack(app, deployed)).collect();
    services.sort_by(|one, other| one.name.cmp(&other.name));
    stacks.append(&mut services);
    Ok(stacks)
}
