//! The checks of inputs: each has a sample and a cause, and does something.

use waxseal::handler::{AnyInstance, Call, CallState};

use crate::explore::{
    checks::assumptions::Assumptions,
    finding::Finding,
    graph::{By, Edge, Graph},
    identity::{identity, is_running},
    kind::Kind,
    sample::Facts,
};

pub(super) fn check(
    graph: &Graph,
    samples: &[Facts],
    assumed: &Assumptions,
    found: &mut impl FnMut(Finding),
) {
    for input in &assumed.inputs {
        if !samples.iter().any(|sample| sample.name == *input) {
            found(Finding::whole(Kind::NoSample, input));
        }
    }
    let key = samples.iter().find(|sample| sample.begins).map(|sample| &sample.key);
    for sample in samples {
        if key.is_some_and(|key| *key != sample.key) {
            found(Finding::whole(Kind::OtherInstance, sample.name));
        }
        if sample.begins {
            continue;
        }
        let is_possible = sample
            .causes
            .iter()
            .any(|cause| cause.command().is_none_or(|command| assumed.emits.contains(command)));
        if !is_possible {
            found(Finding::whole(Kind::NoCause, sample.name));
        } else if graph.is_whole() && !has_effect(graph, sample) {
            found(Finding::whole(Kind::DeadInput, sample.name));
        }
    }
    for edge in &graph.edges {
        if let Some(message) = &edge.repeated {
            found(graph.at_edge(Kind::Repeated, message, edge));
        }
    }
    for (before, edge) in graph.steps() {
        if let Some(command) = unfounded_refusal(before, edge) {
            found(graph.at_edge(Kind::UnfoundedRefusal, command, edge));
        }
        if is_swallowed(before, edge) && !is_ignorable(samples, edge) {
            found(graph.at_edge(Kind::Swallowed, &edge.name, edge));
        }
        // While the instance compensates, no step is there to say it, and the undo decides by state.
        if let Some(command) = unsaid_refusal(edge).filter(|_| is_running(before)) {
            found(graph.at_edge(Kind::UnsaidRefusal, command, edge));
        }
    }
}

fn has_effect(graph: &Graph, sample: &Facts) -> bool {
    graph.steps().any(|(before, edge)| {
        edge.name == sample.name && (edge.has_acted || identity(before) != identity(&edge.after))
    })
}

fn is_ignorable(samples: &[Facts], edge: &Edge) -> bool {
    samples.iter().any(|sample| sample.name == edge.name && sample.is_ignorable)
}

/// Whether the first reply to an open command changes nothing. A further reply, to a command that
/// was sent again, may do so.
fn is_swallowed(before: &AnyInstance, edge: &Edge) -> bool {
    let Some(call) = edge.answers.as_ref().and_then(|id| before.calls.iter().find(|call| call.id == *id))
    else {
        return false;
    };
    let is_answered =
        |state: &CallState| matches!(state, CallState::Acknowledged { .. } | CallState::Refused { .. });
    let has_other =
        before.calls.iter().any(|other| other.command == call.command && is_answered(&other.state));
    is_running(before) && !edge.has_acted && !has_other
}

/// The command that was refused, and that compensation would undo all the same.
fn unsaid_refusal(edge: &Edge) -> Option<&str> {
    let id = edge.answers.as_ref().filter(|_| edge.by == By::Refusal)?;
    let call = edge.after.calls.iter().find(|call| call.id == *id)?;
    let is_said = matches!(call.state, CallState::Refused { .. });
    (call.undo.is_some() && !is_said).then_some(call.command.as_str())
}

/// The command that the process takes for refused, and that no reply has refused.
fn unfounded_refusal<'e>(before: &AnyInstance, edge: &'e Edge) -> Option<&'e str> {
    let is_refused = |call: &&Call| matches!(call.state, CallState::Refused { .. });
    // Where a command was sent again, the reply to one of them speaks of both.
    let refused = edge.answers.as_ref().filter(|_| edge.by == By::Refusal);
    let refused = before.calls.iter().find(|call| refused == Some(&call.id)).map(|call| &call.command);
    let was_refused = |call: &Call| before.calls.iter().filter(is_refused).any(|other| other.id == call.id);
    let mut said = edge.after.calls.iter().filter(is_refused);
    said.find(|call| refused != Some(&call.command) && !was_refused(call)).map(|call| call.command.as_str())
}
