//! The release of an effect whose outcome is unknown, by a person (S-19).

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{
    commit::{Access, CommitError},
    engine::{handle::Engine, judge::read_receipt},
    handler::{Failure, Mode, Success},
    row::{Receipt, Status, receipt},
    table::{Action, Condition, Write, WriteError, attribute},
};
use waxseal_message::Timestamp;

/// The outcome of an effect, as a person found it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EffectOutcome {
    /// The effect was applied.
    Done,
    /// The effect was not applied.
    NotDone,
}

/// A release of one effect of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Release {
    /// The envelope's source.
    pub source: String,
    /// The envelope's id.
    pub id: String,
    /// The handler's name.
    pub handler: String,
    /// The outcome that the person found.
    pub outcome: EffectOutcome,
}

impl Release {
    /// A release of the effect `handler` of one message.
    pub fn new(
        source: impl Into<String>,
        id: impl Into<String>,
        handler: impl Into<String>,
        outcome: EffectOutcome,
    ) -> Self {
        Self { source: source.into(), id: id.into(), handler: handler.into(), outcome }
    }
}

/// The change that a release has made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Released {
    /// The message counts as handled, so its next delivery is a duplicate.
    Completed,
    /// The next delivery commits the emissions and does nothing outside.
    EmitsLater,
    /// At the next delivery the effect acts, with its earlier keys.
    ActsAgain,
}

impl fmt::Display for Released {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Completed => "it counts as handled: its dead letter may be redriven or deleted",
            Self::EmitsLater => "redrive its dead letter: what a success emits is emitted then",
            Self::ActsAgain => "redrive its dead letter: the effect acts then",
        })
    }
}

/// The reason why a release changed nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReleaseError {
    /// The service has no such handler.
    #[error("service {service} has no effect {handler}: its effects are {known}")]
    NoSuchEffect {
        /// The service.
        service: String,
        /// The given name.
        handler: String,
        /// The names of its effects.
        known: String,
    },
    /// The handler has no receipt of the message.
    #[error(
        "{handler} has no receipt of message {id} of {source_name}: check source and id; where they are right, nothing is in the way of \
         a redrive"
    )]
    NoReceipt {
        /// The handler.
        handler: String,
        /// The envelope's source.
        source_name: String,
        /// The envelope's id.
        id: String,
    },
    /// The effect took effect.
    #[error("it took effect already: nothing is to be released")]
    Completed,
    /// The command was undone, so it never takes effect any more (S-72).
    #[error("it was undone: it never takes effect any more, so nothing is to be released")]
    Undone,
    /// An attempt is under way.
    #[error("an attempt holds it until {until}: its outcome is not known before")]
    InProgress {
        /// The end of its lease.
        until: Timestamp,
    },
    /// The effect does not define the emissions of a success.
    #[error(
        "{handler} emits messages, and nothing tells which ones a success emits: implement `Done` for it, and register it with \
         `effect_with_done`"
    )]
    NotTold {
        /// The handler.
        handler: String,
    },
    /// The receipt was written meanwhile.
    #[error("an attempt wrote the receipt meanwhile: look again, then release again")]
    Changed,
    /// The table could not be read or written, or the receipt is damaged.
    #[error(transparent)]
    Failed(Failure),
}

impl Engine {
    /// Releases an effect that failed for good, or whose outcome is unknown, with the outcome that
    /// a person found (S-19). Its dead letter is redriven afterwards. The write is conditional on
    /// the receipt that was read.
    ///
    /// # Errors
    /// The reason why nothing was changed.
    pub async fn release(&self, release: &Release) -> Result<Released, ReleaseError> {
        let inner = &*self.inner;
        let routes = || inner.service.routes.values().flatten();
        let is_effect = |mode: Mode| matches!(mode, Mode::Leased { .. });
        let Some(route) =
            routes().find(|route| route.is_called(&release.handler) && is_effect(route.reaction.mode()))
        else {
            let mut known: Vec<&str> = routes()
                .filter(|route| is_effect(route.reaction.mode()))
                .map(|route| route.handler)
                .collect();
            known.sort_unstable();
            let (service, handler) = (inner.service.name.clone(), release.handler.clone());
            return Err(ReleaseError::NoSuchEffect { service, handler, known: known.join(", ") });
        };
        let key = |consumer: &Arc<str>| receipt::key(consumer, &release.source, &release.id);
        let keys = route.names.consumers().map(key).collect();
        let access = Access::Alone(&*inner.table);
        let items = access.get(keys).await.map_err(|error| ReleaseError::Failed(error.into()))?;
        let now = self.now();
        let stored = items.into_iter().flatten().find(|item| !item.is_expired(now));
        let Some((writer, stored)) = stored.and_then(|item| {
            let writer = item.get_text(attribute::WRITER)?.to_owned();
            Some((writer, item))
        }) else {
            return Err(ReleaseError::NoReceipt {
                handler: release.handler.clone(),
                source_name: release.source.clone(),
                id: release.id.clone(),
            });
        };
        let before = read_receipt(&stored).map_err(ReleaseError::Failed)?;
        let (status, released) = next(&before, release, now, route.reaction.success())?;
        let token = inner.host.token();
        let expires = now + inner.settings.horizon;
        let receipt = Receipt { status, uncertain: Some(0), expires, ..before };
        let write =
            Write { action: Action::Put(receipt.into_item(token)), condition: Condition::Writer(writer) };
        match inner.write(access, vec![write], Vec::new(), token).await {
            Ok(()) => {
                tracing::info!(
                    consumer = &*route.names.consumer,
                    source = release.source,
                    event_id = release.id,
                    outcome = ?release.outcome,
                    "released"
                );
                Ok(released)
            }
            Err(CommitError::Write(WriteError::Refused(_)) | CommitError::ConflictInBatch(_)) => {
                Err(ReleaseError::Changed)
            }
            Err(error) => Err(ReleaseError::Failed(error.into())),
        }
    }
}

/// The receipt after a release, as a plain function.
fn next(
    receipt: &Receipt,
    release: &Release,
    now: Timestamp,
    success: Success,
) -> Result<(Status, Released), ReleaseError> {
    match (&receipt.status, release.outcome) {
        (Status::Completed, _) => Err(ReleaseError::Completed),
        (Status::Undone, _) => Err(ReleaseError::Undone),
        (Status::Leased { until }, _) if now < *until => Err(ReleaseError::InProgress { until: *until }),
        (_, EffectOutcome::NotDone) => Ok((Status::Leased { until: now }, Released::ActsAgain)),
        (_, EffectOutcome::Done) => match success {
            Success::EmitsNothing => Ok((Status::Completed, Released::Completed)),
            Success::IsTold => Ok((Status::Acted, Released::EmitsLater)),
            Success::IsNotTold => Err(ReleaseError::NotTold { handler: release.handler.clone() }),
        },
    }
}
