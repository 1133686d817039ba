//! The walk: every input from every state, breadth first.

use std::{
    collections::{HashMap, HashSet},
    panic::{AssertUnwindSafe, catch_unwind},
};

use serde::de::DeserializeOwned;
use serde_json::Value;
use waxseal::{
    Process, StagedMessage,
    handler::{
        AnyInstance, Timer,
        pure::{self, Arrival, InstanceOf, Taken},
    },
};

use crate::explore::{
    graph::{By, Edge, Flaw, Graph, NOT_BEGUN, Node, kept},
    identity::{NOW, identity},
    kind::Kind,
    offer::{self, Offer, What},
    sample::Sample,
};

/// An instance after a step, in its stored form, and what the step emitted.
struct Stepped {
    stored: String,
    emitted: Vec<StagedMessage>,
}

impl Stepped {
    /// Whether both say the same. The order of a map's members says nothing.
    fn is_as(&self, other: &Self) -> bool {
        let value = |json: &str| serde_json::from_str::<Value>(json).ok();
        let are_same = |one: &str, two: &str| one == two || value(one) == value(two);
        let data =
            |message: &StagedMessage| message.data().map(|data| data.get().to_owned()).unwrap_or_default();
        are_same(&self.stored, &other.stored)
            && self.emitted.len() == other.emitted.len()
            && self.emitted.iter().zip(&other.emitted).all(|(one, two)| {
                one.declared() == two.declared()
                    && are_same(&data(one), &data(two))
                    && one.after() == two.after()
                    && one.undoes() == two.undoes()
            })
    }
}

/// Walks a process from its beginning, to `most` states.
pub(super) fn walk<P: Process>(process: &P, samples: &[Sample<P>], most: usize) -> Graph {
    let root = Node { instance: None, via: None };
    let mut graph = Graph { nodes: vec![root], edges: Vec::new(), flaws: Vec::new(), is_cut: false };
    let mut stored: Vec<Option<String>> = vec![None];
    let mut known: HashMap<String, usize> = HashMap::new();
    let mut from = NOT_BEGUN;
    while from < graph.nodes.len() {
        let facts = samples.iter().map(|sample| &sample.facts);
        let offers = match &graph.nodes[from].instance {
            None => offer::beginning(facts),
            Some(instance) => offer::offers(instance, facts, P::UNDO_TRIES),
        };
        for offer in offers {
            let stepped = twice(process, samples, stored[from].as_deref(), &offer.what);
            let (stepped, after) =
                match stepped.and_then(|it| read::<AnyInstance>(&it.stored).map(|any| (it, any))) {
                    Ok(read) => read,
                    Err(error) => {
                        graph.flaws.push(flaw(from, offer, error));
                        continue;
                    }
                };
            let next = graph.nodes.len();
            let to = *known.entry(identity(&after)).or_insert(next);
            if to == next {
                if next > most {
                    graph.is_cut = true;
                    return graph;
                }
                // A row that cannot be read back holds up all of its inputs.
                if let Err(error) = read::<InstanceOf<P>>(&stepped.stored) {
                    graph.flaws.push(flaw(from, offer, error));
                    known.remove(&identity(&after));
                    continue;
                }
                graph.nodes.push(Node { instance: Some(after.clone()), via: Some(graph.edges.len()) });
                stored.push(Some(stepped.stored));
            }
            let edge = edge(from, to, graph.instance(from), after, &stepped.emitted, offer);
            graph.edges.push(edge);
        }
        from += 1;
    }
    graph
}

fn flaw(from: usize, offer: Offer, (kind, detail): (Kind, String)) -> Flaw {
    Flaw { kind, from, label: offer.label, name: offer.name, detail }
}

fn edge(
    from: usize,
    to: usize,
    before: Option<&AnyInstance>,
    after: AnyInstance,
    emitted: &[StagedMessage],
    offer: Offer,
) -> Edge {
    let Offer { by, label, name, answers, .. } = offer;
    let has_moved = before.is_none_or(|before| {
        // The timer whose end this is is no longer armed, which is no act of the step.
        let ended = usize::from(matches!(by, By::Timer | By::UndoTimer));
        before.state != after.state
            || before.phase != after.phase
            || before.armed != after.armed
            || before.calls.len() != after.calls.len()
            || before.timers.len() != after.timers.len() + ended
    });
    let kept = before.map(|before| kept(before, &after)).unwrap_or_default();
    let has_acted = has_moved || !emitted.is_empty();
    let repeated = repeated(emitted);
    let emitted = emitted.iter().map(|message| message.declared().name.to_owned()).collect();
    Edge { from, to, by, label, name, answers, emitted, repeated, has_acted, kept, after }
}

