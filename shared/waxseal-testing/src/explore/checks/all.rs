//! All checks, and one finding for each thing that is wrong.

use std::collections::BTreeSet;

use crate::explore::{
    checks::{assumptions::Assumptions, ends, inputs, timers, waits},
    finding::Finding,
    graph::Graph,
    identity,
    kind::Kind,
    sample::Facts,
};

/// The findings, by kind. Of findings that say the same about the same place, the one with the
/// shortest path stays.
pub(in crate::explore) fn all(graph: &Graph, samples: &[Facts], assumed: &Assumptions) -> Vec<Finding> {
    let mut found = Found::default();
    if graph.is_cut {
        found.push(Finding::whole(Kind::TooManyStates, assumed.process));
    }
    for flaw in &graph.flaws {
        let mut finding = graph.in_state(flaw.kind, &flaw.name, flaw.from);
        finding.path.push(flaw.label.clone());
        if !flaw.detail.is_empty() {
            finding.state = format!("{} ({})", finding.state, flaw.detail);
        }
        found.push(finding);
    }
    inputs::check(graph, samples, assumed, &mut |finding| found.push(finding));
    waits::check(graph, samples, assumed, &mut |finding| found.push(finding));
    timers::check(graph, assumed, &mut |finding| found.push(finding));
    ends::check(graph, assumed, &mut |finding| found.push(finding));
    for step in &assumed.reaches {
        let is_reached = graph.instances().any(|(_, instance)| identity::step(instance) == *step);
        if !is_reached && graph.is_whole() {
            found.push(Finding::whole(Kind::UnreachedStep, step));
        }
    }
    found.findings.sort_by_key(|finding| (finding.kind, finding.path.len()));
    found.findings
}

#[derive(Default)]
struct Found {
    seen: BTreeSet<(Kind, String, String)>,
    findings: Vec<Finding>,
}

impl Found {
    fn push(&mut self, finding: Finding) {
        // The data and the other commands of a state tell two findings apart only for a machine.
        let place = finding.state.split([' ', ';']).next().unwrap_or_default().to_owned();
        if self.seen.insert((finding.kind, finding.subject.clone(), place)) {
            self.findings.push(finding);
        }
    }
}
