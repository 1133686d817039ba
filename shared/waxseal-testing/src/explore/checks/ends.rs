//! The checks of ends: an instance completes, or undoes what it has done, or says that it could not.

use waxseal::handler::{AnyInstance, Call, CallState, Phase};

use crate::explore::{
    checks::assumptions::Assumptions,
    finding::Finding,
    graph::{By, Edge, Graph},
    identity::is_finished,
    kind::Kind,
};

pub(super) fn check(graph: &Graph, assumed: &Assumptions, found: &mut impl FnMut(Finding)) {
    for (node, instance) in graph.instances() {
        let is_undoing =
            matches!(instance.phase, Phase::Compensating { .. } | Phase::CompensationFailed { .. });
        for call in instance.calls.iter().filter(|_| is_undoing) {
            let is_done = matches!(call.state, CallState::Sent | CallState::Acknowledged { .. });
            if call.undo.is_none() && is_done && !assumed.harmless.contains(call.command.as_str()) {
                found(graph.in_state(Kind::NoUndo, &call.command, node));
            }
        }
    }
    for edge in &graph.edges {
        if let Phase::CompensationFailed { call, .. } = &edge.after.phase
            && edge.by == By::UndoTimer
            && edge.emitted.is_empty()
        {
            let command = edge.after.calls.iter().find(|open| open.id == *call);
            found(graph.at_edge(Kind::SilentFailure, command.map_or("", |call| &call.command), edge));
        }
        let was_finished = graph.instance(edge.from).is_some_and(is_finished);
        if is_finished(&edge.after) && !was_finished {
            for command in left_behind(graph, assumed, edge) {
                if !assumed.harmless.contains(command) {
                    found(graph.at_edge(Kind::LeftBehind, command, edge));
                }
            }
        }
    }
}

/// The commands with an undo that are neither part of a complete flow nor undone when the instance
/// ends.
///
/// A flow is complete where the newest command of each type was handled and not refused.
fn left_behind<'g>(graph: &Graph, assumed: &Assumptions, edge: &'g Edge) -> Vec<&'g str> {
    let refused = edge.answers.as_ref().filter(|_| edge.by == By::Refusal);
    let is_refused = |call: &Call| {
        matches!(call.state, CallState::Refused { .. }) || refused.is_some_and(|id| *id == call.id)
    };
    let was_compensating = graph.instance(edge.from).is_some_and(|before| {
        matches!(before.phase, Phase::Compensating { .. } | Phase::CompensationFailed { .. })
    });
    let newest = newest(&edge.after);
    let is_open = |call: &Call| matches!(call.state, CallState::Sent | CallState::Undoing { .. });
    let is_incomplete = was_compensating
        || newest.iter().any(|call| is_refused(call) && !assumed.optional.contains(call.command.as_str()));
    let stays = |call: &&&Call| {
        let is_done = matches!(call.state, CallState::Acknowledged { .. });
        call.undo.is_some() && !is_refused(call) && (is_open(call) || is_done && is_incomplete)
    };
    newest.iter().filter(stays).map(|call| call.command.as_str()).collect()
}

/// The newest command of each type.
fn newest(instance: &AnyInstance) -> Vec<&Call> {
    let mut newest: Vec<&Call> = Vec::new();
    for call in instance.calls.iter().rev() {
        if !newest.iter().any(|newer| newer.command == call.command) {
            newest.push(call);
        }
    }
    newest
}
