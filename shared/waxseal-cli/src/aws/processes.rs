//! `processes`: the commands about instances of processes.

use waxseal_catalog::App;

use crate::{
    aws::{instance::decide, instances::ls, readable::check},
    command_error::CommandError,
    processes::typed::Processes,
    workspace::Workspace,
};

pub(crate) fn processes(app: &App, workspace: &Workspace, typed: &Processes) -> Result<(), CommandError> {
    match typed {
        Processes::Ls(typed) => ls(app, workspace, typed),
        Processes::Resume(typed) => decide(app, workspace, typed, "resume"),
        Processes::Skip(typed) => decide(app, workspace, typed, "skip"),
        Processes::Check(typed) => check(app, workspace, typed),
    }
}
