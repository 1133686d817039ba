//! `make infra`: writes `infra/stacks/*.yaml` from the catalog, and refuses to write what the checks find fault with.

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
    let stacks = templates(&app)?;
    let findings = check(&app, &stacks);
    if !findings.is_empty() {
        for finding in &findings {
            eprintln!("infra: {finding}");
        }
        eprintln!("infra: nothing was written: the templates have {} findings", findings.len());
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
