//! What an exploration found.

use std::{fmt, path::Path};

use crate::explore::{finding::Finding, fresh, machine::Machine, mermaid, text};

/// A process that was walked: the findings, and the drawing of its state machine.
#[must_use = "findings that are not asserted prove nothing"]
#[derive(Debug, Clone)]
pub struct Explored {
    findings: Vec<Finding>,
    states: usize,
    transitions: usize,
    machine: Machine,
}

impl Explored {
    pub(super) fn new(findings: Vec<Finding>, states: usize, transitions: usize, machine: Machine) -> Self {
        Self { findings, states, transitions, machine }
    }

    /// What is wrong, by kind.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The number of states that were reached.
    #[must_use]
    pub fn states(&self) -> usize {
        self.states
    }

    /// The number of steps that were taken.
    #[must_use]
    pub fn transitions(&self) -> usize {
        self.transitions
    }

    /// The state machine as a Mermaid diagram, `stateDiagram-v2`.
    #[must_use]
    pub fn mermaid(&self) -> String {
        mermaid::mermaid(&self.machine)
    }

    /// The state machine as a text of 80 columns.
    #[must_use]
    pub fn text(&self) -> String {
        text::text(&self.machine)
    }

    /// Asserts that nothing is wrong.
    ///
    /// # Panics
    /// With every finding in full.
    #[track_caller]
    pub fn assert_sound(&self) {
        assert!(self.findings.is_empty(), "{self}");
    }

    /// Asserts that the committed file holds the drawing: Mermaid in a file `.mmd`, both forms in a
    /// file `.md`, the text elsewhere. A relative path begins at the package of the test.
    ///
    /// Run the test with `WAXSEAL_DRAWINGS=write` to write the file.
    ///
    /// # Panics
    /// Where the file is stale or missing, with the drawing.
    #[track_caller]
    pub fn assert_fresh(&self, path: impl AsRef<Path>) {
        if let Err(reason) = fresh::check(&self.machine, path.as_ref()) {
            panic!("{reason}");
        }
    }
}

impl fmt::Display for Explored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { findings, states, transitions, machine } = self;
        write!(
            f,
            "{}: {states} states, {transitions} transitions, {} findings",
            machine.process,
            findings.len()
        )?;
        findings.iter().try_for_each(|finding| write!(f, "\n\n{finding}"))
    }
}
