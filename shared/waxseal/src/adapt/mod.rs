//! Adaptation: events in records that are somebody else's JSON.
//!
//! A service names such a record with [`Service::adapt`](crate::Service::adapt). A source hands it a
//! [`Foreign`] record, and the function answers with an [`Adapted`] event or a refusal. The folder knows
//! no handlers and no sources, so that each source adapts in the same way.

mod adapted;
mod foreign;

pub use adapted::Adapted;
pub(crate) use adapted::{Adapter, adapt};
pub use foreign::{Foreign, Transport};
