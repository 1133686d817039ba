//! Compensation: the walk through an instance's commands, the last first (G-2).

use serde_json::value::RawValue;

use crate::handler::{
    process::{
        definition::{Flow, Process},
        instance::{CallState, Phase, Timer},
    },
    staged_message::StagedMessage,
};
use waxseal_message::{Declared, Emits as _, Undoes};

impl<P: Process> Flow<P> {
    /// Matches the input with the command, or the undo, that caused it.
    pub(super) fn acknowledge_cause(&mut self) {
        let Some(causation) = self.cause.causation.as_deref() else { return };
        let (by, at) = (self.cause.id.clone(), self.cause.now);
        for call in &mut self.rest.calls {
            match &mut call.state {
                CallState::Sent if call.id == causation => call.state = CallState::Acknowledged { by, at },
                CallState::Undoing { acknowledged, .. } if call.id == causation => *acknowledged = true,
                CallState::Undoing { ids, .. } if ids.iter().any(|id| id == causation) => {
                    call.state = CallState::Undone { by, at };
                    let id = call.id.clone();
                    self.rest.timers.retain(|armed| !matches!(&armed.timer, Timer::Undo(of) if *of == id));
                    // A late answer mends a compensation that has failed.
                    if let Phase::CompensationFailed { reason, call: failed } = &self.rest.phase
                        && *failed == id
                    {
                        self.rest.phase = Phase::Compensating { reason: reason.clone() };
                    }
                }
                _ => continue,
            }
            return;
        }
    }

    /// Takes the compensation as far as it goes without another input.
    pub(super) fn walk(&mut self, process: &P) {
        if !matches!(self.rest.phase, Phase::Compensating { .. })
            || self.rest.calls.iter().any(|call| call.is_undoing())
        {
            return;
        }
        match self.rest.calls.iter().rposition(|call| call.is_to_undo()) {
            Some(index) => self.undo(index),
            None => {
                self.rest.phase = Phase::Running;
                process.compensated(self);
            }
        }
    }

    /// Sends the undo of the command at `index`, for the first time or again.
    fn undo(&mut self, index: usize) {
        let (id, now, source) = (self.next_id(), self.cause.now, self.service());
        let Some(call) = self.rest.calls.get_mut(index) else { return };
        let Some(undo) = call.undo.clone() else { return };
        let (is_acknowledged, mut ids, tries, since) = match &call.state {
            CallState::Undoing { acknowledged, ids, tries, since } => {
                (*acknowledged, ids.clone(), *tries, *since)
            }
            CallState::Acknowledged { .. } => (true, Vec::new(), 0, now),
            _ => (false, Vec::new(), 0, now),
        };
        ids.push(id);
        call.state = CallState::Undoing { acknowledged: is_acknowledged, ids, tries: tries + 1, since };
        let undoes = Undoes { id: call.id.clone(), source, sent: call.sent, is_acknowledged };
        let timer = Timer::Undo(call.id.clone());
        match P::Emits::DECLARED.iter().find(|declared| declared.name == undo.command) {
            Some(declared) => self.staged.push(staged(*declared, undo.payload, undoes)),
            // `Service::check` refuses such a process, so another build has sent the command.
            None => self.note(format!("this build cannot send {}: it is not in `type Emits`", undo.command)),
        }
        self.arm_any(timer, P::UNDO_DEADLINE);
    }

    /// The source of the commands that this instance sends: its service.
    fn service(&self) -> String {
        self.cause.consumer.split('/').next().unwrap_or_default().to_owned()
    }

    /// The deadline of an undo has passed.
    pub(super) fn undo_late(&mut self, process: &P, call: &str) {
        let Some(index) = self.rest.calls.iter().position(|open| open.id == call && open.is_undoing()) else {
            return;
        };
        let command = self.rest.calls[index].command.clone();
        let CallState::Undoing { tries, .. } = &self.rest.calls[index].state else { return };
        if *tries < P::UNDO_TRIES {
            self.note(format!("{command} is not undone yet, so its undo is sent again"));
            return self.undo(index);
        }
        if let Phase::Compensating { reason } = &self.rest.phase {
            self.rest.phase = Phase::CompensationFailed { reason: reason.clone(), call: call.to_owned() };
            process.compensation_failed(self, &command);
        }
    }

    /// A person resumes a failed compensation: the undo is sent again, with all its tries.
    pub(super) fn resume(&mut self) {
        let Phase::CompensationFailed { reason, call } = self.rest.phase.clone() else {
            return self.note("nothing is to be resumed");
        };
        self.rest.phase = Phase::Compensating { reason };
        if let Some(index) = self.rest.calls.iter().position(|open| open.id == call) {
            if let CallState::Undoing { tries, .. } = &mut self.rest.calls[index].state {
                *tries = 0;
            }
            self.undo(index);
        }
    }

    /// A person leaves the command as it is, and the compensation goes on.
    pub(super) fn skip(&mut self) {
        let Phase::CompensationFailed { reason, call } = self.rest.phase.clone() else {
            return self.note("nothing is to be skipped");
        };
        self.rest.phase = Phase::Compensating { reason };
        let at = self.cause.now;
        if let Some(open) = self.rest.calls.iter_mut().find(|open| open.id == call) {
            open.state = CallState::Skipped { at };
        }
    }
}

/// An undo as it is staged.
fn staged(declared: Declared, payload: String, undoes: Undoes) -> StagedMessage {
    StagedMessage {
        data: RawValue::from_string(payload),
        undoes: Some(undoes),
        ..StagedMessage::declared_as(declared)
    }
}
