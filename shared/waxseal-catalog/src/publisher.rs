//! A program that publishes and is no function.

use waxseal::{Declared, Emits as _, PublishingProgram};

/// A program that publishes and is no function, as the application knows it.
///
/// Its permissions follow from what it emits, as those of a service do. It has a stack of its own
/// with a managed policy, for whatever role the program runs under.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Publisher {
    /// Its name: the source of what it publishes, and the owner of its events.
    pub name: String,
    /// The messages that it emits and sends.
    pub emits: Vec<Declared>,
}

impl Publisher {
    /// A program that is known by its facts alone, such as one that another repository builds.
    #[must_use]
    pub fn new(name: impl Into<String>, emits: impl IntoIterator<Item = Declared>) -> Self {
        Self { name: name.into(), emits: emits.into_iter().collect() }
    }

    /// The program with this declaration.
    #[must_use]
    pub fn of<P: PublishingProgram>() -> Self {
        Self::new(P::NAME, P::Emits::DECLARED.iter().copied())
    }
}
