//! What an application's stacks have beside what follows from its messages.

pub(crate) mod entrance;
mod methods;
pub(crate) mod parts;
pub(crate) mod secret;

pub use self::{
    entrance::{Entrance, EntranceKind},
    parts::{Architecture, Hook, HttpRoute, Infrastructure, Statement},
    secret::{Secret, SecretError, SecretStore, Secrets},
};
