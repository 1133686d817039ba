//! What can be typed. Parsing performs no action.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::log::Level;
#[cfg(feature = "aws")]
use crate::processes::typed::{Instance, Processes};

/// The end of `--help`.
const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    it failed
  2    it was typed wrongly, or a parameter is missing
  3    there are findings or differences
  4    this machine lacks a tool, or a LocalStack that answers
  130  interrupted";

/// One application: run it in one process, write its templates, deploy it.
#[derive(Debug, Parser)]
#[command(after_help = EXIT_CODES, arg_required_else_help = true, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    /// The folder of the Cargo workspace, or one below it
    #[arg(long, global = true, value_name = "FOLDER", default_value = ".")]
    pub(crate) workspace: PathBuf,
    /// Write log lines of this level and above to standard error
    #[arg(
        long,
        global = true,
        value_name = "LEVEL",
        value_enum,
        default_value = "off",
        hide_default_value = true
    )]
    pub(crate) log: Level,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Feed the application in one process, on a virtual clock, with faults
    Run(Run),
    /// Keep it running in one process, with its HTTP interfaces on 127.0.0.1
    Serve(Serve),
    /// Serve it, and build and start it again when a source changes
    Dev(Dev),
    /// Give one payload to one function, and print its answer
    Invoke(Invoke),
    /// Show every message with its owner and its readers
    Catalog(Catalog),
    /// Say what remains of a handler, a service or an event version, and in which order to remove it
    Retire(Retire),
    /// Write the templates, or compare them with what is written
    #[cfg(feature = "infra")]
    #[command(subcommand)]
    Infra(Infra),
    /// Build, package and deploy every stack: `local` to LocalStack, any other stage to AWS
    #[cfg(feature = "aws")]
    Deploy(Deploy),
    /// Delete the stacks of a stage
    #[cfg(feature = "aws")]
    Undeploy(Undeploy),
    /// Publish a service's messages again from its receipts, after its relay was too late
    #[cfg(feature = "aws")]
    Sweep(Sweep),
    /// State the outcome of an effect, before its dead letter is redriven
    #[cfg(feature = "aws")]
    Release(Release),
    /// Say where an instance of a process is: its step, what it waits for, and the causes
    #[cfg(feature = "aws")]
    Where(Instance),
    /// List the instances of processes, decide about one, or check their rows before a deploy
    #[cfg(feature = "aws")]
    #[command(subcommand)]
    Processes(Processes),
    /// LocalStack 4.14.0 without Docker, on 127.0.0.1 (needs Linux and Python 3.13)
    Localstack(LocalStack),
    /// Print completions for a shell
    Completions {
        #[arg(value_enum)]
        shell: Shell,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The source of all chance: the same seed gives the same run
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// The faults: duplicates, reordering, crashes and lost answers, or none
    #[arg(long, value_enum, default_value = "bad-day")]
    pub(crate) faults: Faults,
    /// Print the report as one JSON value on the last line
    #[arg(long)]
    pub(crate) json: bool,
    /// Arguments of the application's own
    #[arg(last = true, value_name = "ARGUMENTS")]
    pub(crate) arguments: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Faults {
    BadDay,
    None,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The port of the first service with HTTP; the next one has the next port, and 0 takes free ones
    #[arg(long, default_value_t = 8080)]
    pub(crate) port: u16,
    /// The source of all chance
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Print the report as one JSON value on the last line
    #[arg(long)]
    pub(crate) json: bool,
    /// End when standard input ends
    #[arg(long, hide = true)]
    pub(crate) until_input_ends: bool,
    /// Arguments of the application's own
    #[arg(last = true, value_name = "ARGUMENTS")]
    pub(crate) arguments: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Dev {
    /// The port of the first service with HTTP; the next one has the next port
    #[arg(long, default_value_t = 8080)]
    pub(crate) port: u16,
    /// Arguments of the application's own
    #[arg(last = true, value_name = "ARGUMENTS")]
    pub(crate) arguments: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Invoke {
    /// The service whose function is invoked
    pub(crate) service: String,
    /// The payload: a file of JSON as Lambda delivers it, or `-` for standard input
    pub(crate) file: PathBuf,
    /// Invoke the deployed function of this stage, instead of one in this process
    #[cfg(feature = "aws")]
    #[arg(long)]
    pub(crate) stage: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Catalog {
    /// Print a JSON array instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Retire {
    /// Print one JSON object
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Look at this stage too: rules, messages, dead letters and receipts that are still there (a table
    /// of up to 1 GB is read whole)
    #[cfg(feature = "aws")]
    #[arg(long, global = true)]
    pub(crate) stage: Option<String>,
    #[command(subcommand)]
    pub(crate) subject: Subject,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Subject {
    /// A handler, an effect or an aggregate
    Handler { service: String, handler: String },
    /// A service
    Service { service: String },
    /// An old version of an event or a command
    Event { event: String, version: u16 },
}

#[cfg(feature = "infra")]
#[derive(Debug, Subcommand)]
pub(crate) enum Infra {
    /// Write the templates, unless the application or a template has a finding
    Write,
    /// Say what is wrong, and which written templates are stale (exit code 3)
    Check {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Show what `write` would change (exit code 3 where it is something)
    Diff,
}

#[cfg(feature = "aws")]
#[derive(Debug, Args)]
pub(crate) struct Deploy {
    /// The stage: `local` and `local-…` are LocalStack, any other is AWS
    pub(crate) stage: String,
    /// This service alone (and the bus, where there is none yet)
    #[arg(long)]
    pub(crate) service: Option<String>,
    /// Take the functions' binaries from this folder, and build nothing
    #[arg(long, value_name = "FOLDER")]
    pub(crate) binaries: Option<PathBuf>,
    /// The bucket of packages; it is made where there is none [default: APP-packages-ACCOUNT-REGION]
    #[arg(long)]
    pub(crate) bucket: Option<String>,
    /// The stage is thrown away: nothing of it outlives its stacks, neither tables nor dead letters
    #[arg(long)]
    pub(crate) throw_away: bool,
    /// Print the outputs of the stacks as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[cfg(feature = "aws")]
#[derive(Debug, Args)]
pub(crate) struct Undeploy {
    /// The stage
    pub(crate) stage: String,
    /// This service alone
    #[arg(long)]
    pub(crate) service: Option<String>,
    /// Delete what outlives the stacks too: tables, dead letters, bus, archive, buckets
    #[arg(long)]
    pub(crate) throw_away: bool,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
}

#[cfg(feature = "aws")]
#[derive(Debug, Args)]
pub(crate) struct Sweep {
    /// The stage
    pub(crate) stage: String,
    /// The service that emitted the messages
    #[arg(long)]
    pub(crate) service: String,
    /// The time at which its relay stopped, such as 2026-11-20T00:00:00Z
    #[arg(long, required_unless_present = "payload")]
    pub(crate) from: Option<String>,
    /// The end of the window [default: now]
    #[arg(long, conflicts_with = "payload")]
    pub(crate) to: Option<String>,
    /// The payload that an earlier sweep's error named, instead of a window
    #[arg(long, conflicts_with = "from")]
    pub(crate) payload: Option<String>,
}

#[cfg(feature = "aws")]
#[derive(Debug, Args)]
pub(crate) struct Release {
    /// The stage
    pub(crate) stage: String,
    /// The service of the effect
    #[arg(long)]
    pub(crate) service: String,
    /// The source of the event, from the dead letter's attribute `waxseal`
    #[arg(long)]
    pub(crate) source: String,
    /// The id of the event
    #[arg(long)]
    pub(crate) id: String,
    /// The effect
    #[arg(long)]
    pub(crate) handler: String,
    /// Whether it was applied
    #[arg(long, value_enum)]
    pub(crate) outcome: Outcome,
}

#[cfg(feature = "aws")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Outcome {
    Done,
    NotDone,
}

#[derive(Debug, Args)]
pub(crate) struct LocalStack {
    #[arg(value_enum)]
    pub(crate) action: Action,
    /// Its port; 0 takes a free one for `start`
    #[arg(long, default_value_t = 4566)]
    pub(crate) port: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Action {
    /// Start it in the background, and wait until it is ready
    Start,
    /// End it, and its functions
    Stop,
    /// Say whether it runs (exit code 3 where it does not)
    Status,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_declaration_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn arguments_after_two_dashes_are_the_applications() {
        let typed = Arguments::try_parse_from(["shop", "run", "--seed", "7", "--", "200", "--json"]).unwrap();
        let Command::Run(run) = typed.command else { panic!("{typed:?}") };
        assert_eq!((run.seed, run.json), (Some(7), false));
        assert_eq!(run.arguments, ["200", "--json"]);
    }
}
