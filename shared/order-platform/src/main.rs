//! The order platform's command line: `make run`, `make serve`, `make infra`, `make deploy`, ….

use std::process::ExitCode;

fn main() -> ExitCode {
    waxseal_cli::main(order_platform::command_line())
}
