//! The order platform's command line: `make run`, `make serve`, `make infra`, `make deploy`, ….

use std::process::ExitCode;

use order_platform::{command_line, options::style};

fn main() -> ExitCode {
    match style() {
        Ok(style) => waxseal_cli::main(command_line(style)),
        Err(unclear) => {
            eprintln!("error: {unclear}");
            // As a command that was typed wrongly.
            ExitCode::from(2)
        }
    }
}
