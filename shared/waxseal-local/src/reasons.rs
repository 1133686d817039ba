//! The reasons of dead letters, in the form for logs.

use std::{collections::BTreeMap, fmt::Write as _, sync::Arc};

use waxseal::{dead_letter::DeadLetter, lock::Lock};

use crate::message::Message;

/// The reasons of dead letters in the form for logs, by queue and record. The dead letter itself
/// shows other people's words as well.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reasons(Arc<Lock<BTreeMap<(String, String), String>>>);

impl Reasons {
    pub(crate) fn add(&self, queue: &str, letter: &DeadLetter) {
        self.0.lock().insert((queue.to_owned(), letter.record.clone()), letter.reason.clone());
    }

    /// One dead letter in a line, without payload.
    pub(crate) fn line(&self, queue: &str, letter: &Message) -> String {
        let Some(note) = letter.note() else {
            let event = letter.envelope();
            let event = event.map(|raw| format!("; {} {} of {}", raw.name, raw.id, raw.source));
            let event = event.unwrap_or_else(|| "; no envelope".to_owned());
            return format!("no code: the redrive policy moved it here{event}");
        };
        let reasons = self.0.lock();
        let reason = reasons.get(&(queue.to_owned(), note.record.to_string()));
        let code = note.code.as_deref().unwrap_or("no code");
        let mut text = format!("{code}: {}", reason.map_or("the dead letter has the reason", |it| it));
        if let Some(handler) = &note.handler {
            let _ = write!(text, "; handler {}/{handler}", note.service);
        }
        let _ = match (&note.source, &note.id) {
            (Some(source), Some(id)) => {
                write!(text, "; {} {id} of {source}", note.name.as_deref().unwrap_or("event"))
            }
            _ => write!(text, "; record {}", note.record),
        };
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
    }
}
