//! The match of an event whose fields are at hand. An environment that has an event as plain data
//! need not write its text to find out that no rule asks for it.

use std::borrow::Cow;

use crate::{
    matcher::{Leaf, Matcher},
    search::Alternative,
};

/// One field of an event that is at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Known<'e> {
    /// It is one text, outside of lists.
    Text(Cow<'e, str>),
    /// It has no value.
    Absent,
    /// The text of the event decides.
    Unknown,
}

impl<'e> Known<'e> {
    /// A text.
    pub fn text(text: impl Into<Cow<'e, str>>) -> Self {
        Self::Text(text.into())
    }
}

/// Whether one of several is true; `None` where an unknown one decides.
pub(crate) fn any(all: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut result = Some(false);
    for one in all {
        match one {
            Some(true) => return Some(true),
            Some(false) => {}
            None => result = None,
        }
    }
    result
}

/// Whether every field matches. One that does not is enough to know.
pub(crate) fn matches<'e>(
    alternative: &Alternative,
    paths: &[String],
    field: &impl Fn(&str) -> Known<'e>,
) -> Option<bool> {
    let mut result = Some(true);
    for (number, matchers) in alternative {
        let matches = match field(&paths[*number]) {
            Known::Text(text) => {
                let leaf = Leaf::Text(text);
                Some(matchers.iter().any(|matcher| matcher.matches(&leaf)))
            }
            Known::Absent => Some(matchers.contains(&Matcher::Absent)),
            Known::Unknown => None,
        };
        match matches {
            Some(true) => {}
            Some(false) => return Some(false),
            None => result = None,
        }
    }
    result
}
