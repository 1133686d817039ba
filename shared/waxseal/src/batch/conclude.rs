//! The outcome of a record: its retry, or its dead letter.

use std::time::Duration;

use crate::{
    batch::{
        backoff::{jitter, random},
        batches::Batches,
        outcome::RecordOutcome,
        policy::MalformedPolicy,
        record::Record,
    },
    code::Code,
    dead_letter::DeadLetter,
    engine::{Failed, Outcome},
    handler::{Failure, Reason},
};
use waxseal_message::{DecodeError, Raw, lacking};

impl Batches {
    /// The outcome of a message. It writes the dead letter where there is one.
    pub(super) async fn conclude(
        &self,
        record: &Record,
        raw: &Raw,
        result: Result<Outcome, Failure>,
        failed: Failed,
    ) -> RecordOutcome {
        match result {
            Ok(outcome) => RecordOutcome::Done(Some(outcome)),
            // The box keeps this rare case out of the size of every record's future.
            Err(failure) => Box::pin(self.failed(record, raw, failure, failed)).await,
        }
    }

    async fn failed(&self, record: &Record, raw: &Raw, failure: Failure, failed: Failed) -> RecordOutcome {
        let handler = failed.cause.or_else(|| self.only_handler(raw));
        match failure {
            Failure::Unknown { .. } if self.engine.service().ignores(&raw.name) => ignored(record, &raw.name),
            Failure::Unknown { .. }
                if let Some(kind) = kind(raw)
                    && self.engine.service().ignores(kind) =>
            {
                ignored(record, kind)
            }
            failure @ Failure::Unknown { .. } => {
                let hint = match kind(raw) {
                    Some(kind) => format!(
                        "; its source is {}: declare a handler for it, or `.ignore({kind:?})` on the service",
                        raw.source
                    ),
                    None => missing_members(record, raw),
                };
                let reason = Reason::of(&failure).between("", &hint);
                self.unreadable(record, failure.code(), reason).await
            }
            Failure::Unstarted => RecordOutcome::Unstarted,
            failure if failure.is_permanent() => {
                let hint = match &failure {
                    Failure::Decode(DecodeError::Shape { .. }) => missing_members(record, raw),
                    _ => String::new(),
                };
                let dead_letter =
                    self.dead_letter_of(record, failure.code(), Reason::of(&failure).between("", &hint));
                let handler = handler.map(str::to_owned);
                self.dead_letter(DeadLetter { handler, handlers: failed.effects, ..dead_letter }).await
            }
            failure => self.retry(record, raw, &failure, handler).await,
        }
    }

    /// The handler of a message that has one alone.
    fn only_handler(&self, raw: &Raw) -> Option<&'static str> {
        let mut routes = self.engine.service().routes_of(&raw.name, &raw.source)?;
        let only = routes.next()?.handler;
        routes.next().is_none().then_some(only)
    }

    /// The dead letter of a record, with the service and the time.
    pub(super) fn dead_letter_of(
        &self,
        record: &Record,
        code: Code,
        reason: impl Into<Reason>,
    ) -> DeadLetter {
        let reason = reason.into();
        let (shown, quoted_reason) = (reason.shown().to_owned(), reason.quoted().map(str::to_owned));
        let (service, now) = (self.engine.service().name(), self.engine.now());
        DeadLetter { quoted_reason, ..record.dead_letter(service, now, code, shown) }
    }

    pub(super) async fn unreadable(&self, record: &Record, code: Code, reason: Reason) -> RecordOutcome {
        match self.policy.malformed {
            MalformedPolicy::DeadLetter => self.dead_letter(self.dead_letter_of(record, code, reason)).await,
            MalformedPolicy::Retry if self.last_age_of(record).is_some() => {
                self.dead_letter(self.dead_letter_of(record, code, reason)).await
            }
            MalformedPolicy::Retry => {
                let reason = reason.shown();
                tracing::warn!(record = record.id, reason, "not readable, reported as failed");
                RecordOutcome::Failed { reason: reason.to_owned(), retry_after: None }
            }
        }
    }

    async fn retry(
        &self,
        record: &Record,
        raw: &Raw,
        failure: &Failure,
        handler: Option<&'static str>,
    ) -> RecordOutcome {
        let reason = Reason::of(failure);
        // A duplicate of a leased event has not failed by itself: it waits, however often it is
        // received.
        let waits = matches!(failure, Failure::InProgress { .. });
        if !waits && self.policy.max_receives.is_some_and(|most| record.receives >= most) {
            let reason = reason.between(&format!("gave up after {} receives: ", record.receives), "");
            let dead_letter = self.dead_letter_of(record, failure.code(), reason);
            let handler = handler.map(str::to_owned);
            return self.dead_letter(DeadLetter { handler, ..dead_letter }).await;
        }
        if let Some(age) = self.last_age_of(record) {
            let reason = reason.between(&format!("gave up at the age of {} s: ", age.as_secs()), "");
            return self.dead_letter(self.dead_letter_of(record, failure.code(), reason)).await;
        }
        let reason = reason.shown();
        tracing::warn!(
            record = record.id,
            event = raw.name,
            source = raw.source,
            event_id = raw.id,
            receives = record.receives,
            reason,
            "failed, comes again",
        );
        let mut retry_after = failure.retry_after(self.engine.now());
        if waits && let Some(rest) = &mut retry_after {
            // Records that wait for one lease are spread, since not all need to arrive at its end
            // (S-14).
            *rest += jitter((*rest / 10).max(Duration::from_secs(1)), random(self.engine.token()));
        }
        RecordOutcome::Failed { reason: reason.to_owned(), retry_after }
    }

    /// The age of a record that its mapping would soon give up.
    ///
    /// A duplicate that waits for a lease counts too. Its redrive is harmless, and its loss is not.
    fn last_age_of(&self, record: &Record) -> Option<Duration> {
        let (last, written_at) = (self.policy.last_age()?, record.place.as_ref()?.written_at?);
        let age = self.engine.now().saturating_duration_since(written_at);
        (age >= last).then_some(age)
    }

    pub(super) async fn dead_letter(&self, dead_letter: DeadLetter) -> RecordOutcome {
        super::dead_letter(dead_letter, &self.dead_letters, self.engine.observers()).await
    }
}

/// The outcome of a record that its service declares to ignore.
pub(super) fn ignored(record: &Record, name: &str) -> RecordOutcome {
    tracing::info!(record = record.id, name, "acknowledged without a handler: the service ignores it");
    RecordOutcome::Done(None)
}

/// The kind of an event whose source names it: `aws:s3` or, of `aws:dynamodb/customers`,
/// `aws:dynamodb`. The name of a service has no colon, and ARNs and URLs begin otherwise.
fn kind(raw: &Raw) -> Option<&str> {
    raw.source.split('/').next().filter(|kind| kind.starts_with("aws:"))
}

/// The members that a payload lacks to be an envelope, for the reason of its dead letter. The text
/// is empty where the payload came in an envelope.
fn missing_members(record: &Record, raw: &Raw) -> String {
    let (body, data) = (String::from_utf8_lossy(&record.body), raw.data.get());
    // One such member around the payload is an envelope's own.
    let is_plain = ["eventId", "specversion"]
        .iter()
        .all(|name| body.matches(name).count() <= data.matches(name).count());
    lacking(data).filter(|_| is_plain).map(|lacking| format!("; {lacking}")).unwrap_or_default()
}
