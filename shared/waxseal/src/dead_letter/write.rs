//! The one place that writes a dead letter and logs it.

use crate::{
    dead_letter::definition::{DeadLetter, DeadLetters},
    error_chain::error_chain,
    observe::Observers,
};

impl DeadLetter {
    /// Writes this dead letter to its queue, with a line in the log, and tells the observers.
    ///
    /// # Errors
    /// Where the queue does not take it. The text holds the reason of the dead letter and that of the
    /// queue. The record is then delivered again.
    pub async fn write(self, to: &impl DeadLetters, observers: &Observers) -> Result<(), String> {
        let Self { record, reason, code, .. } = &self;
        let (record, reason, code) = (record.clone(), reason.clone(), *code);
        let (source, event_id) = self.identity.clone().unwrap_or_default();
        let event = self.name.clone().unwrap_or_default();
        let observed = (!observers.is_empty()).then(|| self.clone());
        match to.send(self).await {
            Ok(()) => {
                if let Some(dead_letter) = &observed {
                    observers.each(|observer| observer.dead_lettered(dead_letter));
                }
                tracing::error!(record, event, source, event_id, %code, reason, "dead-lettered");
                Ok(())
            }
            Err(error) => {
                let error = error_chain(&*error);
                tracing::error!(
                    record,
                    event,
                    source,
                    event_id,
                    %code,
                    reason,
                    error,
                    "the dead-letter queue could not be written: the record comes again",
                );
                Err(format!("{reason}; and the dead-letter queue: {error}"))
            }
        }
    }
}
