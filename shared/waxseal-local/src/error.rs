//! The refusals of the environment.

use waxseal::{ReleaseError, ServiceError};
use waxseal_pattern::PatternError;

use crate::limits::Refused;

/// The reason that a service was not deployed, or a message not sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LocalError {
    /// The service breaks a rule.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// A service of that name is deployed already.
    #[error("service {0} is deployed already")]
    AlreadyDeployed(String),
    /// Only the catalog of the service is known here.
    #[error("service {0} cannot be deployed: its catalog is known here, its handlers are not")]
    NoHandlers(String),
    /// No service of that name.
    #[error("no service {0} is deployed")]
    NoService(String),
    /// The service has no FIFO queue of that name.
    #[error("service {service} has no FIFO queue {queue}: declare it with `Deployed::fifo`")]
    NoFifo {
        /// The service.
        service: String,
        /// The queue.
        queue: String,
    },
    /// A rule's pattern is wrong.
    #[error(transparent)]
    Pattern(#[from] PatternError),
    /// An envelope that no channel takes.
    #[error("not published: {0}")]
    Publish(#[from] waxseal::relay::PublishError),
    /// A replayed event that the bus refuses.
    #[error("not replayed: {0}")]
    Refused(#[from] Refused),
    /// An event of an AWS service or of a partner that is none of EventBridge.
    #[error("not put: an event has id, detail-type, source, time and detail: {0}")]
    NoEvent(#[source] serde_json::Error),
    /// An envelope that has no JSON form.
    #[error("not published: {0}")]
    Json(#[from] serde_json::Error),
    /// An invocation that failed, with the error that Lambda shows.
    #[error("the invocation failed: {0}")]
    Invocation(String),
    /// A sweep that its relay refused or could not finish, with the error of the invocation.
    #[error("not swept: {0}")]
    Sweep(String),
    /// A release that changed nothing.
    #[error("not released: {0}")]
    Release(#[from] ReleaseError),
}
