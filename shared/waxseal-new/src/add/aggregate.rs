//! An aggregate: its file, its test, and its registration.

use crate::{
    add::handler::register, changes::Changes, error::Error, fill::fill, name::Name, workspace::Workspace,
};

const AGGREGATE: &str = include_str!("../../templates/add/aggregate.rs");
const TEST: &str = include_str!("../../templates/add/aggregate_test.rs");

pub(super) fn add(
    workspace: &Workspace,
    changes: &mut Changes,
    name: &str,
    service: &str,
) -> Result<(), Error> {
    let (aggregate, service) = (Name::aggregate(name)?, workspace.service(service)?);
    let (module, kind) = (aggregate.snake(), aggregate.pascal());
    let names = [
        ("aggregate", aggregate.as_str()),
        ("Aggregate", &kind),
        ("service", service.as_str()),
        ("service_module", &service.snake()),
    ];
    let folder = format!("services/{}", service.as_str());
    changes.create(format!("{folder}/src/{module}.rs"), fill(AGGREGATE, &names));
    changes.create(format!("{folder}/tests/{module}.rs"), fill(TEST, &names));
    let kinds = format!("{kind}, {kind}Refused, {kind}State, Open{kind}");
    register(changes, &service, &module, &kinds, &format!(".aggregate({kind})"))
}
