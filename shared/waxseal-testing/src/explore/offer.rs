//! The inputs that may come in a state.

use serde_json::Value;
use waxseal::handler::{AnyInstance, Armed, Call, CallState, Decision, Phase, Timer};

use crate::explore::{
    graph::By,
    identity::{duration, is_running, timer},
    sample::{Cause, Facts},
};

/// An input that may come.
pub(super) struct Offer {
    pub(super) what: What,
    pub(super) by: By,
    pub(super) label: String,
    pub(super) name: String,
    /// The id of the command that it answers.
    pub(super) answers: Option<String>,
}

/// What comes.
pub(super) enum What {
    /// The sample of this number, caused by the message with this id.
    Sample { sample: usize, cause: Option<String> },
    /// The end of the timer with this arming.
    Timeout { arming: u64 },
    /// The ends of all the deadlines of the undo of the command with this id.
    UndoTimeouts { call: String },
    /// A person decides.
    Decision(Decision),
}

/// The inputs that may come where an instance begins.
pub(super) fn beginning<'f>(samples: impl Iterator<Item = &'f Facts>) -> Vec<Offer> {
    let begins = samples.enumerate().filter(|(_, sample)| sample.begins);
    begins.map(|(n, sample)| message(n, sample, None, By::Beginning, None)).collect()
}

/// The inputs that may come in the state of the instance.
pub(super) fn offers<'f>(
    instance: &AnyInstance,
    samples: impl Iterator<Item = &'f Facts>,
    undo_tries: u32,
) -> Vec<Offer> {
    let mut offers = Vec::new();
    for (n, sample) in samples.enumerate().filter(|(_, sample)| !sample.begins) {
        sample.causes.iter().for_each(|cause| replies(instance, n, sample, *cause, &mut offers));
    }
    for armed in &instance.timers {
        offers.extend(timeout(instance, armed, undo_tries));
    }
    if matches!(instance.phase, Phase::CompensationFailed { .. }) {
        for (name, decision) in [("resume", Decision::Resume), ("skip", Decision::Skip)] {
            let (label, what) = (format!("a person says {name}"), What::Decision(decision));
            offers.push(Offer { what, by: By::Person, label, name: name.to_owned(), answers: None });
        }
    }
    offers
}

fn message(sample: usize, facts: &Facts, cause: Option<String>, by: By, answers: Option<String>) -> Offer {
    let name = facts.name.to_owned();
    Offer { what: What::Sample { sample, cause }, by, label: name.clone(), name, answers }
}

/// Offers the sample where its cause has happened. After the end an input is recorded, and that is
/// all.
fn replies(instance: &AnyInstance, n: usize, sample: &Facts, cause: Cause, offers: &mut Vec<Offer>) {
    if matches!(instance.phase, Phase::Finished { .. } | Phase::Unknown) {
        return;
    }
    let mut newest = instance.calls.iter().rev();
    let waits =
        |call: &&Call| matches!(call.state, CallState::Sent | CallState::Undoing { acknowledged: false, .. });
    match cause {
        Cause::Answers(command) | Cause::Refuses(command) => {
            let by = if matches!(cause, Cause::Refuses(_)) { By::Refusal } else { By::Answer };
            if let Some(call) = newest.clone().find(|call| call.command == command && waits(call)) {
                let id = call.id.clone();
                offers.push(message(n, sample, Some(id.clone()), by, Some(id)));
            }
            let undo = newest.find_map(|call| match (&call.undo, &call.state) {
                (Some(undo), CallState::Undoing { ids, .. }) if undo.command == command => ids.last(),
                _ => None,
            });
            if let Some(id) = undo {
                offers.push(message(n, sample, Some(id.clone()), by, None));
            }
        }
        Cause::Follows(command) => {
            let is_done =
                |call: &Call| call.command == command && matches!(call.state, CallState::Acknowledged { .. });
            if is_running(instance) && newest.any(is_done) {
                offers.push(message(n, sample, None, By::Following, None));
            }
        }
        Cause::Outside if is_running(instance) => {
            offers.push(message(n, sample, None, By::Outside, None));
        }
        Cause::Outside => {}
    }
}

/// The end of a timer, where no other one is sure to end before it.
fn timeout(instance: &AnyInstance, armed: &Armed<Value>, undo_tries: u32) -> Option<Offer> {
    let name = timer(instance, armed);
    match &armed.timer {
        Timer::Step(_) => {
            let is_first = !instance
                .timers
                .iter()
                .any(|other| matches!(other.timer, Timer::Step(_)) && precedes(other, armed));
            let (label, what) =
                (format!("{name} after {:?}", duration(armed)), What::Timeout { arming: armed.arming });
            let offer = Offer { what, by: By::Timer, label, name, answers: None };
            (is_running(instance) && is_first).then_some(offer)
        }
        Timer::Undo(call) => {
            let (label, what) =
                (format!("no answer in {undo_tries} tries"), What::UndoTimeouts { call: call.clone() });
            Some(Offer { what, by: By::UndoTimer, label, name, answers: None })
        }
        _ => None,
    }
}

/// Whether `first` is sure to end before `second`: it was armed before or with it, and is not
/// longer.
fn precedes(first: &Armed<Value>, second: &Armed<Value>) -> bool {
    let (short, long) = (duration(first), duration(second));
    first.arming < second.arming && short <= long || first.by == second.by && short < long
}