/// The message that is emitted twice with one payload.
fn repeated(emitted: &[StagedMessage]) -> Option<String> {
    let form = |message: &StagedMessage| {
        let data = message.data().map(|data| data.get().to_owned());
        (message.declared().name, data, message.after())
    };
    let mut seen = HashSet::new();
    let again = emitted.iter().map(form).find(|message| !seen.insert(message.clone()));
    again.map(|(name, ..)| name.to_owned())
}

/// Takes a step twice, and compares: a step is a pure function.
fn twice<P: Process>(
    process: &P,
    samples: &[Sample<P>],
    stored: Option<&str>,
    what: &What,
) -> Result<Stepped, (Kind, String)> {
    let once = || {
        // A panic leaves the process as it is: a step has it by shared reference.
        let step = AssertUnwindSafe(|| step(process, samples, stored, what));
        catch_unwind(step).unwrap_or_else(|panic| {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            Err((Kind::Panics, text.unwrap_or_default().to_owned()))
        })
    };
    let first = once()?;
    match once()?.is_as(&first) {
        true => Ok(first),
        false => Err((Kind::Impure, String::new())),
    }
}

fn step<P: Process>(
    process: &P,
    samples: &[Sample<P>],
    stored: Option<&str>,
    what: &What,
) -> Result<Stepped, (Kind, String)> {
    let instance = stored.map(read::<InstanceOf<P>>).transpose()?;
    let count = instance.as_ref().map_or(0, |it| it.forgotten + it.log.len() as u64);
    let made = |name: &str| Arrival::made::<P>(P::NAME, format!("{name}-{count}"), NOW);
    match (what, instance) {
        (What::Sample { sample, cause }, instance) => {
            let sample = &samples[*sample];
            let id = format!("{}-{count}", sample.facts.name);
            written::<P>((sample.take)(process, instance, id, cause.clone()))
        }
        (What::Timeout { arming }, Some(instance)) => {
            written::<P>(end(process, instance, *arming, made("timeout"))?)
        }
        (What::Decision(decision), Some(instance)) => {
            written::<P>(pure::decide(process, instance, *decision, made("decision")))
        }
        (What::UndoTimeouts { call }, Some(instance)) => {
            let (mut instance, mut emitted) = (instance, Vec::new());
            // The tries in between lead to the same state.
            for count in 0..P::UNDO_TRIES {
                let is_deadline = |timer: &Timer<P::Timer>| matches!(timer, Timer::Undo(id) if id == call);
                let armed = instance.timers.iter().find(|armed| is_deadline(&armed.timer));
                let Some(arming) = armed.map(|armed| armed.arming) else { break };
                let id = format!("undo-timeout-{arming}-{count}");
                (instance, emitted) = end(process, instance, arming, Arrival::made::<P>(P::NAME, id, NOW))?;
            }
            written::<P>((instance, emitted))
        }
        (_, None) => Err((Kind::Unreadable, "no instance has begun".to_owned())),
    }
}

/// The end of a timer. The durations of the other ones stay as they are: they decide which timer
/// may end first.
fn end<P: Process>(
    process: &P,
    mut instance: InstanceOf<P>,
    arming: u64,
    arrival: Arrival,
) -> Result<Taken<P>, (Kind, String)> {
    instance.timers.iter_mut().filter(|armed| armed.arming == arming).for_each(|armed| armed.at = NOW);
    let taken = pure::timeout(process, instance, arming, arrival);
    taken.ok_or_else(|| (Kind::Unreadable, format!("the timer of arming {arming} is gone")))
}

fn read<I: DeserializeOwned>(stored: &str) -> Result<I, (Kind, String)> {
    serde_json::from_str(stored).map_err(|error| (Kind::Unreadable, error.to_string()))
}

fn written<P: Process>((instance, emitted): Taken<P>) -> Result<Stepped, (Kind, String)> {
    let stored = serde_json::to_string(&instance).map_err(|error| (Kind::Unreadable, error.to_string()))?;
    Ok(Stepped { stored, emitted })
}
