//! `undeploy`: the stacks of a stage, deleted. Tables, dead-letter queues, bus, archive and buckets stay,
//! and the next deploy takes them back. A stage on LocalStack, and one that is thrown away, keeps nothing.

use std::io;

use waxseal_catalog::App;
use waxseal_infra::{Stack, templates};

use crate::{
    arguments,
    aws::{deploy::stacks, retained, stacks::Stacks, stage::Stage, tool::Aws},
    command_error::CommandError,
    interrupt, print,
    workspace::Workspace,
};

pub(crate) fn undeploy(
    app: &App,
    workspace: &Workspace,
    typed: &arguments::Undeploy,
) -> Result<(), CommandError> {
    let stage = Stage::of(&typed.stage)?;
    let throws_away = typed.throw_away || stage.is_local() || app.is_thrown_away(&stage.name);
    let services = stacks(app, typed.service.as_deref())?;
    let written = templates(app).map_err(|error| CommandError::Findings(error.to_string()))?;
    if !stage.is_local() && !typed.yes {
        confirm(&stage, &services, throws_away)?;
    }
    interrupt::watch();
    let aws = Aws::of(&stage, workspace)?;
    let stacks = Stacks { app: &app.name, stage: &stage, aws: &aws };
    let down = |name: &str| {
        let stack = written.iter().find(|stack| stack.name == name).filter(|_| throws_away);
        take_down(&stacks, name, stack)
    };
    Stacks::each(&services, "not deleted", down)?;
    if typed.service.is_none() {
        down("bus")?;
    }
    if !throws_away {
        let names = stacks.name("…");
        print::progress(format_args!(
            "kept: tables, dead-letter queues, buckets, bus and archive named {names}"
        ));
    }
    Ok(())
}

/// Deletes one stack, and with its template what it would keep.
fn take_down(stacks: &Stacks<'_>, name: &str, thrown_away: Option<&Stack>) -> Result<(), CommandError> {
    if let Some(stack) = thrown_away {
        retained::empty_buckets(stacks, stack)?;
    }
    if stacks.down(name)? {
        print::progress(format_args!("{}: deleted", stacks.name(name)));
    }
    // Even without a stack: an earlier command may have been interrupted in between.
    thrown_away.map_or(Ok(()), |stack| retained::drop(stacks, stack))
}

/// Asks a person.
fn confirm(stage: &Stage, services: &[&str], throws_away: bool) -> Result<(), CommandError> {
    let (name, services) = (&stage.name, services.join(" "));
    let all = if throws_away { ", with all of their data" } else { "" };
    print::progress(format_args!("Delete the stacks of {name} ({services}){all}? Type the stage's name:"));
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).map_err(CommandError::io("standard input"))?;
    match answer.trim() == name {
        true => Ok(()),
        false => Err(CommandError::Usage("nothing was deleted".to_owned())),
    }
}
