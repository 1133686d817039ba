//! The words of policies, as settings and command lines write them.

use crate::{
    batch::policy::{GroupPolicy, MalformedPolicy, TotalFailure},
    commit::Grouping,
};

/// A policy with a word for each of its values.
///
/// ```
/// use waxseal::batch::{Choice as _, GroupPolicy};
/// assert_eq!(GroupPolicy::Block.word(), "block");
/// ```
pub trait Choice: Copy + PartialEq + 'static {
    /// Every value with its word, the default first.
    const WORDS: &'static [(&'static str, Self)];

    /// The word of this value.
    fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, value)| *value == self).map_or("", |(word, _)| word)
    }
}

impl Choice for MalformedPolicy {
    const WORDS: &'static [(&'static str, Self)] =
        &[("dead-letter", Self::DeadLetter), ("retry", Self::Retry)];
}

impl Choice for GroupPolicy {
    const WORDS: &'static [(&'static str, Self)] = &[("skip", Self::Skip), ("block", Self::Block)];
}

impl Choice for TotalFailure {
    const WORDS: &'static [(&'static str, Self)] = &[("report", Self::Report), ("raise", Self::Raise)];
}

impl Choice for Grouping {
    const WORDS: &'static [(&'static str, Self)] =
        &[("cheapest", Self::Cheapest), ("fewest-requests", Self::FewestRequests), ("apart", Self::Apart)];
}
