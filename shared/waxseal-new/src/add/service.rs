//! A service: its package with its first handler, and its line in the application.

use toml_edit::Value;

use crate::{
    add::handler,
    changes::Changes,
    edit,
    error::Error,
    fill::fill,
    name::Name,
    new::{SERVICE_MAIN, SERVICE_MANIFEST},
    workspace::Workspace,
};

const LIB: &str = include_str!("../../templates/add/service_lib.rs");

pub(super) fn add(
    workspace: &Workspace,
    changes: &mut Changes,
    name: &str,
    event: &str,
) -> Result<(), Error> {
    let service = Name::service(name, &workspace.application)?;
    let event = workspace.event(event)?;
    // `on-order-placed` says what it reacts to, until it has a name for what it does.
    let handler = Name::handler(&format!("on-{}", event.as_str().replace('.', "-")))?;
    handler::create(workspace, changes, &handler, &service, &event);
    let names = [
        ("service", service.as_str()),
        ("service_module", &service.snake()),
        ("events", &workspace.events),
        ("handler_module", &handler.snake()),
        ("Handler", &handler.pascal()),
    ];
    let folder = format!("services/{}", service.as_str());
    changes.create(format!("{folder}/Cargo.toml"), fill(SERVICE_MANIFEST, &names));
    changes.create(format!("{folder}/src/lib.rs"), fill(LIB, &names));
    changes.create(format!("{folder}/src/main.rs"), fill(SERVICE_MAIN, &names));
    connect(workspace, changes, &service)
}

/// The lines of the application and of the manifests.
fn connect(workspace: &Workspace, changes: &mut Changes, service: &Name) -> Result<(), Error> {
    let name = service.as_str();
    let members =
        [("path", Value::from(format!("services/{name}"))), ("default-features", Value::from(false))];
    let (root, app) = ("Cargo.toml", "app/Cargo.toml");
    changes
        .edit(root, |text| edit::dependency(root, text, &["workspace", "dependencies"], name, &members))?;
    let inherited = [("workspace", Value::from(true))];
    changes.edit(app, |text| edit::dependency(app, text, &["dependencies"], name, &inherited))?;
    let file = "app/src/lib.rs";
    let first = format!("App::new(\"{}\")", workspace.application);
    let call = format!(".service(Deployed::new({}::service()))", service.snake());
    changes.edit(file, |text| edit::after(file, text, &first, &call))
}
