//! A line in the log for each handled record.

use waxseal::observe::{Handled, Observer};

/// Logs each record of a batch at the level INFO: its id, the identity of its message and its outcome, and no payload.
///
/// [`Environment::settings`](crate::Environment::settings) adds it where `WAXSEAL_LOG_HANDLED=on`.
#[derive(Debug, Clone, Copy, Default)]
pub struct LogHandled;

impl Observer for LogHandled {
    fn handled(&self, record: &Handled<'_>) {
        let (event, source, event_id) = record.message.unwrap_or_default();
        tracing::info!(
            record = record.record,
            event,
            source,
            event_id,
            receives = record.receives,
            outcome = record.outcome.word(),
            "handled"
        );
    }
}
