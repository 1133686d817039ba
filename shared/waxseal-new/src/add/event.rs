//! An event: its file, and its line in the events' table of contents.

use crate::{changes::Changes, edit, error::Error, fill::fill, name::Name, workspace::Workspace};

const EVENT: &str = include_str!("../../templates/add/event.rs");

pub(super) fn add(
    workspace: &Workspace,
    changes: &mut Changes,
    name: &str,
    owner: &str,
) -> Result<(), Error> {
    let (event, owner) = (Name::event(name)?, workspace.service(owner)?);
    let (module, kind) = (event.snake(), event.pascal());
    let names = [("event", event.as_str()), ("Event", &kind), ("owner", owner.as_str())];
    changes.create(format!("events/src/{module}.rs"), fill(EVENT, &names));
    let file = "events/src/lib.rs";
    changes.edit(file, |text| edit::among(file, text, "mod ", &format!("mod {module};")))?;
    changes.edit(file, |text| edit::among(file, text, "pub use ", &format!("pub use {module}::{kind};")))
}
