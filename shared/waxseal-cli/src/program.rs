//! The entry: parse, then act.

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, error::ErrorKind};

use crate::{
    arguments::{Arguments, Command},
    catalog,
    command_error::CommandError,
    command_line::CommandLine,
    dev, invoke, localstack, log, print, retire, run, serve,
    workspace::Workspace,
};

/// The binary of an application: reads the command line, does what it says, and gives the exit code.
///
/// The crate's front page lists the exit codes.
pub fn main<S>(command_line: impl Into<CommandLine<S>>) -> ExitCode {
    let command_line = command_line.into();
    let arguments = match arguments(&command_line) {
        Ok(arguments) => arguments,
        Err(error) => {
            let is_asked_for = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            // Where nobody reads, there is nobody to tell.
            let _ = error.print();
            return ExitCode::from(if is_asked_for { 0 } else { 2 });
        }
    };
    log::start(arguments.log);
    match act(&command_line, arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The program has said it already.
            if !matches!(error, CommandError::Program { .. }) {
                print::progress(format_args!("error: {error}"));
            }
            ExitCode::from(error.code())
        }
    }
}

/// The declaration under the application's name. `run` is listed where the application feeds itself.
fn declaration<S>(command_line: &CommandLine<S>) -> clap::Command {
    let name = command_line.app.name.clone();
    let command = Arguments::command().name(name.clone()).bin_name(name);
    let command = match command_line.on_run {
        Some(_) => command,
        None => command.mut_subcommand("run", |run| run.hide(true)),
    };
    match absent() {
        [] => command,
        absent => {
            let needs = format!("Not in this build: {}", absent.join("; "));
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            command.after_help(format!("{needs}\n\n{help}"))
        }
    }
}

/// The commands that need a feature which this build does not have.
fn absent() -> &'static [&'static str] {
    const AWS: &str = "deploy, undeploy, sweep, release, where and processes (`--features aws`)";
    const INFRA: &str = "infra (`--features infra`)";
    match (cfg!(feature = "infra"), cfg!(feature = "aws")) {
        (_, true) => &[],
        (true, false) => &[AWS],
        (false, false) => &[INFRA, AWS],
    }
}

fn arguments<S>(command_line: &CommandLine<S>) -> Result<Arguments, clap::Error> {
    let mut declaration = declaration(command_line);
    let matches = declaration.try_get_matches_from_mut(std::env::args_os())?;
    Arguments::from_arg_matches(&matches).map_err(|error| error.format(&mut declaration))
}

fn act<S>(command_line: &CommandLine<S>, arguments: Arguments) -> Result<(), CommandError> {
    let app = &command_line.app;
    let workspace = || Workspace::of(&arguments.workspace);
    match arguments.command {
        Command::Run(run) => run::run(command_line, &run),
        Command::Serve(serve) => serve::serve(command_line, &serve),
        Command::Dev(dev) => dev::dev(&workspace()?, &dev),
        Command::Catalog(catalog) => catalog::show(app, catalog.json),
        Command::Retire(retire) => retire::show(app, workspace, &retire),
        #[cfg(feature = "aws")]
        Command::Invoke(invoke) if invoke.stage.is_some() => crate::aws::invoke(app, &workspace()?, &invoke),
        Command::Invoke(invoke) => invoke::invoke(command_line, &invoke),
        #[cfg(feature = "infra")]
        Command::Infra(infra) => crate::infra::act(app, &workspace()?, &infra),
        #[cfg(feature = "aws")]
        Command::Deploy(deploy) => crate::aws::deploy(app, &workspace()?, &deploy),
        #[cfg(feature = "aws")]
        Command::Undeploy(undeploy) => crate::aws::undeploy(app, &workspace()?, &undeploy),
        #[cfg(feature = "aws")]
        Command::Sweep(sweep) => crate::aws::sweep(app, &workspace()?, &sweep),
        #[cfg(feature = "aws")]
        Command::Release(release) => crate::aws::release(app, &workspace()?, &release),
        #[cfg(feature = "aws")]
        Command::Where(instance) => crate::aws::where_is(app, &workspace()?, &instance),
        #[cfg(feature = "aws")]
        Command::Processes(processes) => crate::aws::processes(app, &workspace()?, &processes),
        Command::Localstack(localstack) => localstack::act(&workspace()?, &localstack),
        Command::Completions { shell } => {
            let mut declaration = declaration(command_line);
            let name = app.name.clone();
            clap_complete::generate(shell, &mut declaration, name, &mut std::io::stdout());
            Ok(())
        }
    }
}
