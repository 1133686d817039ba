//! The states and the transitions that were walked.

use std::collections::BTreeSet;

use serde_json::Value;
use waxseal::handler::{AnyInstance, Timer};

use crate::{
    explore::{finding::Finding, identity, kind::Kind},
    shown::text,
};

/// The number of the state before an instance begins.
pub(super) const NOT_BEGUN: usize = 0;

/// The states and the transitions of a process.
pub(super) struct Graph {
    /// The states, in the order in which they were reached. The first one has no instance.
    pub(super) nodes: Vec<Node>,
    pub(super) edges: Vec<Edge>,
    /// Steps that gave no state.
    pub(super) flaws: Vec<Flaw>,
    /// Whether the bound on states was reached.
    pub(super) is_cut: bool,
}

/// A state: the instance that was the first to be in it.
pub(super) struct Node {
    pub(super) instance: Option<AnyInstance>,
    /// The transition that led there first.
    pub(super) via: Option<usize>,
}

/// What a transition is taken at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Beginning,
    /// A reply to a command, or to an undo.
    Answer,
    /// A reply that refuses a command.
    Refusal,
    /// An input that follows a command some time after its reply.
    Following,
    Outside,
    Timer,
    UndoTimer,
    Person,
}

/// A transition.
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) by: By,
    /// The input or the timer, in words.
    pub(super) label: String,
    /// The name of the input or the timer alone.
    pub(super) name: String,
    /// The id of the command that the input answers.
    pub(super) answers: Option<String>,
    /// The names of the emitted messages.
    pub(super) emitted: Vec<String>,
    /// The message that was emitted twice with one payload.
    pub(super) repeated: Option<String>,
    /// Whether the step did anything. That a reply was matched with its command does not count.
    pub(super) has_acted: bool,
    /// The timers of the process that stayed armed.
    pub(super) kept: BTreeSet<String>,
    /// The instance after the step, before it was found to be in a known state.
    pub(super) after: AnyInstance,
}

/// A step that gave no state.
pub(super) struct Flaw {
    pub(super) kind: Kind,
    pub(super) from: usize,
    pub(super) label: String,
    pub(super) name: String,
    pub(super) detail: String,
}

impl Graph {
    /// Whether every state was reached. What lies beyond the bound, or beyond a step that gave no
    /// state, is not known.
    pub(super) fn is_whole(&self) -> bool {
        !self.is_cut && self.flaws.is_empty()
    }

    /// The instance of a state.
    pub(super) fn instance(&self, node: usize) -> Option<&AnyInstance> {
        self.nodes.get(node)?.instance.as_ref()
    }

    /// The states with an instance.
    pub(super) fn instances(&self) -> impl Iterator<Item = (usize, &AnyInstance)> {
        self.nodes.iter().enumerate().filter_map(|(n, node)| Some((n, node.instance.as_ref()?)))
    }

    /// The transitions out of a state.
    pub(super) fn leaving(&self, node: usize) -> impl Iterator<Item = &Edge> {
        self.edges.iter().filter(move |edge| edge.from == node)
    }

    /// The transitions between two instances, with the instance before.
    pub(super) fn steps(&self) -> impl Iterator<Item = (&AnyInstance, &Edge)> {
        self.edges.iter().filter_map(|edge| Some((self.instance(edge.from)?, edge)))
    }

    /// The shortest path to a state.
    pub(super) fn path(&self, node: usize) -> Vec<String> {
        let (mut path, mut at) = (Vec::new(), node);
        while let Some(edge) = self.nodes[at].via.map(|via| &self.edges[via]) {
            path.push(edge.label.clone());
            at = edge.from;
        }
        path.reverse();
        path
    }

    /// A finding about a state.
    pub(super) fn in_state(&self, kind: Kind, subject: impl Into<String>, node: usize) -> Finding {
        let state = self.instance(node).map_or_else(|| "not begun".to_owned(), identity::described);
        Finding { kind, subject: subject.into(), state, path: self.path(node) }
    }

    /// A finding about a transition: the state before it, and the path that ends with it.
    pub(super) fn at_edge(&self, kind: Kind, subject: impl Into<String>, edge: &Edge) -> Finding {
        let mut finding = self.in_state(kind, subject, edge.from);
        finding.path.push(edge.label.clone());
        finding
    }
}

/// The timers of the process that are armed in the instance, by their arming.
pub(super) fn step_timers(instance: &AnyInstance) -> impl Iterator<Item = (u64, &Value)> {
    instance.timers.iter().filter_map(|armed| match &armed.timer {
        Timer::Step(timer) => Some((armed.arming, timer)),
        _ => None,
    })
}

/// The names of the timers that are armed in both instances by the same arming.
pub(super) fn kept(before: &AnyInstance, after: &AnyInstance) -> BTreeSet<String> {
    let is_kept = |arming: u64| step_timers(after).any(|(other, _)| other == arming);
    step_timers(before).filter(|(arming, _)| is_kept(*arming)).map(|(_, timer)| text(timer)).collect()
}
