//! The causes of a message, and its consequences, as a tree.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use waxseal::{Timestamp, observe::HandledAs};

use crate::history::{
    fact::{Fact, Named, What},
    list::History,
    tree::Tree,
};

/// Why a message, or a dead letter, is there: the tree of its causes and consequences. See
/// [`Local::why`](crate::Local::why).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    trees: Vec<Tree>,
    /// The text in place of an empty tree.
    nothing: String,
}

impl Why {
    /// Whether nothing is known of the id.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.trees.is_empty()
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.trees.is_empty() {
            return writeln!(f, "{}", self.nothing);
        }
        self.trees.iter().try_for_each(|tree| tree.fmt(f))
    }
}

impl Why {
    /// The tree of a history for an id. Where the history does not know it, `record` may be the
    /// record of a dead letter with that id.
    pub(crate) fn of(history: &History, id: &str, record: Option<&str>, nothing: String) -> Self {
        let flow = Flow::of(history);
        let asked = flow.asked(id).or_else(|| flow.asked(record?));
        Self { trees: asked.map(|asked| flow.trees(&asked)).unwrap_or_default(), nothing }
    }
}

/// A history by messages.
struct Flow<'h> {
    /// In the order of their first fact.
    messages: Vec<&'h Named>,
    /// Their first publication.
    published: BTreeMap<&'h Named, (&'h Option<String>, &'h str)>,
    /// The unit that emitted a message, by the message that the unit handled.
    emitter: BTreeMap<&'h Named, &'h Named>,
    facts: BTreeMap<&'h Named, Vec<&'h Fact>>,
    records: BTreeMap<&'h str, &'h Named>,
    ids: BTreeMap<&'h str, &'h Named>,
    /// The messages of units whose commit had no answer, by the message that the unit handled.
    unanswered: BTreeMap<&'h Named, Vec<&'h Named>>,
}

impl<'h> Flow<'h> {
    fn of(history: &'h History) -> Self {
        let mut flow = Flow {
            messages: Vec::new(),
            published: BTreeMap::new(),
            emitter: BTreeMap::new(),
            facts: BTreeMap::new(),
            records: BTreeMap::new(),
            ids: BTreeMap::new(),
            unanswered: BTreeMap::new(),
        };
        for fact in history.facts() {
            let message = match &fact.what {
                What::Published { message, cause, correlation, .. } => {
                    flow.published.entry(message).or_insert((cause, correlation));
                    message
                }
                What::Committed { message, emitted, .. } => {
                    for emitted in emitted {
                        flow.emitter.entry(emitted).or_insert(message);
                    }
                    message
                }
                What::Failed { message, .. } => message,
                What::Handled { message: Some(message), record, .. }
                | What::DeadLettered { message: Some(message), record, .. } => {
                    flow.records.insert(record, message);
                    message
                }
                _ => continue,
            };
            let facts = flow.facts.entry(message).or_default();
            if facts.is_empty() {
                flow.messages.push(message);
                flow.ids.entry(&message.id).or_insert(message);
            }
            facts.push(fact);
        }
        for message in flow.messages.clone() {
            if !flow.emitter.contains_key(message)
                && let Some(cause) = flow.cause(message)
            {
                flow.unanswered.entry(cause).or_default().push(message);
            }
        }
        flow
    }

