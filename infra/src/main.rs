//! `make infra`: writes `infra/stacks/*.yaml` from the platform's declaration. It writes nothing
//! where the declaration or a template has a finding.

use std::process::ExitCode;

use anyhow::Context as _;
use infra::Stale;
use waxseal_infra::{check, templates};

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("infra: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<ExitCode> {
    let app = infra::platform();
    let mistakes: Vec<String> = app.check().iter().map(ToString::to_string).collect();
    if is_reported("the application", &mistakes) {
        return Ok(ExitCode::FAILURE);
    }
    let stacks = templates(&app)?;
    let findings: Vec<String> = check(&app, &stacks).iter().map(ToString::to_string).collect();
    if is_reported("the templates", &findings) {
        return Ok(ExitCode::FAILURE);
    }
    let folder = infra::folder();
    let written =
        infra::write(&stacks, &folder).with_context(|| format!("cannot write {}", folder.display()))?;
    for (name, what) in &written {
        let what = match what {
            Stale::Missing => "new",
            Stale::Different => "changed",
            Stale::Orphan => "removed",
        };
        println!("infra/stacks/{name}: {what}");
    }
    if written.is_empty() {
        println!("infra/stacks: {} templates, all up to date", stacks.len());
    }
    Ok(ExitCode::SUCCESS)
}

/// Reports findings, where there are some.
fn is_reported(subject: &str, findings: &[String]) -> bool {
    for finding in findings {
        eprintln!("infra: {finding}");
    }
    if !findings.is_empty() {
        eprintln!("infra: nothing was written, because of the findings in {subject}: {}", findings.len());
    }
    !findings.is_empty()
}
