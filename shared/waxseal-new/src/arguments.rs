//! What can be typed. Parsing performs no action.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// A workspace of one's own for Waxseal.
#[derive(Debug, Parser)]
#[command(name = "waxseal", version, arg_required_else_help = true, disable_help_subcommand = true)]
#[command(
    after_help = "Exit codes:\n  0  done\n  1  a file could not be written\n  2  it was typed wrongly, or does not fit the workspace"
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a workspace: events, two services, the application, tests, templates
    New(New),
    /// Add a part to the workspace
    Add(Add),
}

#[derive(Debug, Args)]
pub(crate) struct New {
    /// The application's name, which is the name of its folder
    pub(crate) name: String,
    /// The folder in which the new folder is made
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    pub(crate) within: PathBuf,
    /// Depend on the crates of this checkout of Waxseal [default: the one that built this program]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) path: Option<PathBuf>,
    /// Depend on the crates of this git repository
    #[arg(long, value_name = "URL", conflicts_with = "path", requires = "rev")]
    pub(crate) git: Option<String>,
    /// The revision of the git repository
    #[arg(long, value_name = "REVISION", requires = "git")]
    pub(crate) rev: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Add {
    /// The folder of the workspace, or one below it
    #[arg(long, value_name = "FOLDER", default_value = ".", global = true)]
    pub(crate) workspace: PathBuf,
    #[command(subcommand)]
    pub(crate) part: Part,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Part {
    /// An event, such as `order.returned`
    Event {
        /// Its name: words in lower case, the last one in the past tense
        name: String,
        /// The service that emits it
        #[arg(long, value_name = "SERVICE")]
        owner: String,
    },
    /// A service with its first handler
    Service {
        /// Its name
        name: String,
        /// The event that its first handler reacts to
        #[arg(long)]
        event: String,
    },
    /// A handler of a service
    Handler {
        /// Its name, such as `send-invoice`
        name: String,
        /// The service
        #[arg(long)]
        service: String,
        /// The event that it reacts to
        #[arg(long)]
        event: String,
    },
    /// An aggregate of a service, with its first command
    Aggregate {
        /// Its name, such as `account`
        name: String,
        /// The service
        #[arg(long)]
        service: String,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_declaration_is_consistent() {
        Arguments::command().debug_assert();
    }
}
