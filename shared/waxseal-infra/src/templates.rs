//! The templates of an application.

use waxseal_catalog::App;

use crate::{
    bus,
    error::{AppError, validate},
    service,
    stack::Stack,
};

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
