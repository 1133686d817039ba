//! The findings of one check.

use crate::check::{finding::Finding, index::Resource};

/// The findings of one check so far.
pub(super) struct Report {
    pub(super) check: &'static str,
    pub(super) about: &'static str,
    pub(super) findings: Vec<Finding>,
}

impl Report {
    pub(super) fn at(&mut self, resource: &Resource<'_>, message: impl Into<String>) {
        self.add(resource.stack, resource.id, message);
    }

    pub(super) fn stack(&mut self, stack: &str, message: impl Into<String>) {
        self.add(stack, "", message);
    }

    fn add(&mut self, stack: &str, resource: &str, message: impl Into<String>) {
        self.findings.push(Finding {
            check: self.check,
            about: self.about,
            stack: stack.to_owned(),
            resource: resource.to_owned(),
            message: message.into(),
        });
    }

    /// Reports `message` unless `holds`.
    pub(super) fn unless(&mut self, holds: bool, resource: &Resource<'_>, message: impl Into<String>) {
        if !holds {
            self.at(resource, message);
        }
    }
}
