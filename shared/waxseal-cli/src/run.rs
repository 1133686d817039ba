//! `run`: the application in one process, on a virtual clock, from its input to the end.

use std::time::Instant;

use waxseal_local::{Faults, Local};

use crate::{
    arguments,
    command_error::CommandError,
    command_line::CommandLine,
    report,
    session::{Session, Start},
};

pub(crate) fn run<S>(command_line: &CommandLine<S>, typed: &arguments::Run) -> Result<(), CommandError> {
    let Some(feed) = &command_line.on_run else {
        let advice = "this application has no input of its own: give it `CommandLine::on_run`";
        return Err(CommandError::Usage(advice.to_owned()));
    };
    let faults = match typed.faults {
        arguments::Faults::BadDay => Faults::bad_day(),
        arguments::Faults::None => Faults::none(),
    };
    let (seed, began) = (typed.seed.unwrap_or(command_line.seed), Instant::now());
    // The report shows the dead letters of a run that ends.
    let local = Local::builder().seed(seed).faults(faults).quiet_dead_letters().build();
    let (app, state) = (command_line.start)(&Start { local: &local, is_real_time: false })?;
    let topics: Vec<&str> = app.topics().into_iter().collect();
    let published = local.watch(&topics)?;
    local.deploy(&app)?;
    let session = Session {
        local: &local,
        state: &state,
        published,
        is_real_time: false,
        is_json: typed.json,
        seed,
        arguments: &typed.arguments,
        addresses: Vec::new(),
        began,
    };
    feed(&session)?;
    local.run_until_idle();
    report::conclude(command_line, &session)
}
