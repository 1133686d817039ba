//! The choice of the part.

use crate::{
    add::{aggregate, event, handler, service},
    arguments::{Add, Part},
    changes::Changes,
    error::Error,
    workspace::Workspace,
};

/// Adds a part. The result says which files, and the next step.
pub(crate) fn add(typed: &Add) -> Result<String, Error> {
    let workspace = Workspace::of(&typed.workspace)?;
    let mut changes = Changes::below(&workspace.root);
    match &typed.part {
        Part::Event { name, owner } => event::add(&workspace, &mut changes, name, owner)?,
        Part::Service { name, event } => service::add(&workspace, &mut changes, name, event)?,
        Part::Handler { name, service, event } => {
            handler::add(&workspace, &mut changes, name, service, event)?;
        }
        Part::Aggregate { name, service } => aggregate::add(&workspace, &mut changes, name, service)?,
    }
    let report = changes.write()?;
    let next = match typed.part {
        Part::Event { .. } => "a handler or an aggregate that emits it, and one that reads it",
        _ => "make test infra",
    };
    Ok(format!("{report}\nNext: {next}"))
}
