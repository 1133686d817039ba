//! The state machine that is drawn: the walked states without data, timers and commands.

use crate::explore::{
    graph::{Graph, NOT_BEGUN},
    identity::{is_finished, place},
};

/// A state machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Machine {
    pub(super) process: &'static str,
    /// The places in the order in which they were reached. The first one is the beginning.
    pub(super) places: Vec<Place>,
    /// The moves in the order of the places that they leave.
    pub(super) moves: Vec<Move>,
}

/// A place: a step, an undo that is under way, or an outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) name: String,
    pub(super) is_end: bool,
}

/// A move from one place to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Move {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) label: String,
    pub(super) emitted: Vec<String>,
}

impl Machine {
    pub(super) fn of(process: &'static str, graph: &Graph) -> Self {
        let begin = Place { name: String::new(), is_end: false };
        let mut machine = Self { process, places: vec![begin], moves: Vec::new() };
        let place_of: Vec<usize> = graph
            .nodes
            .iter()
            .map(|node| {
                node.instance.as_ref().map_or(NOT_BEGUN, |instance| {
                    machine.place(Place { name: place(instance), is_end: is_finished(instance) })
                })
            })
            .collect();
        for edge in &graph.edges {
            let (from, to) = (place_of[edge.from], place_of[edge.to]);
            let (label, emitted) = (edge.label.clone(), edge.emitted.clone());
            let moved = Move { from, to, label, emitted };
            // An input that is recorded, and no more, would hide the moves.
            let is_seen = from != to || edge.has_acted;
            if is_seen && !machine.moves.contains(&moved) {
                machine.moves.push(moved);
            }
        }
        machine.moves.sort_by_key(|moved| moved.from);
        machine
    }

    fn place(&mut self, place: Place) -> usize {
        match self.places.iter().skip(1).position(|known| *known == place) {
            Some(known) => known + 1,
            None => {
                self.places.push(place);
                self.places.len() - 1
            }
        }
    }
}