    /// The messages that the id stands for.
    fn asked(&self, id: &str) -> Option<Vec<&'h Named>> {
        let of = |is: &dyn Fn(&Named) -> bool| -> Option<Vec<&'h Named>> {
            let found: Vec<&Named> = self.messages.iter().copied().filter(|message| is(message)).collect();
            (!found.is_empty()).then_some(found)
        };
        let in_flow = |message: &Named| {
            let flow = self.published.get(message).is_some_and(|(_, correlation)| *correlation == id);
            flow && self.cause(message).is_none()
        };
        of(&|message| message.id == id)
            .or_else(|| self.records.get(id).map(|message| vec![*message]))
            .or_else(|| of(&in_flow))
    }

    /// The message that caused this one.
    fn cause(&self, message: &Named) -> Option<&'h Named> {
        self.emitter.get(message).copied().or_else(|| {
            let cause = self.published.get(message)?.0.as_deref()?;
            self.ids.get(cause).copied().filter(|cause| *cause != message)
        })
    }

    /// A tree for each of the first causes of these messages.
    fn trees(&self, asked: &[&'h Named]) -> Vec<Tree> {
        let mut trees = Vec::new();
        for message in asked {
            let mut path = vec![*message];
            while let Some(cause) = path.last().and_then(|last| self.cause(last)) {
                if path.contains(&cause) {
                    break;
                }
                path.push(cause);
            }
            let Some(root) = path.last().copied() else { continue };
            let start = self.first(root);
            trees.push(self.tree(root, &mut path, &mut BTreeSet::new(), start));
        }
        trees
    }

    /// A message with its handlings. Above the message that was asked for, only the `path` to it is
    /// followed; `drawn` ends a circle.
    fn tree(
        &self,
        message: &'h Named,
        path: &mut Vec<&'h Named>,
        drawn: &mut BTreeSet<&'h Named>,
        start: Timestamp,
    ) -> Tree {
        let mark = if path.len() == 1 { "▶ " } else { "" };
        path.pop();
        let mut tree = Tree::leaf(format!("{mark}{message}, {}", after(start, self.first(message))));
        if !drawn.insert(message) {
            return tree;
        }
        let mut duplicates = 0;
        let mut failure = "";
        for fact in self.facts.get(message).into_iter().flatten() {
            let after = after(start, fact.at);
            match &fact.what {
                What::Committed { consumer, emitted, .. } => {
                    let text = format!("{consumer} applied, {after}");
                    tree.below.push(Tree { text, below: self.trees_of(emitted, path, drawn, start) });
                }
                What::Failed { consumer, code, reason, .. } => {
                    failure = reason;
                    tree.below.push(Tree::leaf(format!("{consumer} failed, {after}: {code}: {reason}")));
                }
                What::DeadLettered { queue, code, handler, reason, .. } => {
                    let code = code.map(|code| code.to_string());
                    // A reason that stands right above is not said twice.
                    let reason = Some(reason.clone()).filter(|reason| reason != failure);
                    let handler = handler.as_ref().map(|handler| format!("handler {handler}"));
                    let parts: Vec<String> = [handler, code, reason].into_iter().flatten().collect();
                    let text = format!("dead letter in {queue}, {after}: {}", parts.join(": "));
                    tree.below.push(Tree::leaf(text));
                }
                What::Handled { outcome: HandledAs::Duplicate, .. } => duplicates += 1,
                _ => {}
            }
        }
        let unanswered = self.unanswered.get(message).into_iter().flatten().copied();
        tree.below.extend(self.trees_of(unanswered, path, drawn, start));
        if duplicates > 0 {
            tree.below.push(Tree::leaf(format!("duplicates without effect: {duplicates}")));
        }
        tree
    }

    /// The trees of emitted messages; above the message that was asked for, of the one on the path.
    fn trees_of(
        &self,
        emitted: impl IntoIterator<Item = &'h Named>,
        path: &mut Vec<&'h Named>,
        drawn: &mut BTreeSet<&'h Named>,
        start: Timestamp,
    ) -> Vec<Tree> {
        let followed = path.last().copied();
        let emitted = emitted.into_iter().filter(|emitted| followed.is_none_or(|it| it == *emitted));
        emitted.map(|emitted| self.tree(emitted, path, drawn, start)).collect()
    }

    /// The time of a message's first fact, or of the commit that emitted it.
    fn first(&self, message: &Named) -> Timestamp {
        let of = |message| Some(self.facts.get(message)?.first()?.at);
        of(message).or_else(|| of(self.emitter.get(message)?)).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

fn after(start: Timestamp, at: Timestamp) -> String {
    format!("+{} ms", at.saturating_duration_since(start).as_millis())
}
