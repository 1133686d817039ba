//! The checks of timers: each belongs to a step, does something, and leads on.

use std::collections::BTreeSet;

use crate::{
    explore::{
        checks::assumptions::Assumptions,
        finding::Finding,
        graph::{By, Edge, Graph, step_timers},
        identity::{is_running, step},
        kind::Kind,
    },
    shown::text,
};

pub(super) fn check(graph: &Graph, assumed: &Assumptions, found: &mut impl FnMut(Finding)) {
    for (node, instance) in graph.instances().filter(|(_, instance)| !is_running(instance)) {
        for (_, timer) in step_timers(instance) {
            found(graph.in_state(Kind::TimerAfterEnd, text(timer), node));
        }
    }
    for (before, edge) in graph.steps() {
        if edge.by == By::Timer && !edge.has_acted {
            found(graph.at_edge(Kind::DeadTimeout, &edge.name, edge));
        }
        if is_running(before) && is_running(&edge.after) && step(before) != step(&edge.after) {
            for timer in edge.kept.difference(&assumed.spans) {
                found(graph.at_edge(Kind::OutlivedTimer, timer, edge));
            }
        }
    }
    livelocks(graph, assumed, found);
}

/// Finds circles of timers alone. A timer that stays armed all the way round ends the circle, and a
/// circle of timers that ask again for ever is meant.
fn livelocks(graph: &Graph, assumed: &Assumptions, found: &mut impl FnMut(Finding)) {
    let mut done = BTreeSet::new();
    for start in 0..graph.nodes.len() {
        if done.contains(&start) {
            continue;
        }
        let mut trail: Vec<&Edge> = Vec::new();
        let mut open = vec![timeouts(graph, start)];
        while let Some(edges) = open.last_mut() {
            let Some(edge) = edges.pop() else {
                open.pop();
                done.extend(trail.pop().map(|edge| edge.to));
                continue;
            };
            let begin = if edge.to == start {
                Some(0)
            } else {
                trail.iter().position(|earlier| earlier.to == edge.to).map(|earlier| earlier + 1)
            };
            match begin {
                Some(begin) => {
                    let circle = || trail[begin..].iter().copied().chain([edge]);
                    let is_meant = circle().all(|edge| assumed.asks_again.contains(&edge.name));
                    let kept = circle().map(|edge| edge.kept.clone()).reduce(|all, kept| &all & &kept);
                    if !is_meant && kept.is_none_or(|kept| kept.is_empty()) {
                        found(graph.at_edge(Kind::Livelock, &edge.name, edge));
                    }
                }
                None if done.contains(&edge.to) => {}
                None => {
                    trail.push(edge);
                    open.push(timeouts(graph, edge.to));
                }
            }
        }
        done.insert(start);
    }
}

fn timeouts(graph: &Graph, node: usize) -> Vec<&Edge> {
    graph.leaving(node).filter(|edge| edge.by == By::Timer).collect()
}
