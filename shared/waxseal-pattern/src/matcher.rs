//! One test of one value.

use std::borrow::Cow;

use crate::{
    address::Block,
    number::{Range, comparable},
    text::{AnyCase, Wildcard},
};

/// A value of an event: the leaf of its tree.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Leaf<'a> {
    Text(Cow<'a, str>),
    /// A number as it is written.
    Number(&'a str),
    /// `true`, `false` or `null`.
    Word(&'a str),
}

/// The test that a pattern makes of a value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Matcher {
    Text(String),
    /// A string that is an address, in any of its spellings.
    Address(Block),
    /// The number as it is written, and its value where it has one.
    Number {
        written: String,
        value: Option<f64>,
    },
    Word(String),
    Prefix(String),
    Suffix(String),
    EqualsIgnoreCase(AnyCase),
    PrefixIgnoreCase(AnyCase),
    SuffixIgnoreCase(AnyCase),
    Wildcard(Wildcard),
    Range(Range),
    Exists,
    /// No value at all. A search asks for it, not a leaf.
    Absent,
    /// A value that none of these match.
    AnythingBut(Vec<Matcher>),
}

impl Matcher {
    pub(crate) fn matches(&self, leaf: &Leaf<'_>) -> bool {
        match (self, leaf) {
            (Self::Exists, _) => true,
            (Self::AnythingBut(matchers), leaf) => !matchers.iter().any(|matcher| matcher.matches(leaf)),
            (Self::Number { written, value }, Leaf::Number(number)) => match (value, comparable(number)) {
                (Some(value), Some(number)) => *value == number,
                _ => written == number,
            },
            (Self::Range(range), Leaf::Number(number)) => {
                comparable(number).is_some_and(|number| range.holds(number))
            }
            (Self::Word(wanted), Leaf::Word(word)) => wanted == word,
            (matcher, Leaf::Text(text)) => matcher.matches_text(text),
            _ => false,
        }
    }

    fn matches_text(&self, text: &str) -> bool {
        match self {
            Self::Text(wanted) => wanted == text,
            Self::Address(block) => block.holds(text),
            Self::Prefix(prefix) => text.starts_with(&**prefix),
            Self::Suffix(suffix) => text.ends_with(&**suffix),
            Self::EqualsIgnoreCase(wanted) => wanted.equals(text),
            Self::PrefixIgnoreCase(prefix) => prefix.starts(text),
            Self::SuffixIgnoreCase(suffix) => suffix.ends(text),
            Self::Wildcard(wildcard) => wildcard.matches(text),
            Self::Exists
            | Self::Absent
            | Self::AnythingBut(_)
            | Self::Number { .. }
            | Self::Range(_)
            | Self::Word(_) => false,
        }
    }
}
