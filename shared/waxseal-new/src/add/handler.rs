//! A handler: its file, its test, and its registration.

use crate::{changes::Changes, edit, error::Error, fill::fill, name::Name, workspace::Workspace};

pub(super) const HANDLER: &str = include_str!("../../templates/add/handler.rs");
pub(super) const TEST: &str = include_str!("../../templates/add/handler_test.rs");

pub(super) fn add(
    workspace: &Workspace,
    changes: &mut Changes,
    name: &str,
    service: &str,
    event: &str,
) -> Result<(), Error> {
    let (handler, event) = (Name::handler(name)?, workspace.event(event)?);
    let service = workspace.service(service)?;
    create(workspace, changes, &handler, &service, &event);
    let (module, kind) = (handler.snake(), handler.pascal());
    register(changes, &service, &module, &format!("{kind}, {kind}State"), &format!(".handler({kind})"))
}

/// The files of a handler.
pub(super) fn create(
    workspace: &Workspace,
    changes: &mut Changes,
    handler: &Name,
    service: &Name,
    event: &Name,
) {
    let names = [
        ("handler", handler.as_str()),
        ("Handler", &handler.pascal()),
        ("event", event.as_str()),
        ("Event", &event.pascal()),
        ("events_module", &workspace.events.replace('-', "_")),
        ("service_module", &service.snake()),
    ];
    let (folder, module) = (format!("services/{}", service.as_str()), handler.snake());
    changes.create(format!("{folder}/src/{module}.rs"), fill(HANDLER, &names));
    changes.create(format!("{folder}/tests/{module}.rs"), fill(TEST, &names));
}

/// Connects a file of a service: its module, its names, and its registration.
pub(super) fn register(
    changes: &mut Changes,
    service: &Name,
    module: &str,
    kinds: &str,
    call: &str,
) -> Result<(), Error> {
    let file = format!("services/{}/src/lib.rs", service.as_str());
    let first = format!("Service::new(\"{}\")", service.as_str());
    changes.edit(&file, |text| edit::among(&file, text, "mod ", &format!("mod {module};")))?;
    let names = format!("pub use {module}::{{{kinds}}};");
    changes.edit(&file, |text| edit::among(&file, text, "pub use ", &names))?;
    changes.edit(&file, |text| edit::after(&file, text, &first, call))
}
