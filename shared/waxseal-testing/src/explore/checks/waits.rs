//! The checks of waiting: something leads out of each state, and a timer bounds the waiting.

use waxseal::handler::{AnyInstance, CallState, Phase};

use crate::explore::{
    checks::assumptions::Assumptions,
    finding::Finding,
    graph::{By, Graph, step_timers},
    identity::{is_running, step},
    kind::Kind,
    sample::{Cause, Facts},
};

pub(super) fn check(
    graph: &Graph,
    samples: &[Facts],
    assumed: &Assumptions,
    found: &mut impl FnMut(Finding),
) {
    for (node, instance) in graph.instances() {
        if let Some(undo) = unanswered(instance, samples) {
            found(graph.in_state(Kind::UnansweredUndo, undo, node));
        }
        if !is_running(instance) || step_timers(instance).next().is_some() {
            continue;
        }
        let step = step(instance);
        // Something from outside may come, or never.
        let leads_out = |by: By| matches!(by, By::Answer | By::Refusal | By::Following);
        if !graph.leaving(node).any(|edge| leads_out(edge.by)) {
            // Where the bound was reached, or a step gave no state, that is the finding.
            if !graph.is_cut && !graph.flaws.iter().any(|flaw| flaw.from == node) {
                found(graph.in_state(Kind::NoExit, step, node));
            }
        } else if !assumed.may_wait.contains(&step) {
            found(graph.in_state(Kind::NoDeadline, step, node));
        }
    }
}

/// The undo that is under way, where no input answers it.
fn unanswered<'i>(instance: &'i AnyInstance, samples: &[Facts]) -> Option<&'i str> {
    if !matches!(instance.phase, Phase::Compensating { .. }) {
        return None;
    }
    let answers = |command: &str| {
        samples.iter().flat_map(|sample| &sample.causes).any(|cause| {
            matches!(cause, Cause::Answers(answered) | Cause::Refuses(answered) if *answered == command)
        })
    };
    let undoing = instance.calls.iter().find(|call| matches!(call.state, CallState::Undoing { .. }))?;
    let undo = undoing.undo.as_ref()?;
    (!answers(&undo.command)).then_some(undo.command.as_str())
}
