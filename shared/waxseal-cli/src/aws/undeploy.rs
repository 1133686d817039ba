//! `undeploy`: the stacks of a stage, deleted. On AWS tables and dead-letter queues stay, and the
//! next deploy takes them back. On LocalStack they go too.

use std::io;

use waxseal_catalog::App;

use crate::{
    arguments,
    aws::{deploy::stacks, stacks::Stacks, stage::Stage, tool::Aws},
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
    let services = stacks(app, typed.service.as_deref())?;
    if !stage.is_local() && !typed.yes {
        confirm(&stage, &services)?;
    }
    interrupt::watch();
    let aws = Aws::of(&stage, workspace)?;
    let stacks = Stacks { app: &app.name, stage: &stage, aws: &aws };
    Stacks::each(&services, "not deleted", |service| {
        if stacks.down(service)? {
            if let Some(endpoint) = &stage.endpoint {
                drop_retained(&stacks, endpoint, service);
            }
            print::progress(format_args!("{}: deleted", stacks.name(service)));
        }
        Ok(())
    })?;
    if typed.service.is_none() && stacks.down("bus")? {
        print::progress(format_args!("{}: deleted", stacks.name("bus")));
    }
    if !stage.is_local() {
        print::progress(format_args!("kept: the tables and dead-letter queues named {}", stacks.name("…")));
    }
    Ok(())
}

/// Asks a person.
fn confirm(stage: &Stage, services: &[&str]) -> Result<(), CommandError> {
    let (name, services) = (&stage.name, services.join(" "));
    print::progress(format_args!("Delete the stacks of {name} ({services})? Type the stage's name:"));
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).map_err(CommandError::io("standard input"))?;
    match answer.trim() == name {
        true => Ok(()),
        false => Err(CommandError::Usage("nothing was deleted".to_owned())),
    }
}

/// Deletes what outlives a stack of LocalStack. What is not there needs no deletion.
fn drop_retained(stacks: &Stacks<'_>, endpoint: &str, service: &str) {
    let table = stacks.name(service);
    let _ = stacks.aws.run(&["dynamodb", "delete-table", "--table-name", &table]);
    for queue in ["dlq", "relay-dlq"] {
        let url = format!("{endpoint}/000000000000/{table}-{queue}");
        let _ = stacks.aws.run(&["sqs", "delete-queue", "--queue-url", &url]);
    }
}
