//! The command line of the application.

use std::process::ExitCode;

use waxseal_cli::CommandLine;

fn main() -> ExitCode {
    waxseal_cli::main(CommandLine::new({{app_module}}::app()).on_run({{app_module}}::place_orders))
}
