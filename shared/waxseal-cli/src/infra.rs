//! `infra write|check|diff`: the templates as files.

use std::{collections::BTreeMap, fs, path::PathBuf};

use serde_json::{Value, json};
use similar::TextDiff;
use waxseal_catalog::App;
use waxseal_infra::{Stack, Stale, check, stale, templates, write};

use crate::{arguments, command_error::CommandError, print, workspace::Workspace};

pub(crate) fn act(app: &App, workspace: &Workspace, typed: &arguments::Infra) -> Result<(), CommandError> {
    let templates = Templates::of(app, workspace)?;
    match typed {
        arguments::Infra::Write => templates.write(),
        arguments::Infra::Check { json } => templates.check(*json),
        arguments::Infra::Diff => templates.diff(),
    }
}

/// The templates of an application, and where they are written.
pub(crate) struct Templates {
    pub(crate) stacks: Vec<Stack>,
    pub(crate) folder: PathBuf,
    /// The same folder as people name it.
    named: String,
    findings: Vec<String>,
}

impl Templates {
    /// The templates as the application is declared, with the findings of both.
    pub(crate) fn of(app: &App, workspace: &Workspace) -> Result<Self, CommandError> {
        let mut app = app.clone();
        app.binaries.get_or_insert_with(|| workspace.binaries.keys().cloned().collect());
        let mut findings: Vec<String> = app.check().iter().map(ToString::to_string).collect();
        let stacks = match templates(&app) {
            Ok(stacks) => stacks,
            Err(error) => {
                report(&findings);
                return Err(CommandError::Findings(error.to_string()));
            }
        };
        findings.extend(check(&app, &stacks).iter().map(ToString::to_string));
        Ok(Self { stacks, folder: workspace.root.join(&app.templates), named: app.templates, findings })
    }

    /// The files that are not as they should be.
    fn stale(&self) -> Result<BTreeMap<String, Stale>, CommandError> {
        stale(&self.stacks, &self.folder).map_err(CommandError::io(self.folder.display()))
    }

    /// Refuses templates with findings, and files that are stale.
    pub(crate) fn require_written(&self) -> Result<(), CommandError> {
        self.require_no_findings()?;
        let stale = self.stale()?;
        stale.iter().for_each(|(name, what)| print::progress(format_args!("{}/{name}: {what}", self.named)));
        match stale.is_empty() {
            true => Ok(()),
            false => Err(CommandError::Findings(
                "the written templates are not those of the application: run `infra write`".to_owned(),
            )),
        }
    }

    fn require_no_findings(&self) -> Result<(), CommandError> {
        report(&self.findings);
        match self.findings.len() {
            0 => Ok(()),
            count => Err(CommandError::Findings(format!("findings: {count}"))),
        }
    }

    fn write(&self) -> Result<(), CommandError> {
        self.require_no_findings()?;
        let written = write(&self.stacks, &self.folder).map_err(CommandError::io(self.folder.display()))?;
        for (name, what) in &written {
            let done = match what {
                Stale::Missing => "new",
                Stale::Orphan => "removed",
                _ => "changed",
            };
            print::line(format_args!("{}/{name}: {done}", self.named));
        }
        if written.is_empty() {
            print::line(format_args!("{}: {} templates, all up to date", self.named, self.stacks.len()));
        }
        Ok(())
    }

    fn check(&self, is_json: bool) -> Result<(), CommandError> {
        if !is_json {
            self.require_written()?;
            print::line(format_args!(
                "{}: {} templates, all up to date and without findings",
                self.named,
                self.stacks.len()
            ));
            return Ok(());
        }
        let stale = self.stale()?;
        let files: BTreeMap<&String, String> =
            stale.iter().map(|(name, what)| (name, what.to_string())).collect();
        let found: Value = json!({ "findings": self.findings, "stale": files });
        print::line(found);
        match self.findings.is_empty() && stale.is_empty() {
            true => Ok(()),
            false => Err(CommandError::Findings("there are findings or stale templates".to_owned())),
        }
    }

    fn diff(&self) -> Result<(), CommandError> {
        let stale = self.stale()?;
        for name in stale.keys() {
            let stack = self.stacks.iter().find(|stack| name == &format!("{}.yaml", stack.name));
            let wanted = stack.map(Stack::to_yaml).unwrap_or_default();
            // A file that is missing differs in all of its lines.
            let written = fs::read_to_string(self.folder.join(name)).unwrap_or_default();
            let diff = TextDiff::from_lines(&written, &wanted);
            let mut diff = diff.unified_diff();
            print::line(diff.context_radius(3).header(
                &format!("{}/{name} (written)", self.named),
                &format!("{}/{name} (of the application)", self.named),
            ));
        }
        match stale.len() {
            0 => Ok(()),
            count => Err(CommandError::Findings(format!("templates that differ: {count}"))),
        }
    }
}

fn report(findings: &[String]) {
    findings.iter().for_each(print::progress);
}
