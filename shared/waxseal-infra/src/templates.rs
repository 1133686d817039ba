//! The templates of an application.

use waxseal_catalog::App;

use crate::{
    bus,
    error::{AppError, validate},
    publisher, service,
    stack::Stack,
};

/// Every stack of an application: the bus first, then the services and the programs in the order of their names.
///
/// # Errors
/// Where every template would be wrong: see [`AppError`].
pub fn templates(app: &App) -> Result<Vec<Stack>, AppError> {
    validate(app)?;
    let mut stacks = vec![bus::stack(app)];
    let services = app.services.iter().map(|deployed| service::stack(app, deployed));
    let programs = app.publishers.iter().map(|program| publisher::stack(app, program));
    let mut rest: Vec<_> = services.chain(programs).collect();
    rest.sort_by(|one, other| one.name.cmp(&other.name));
    stacks.append(&mut rest);
    Ok(stacks)
}
