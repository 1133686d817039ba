//! `make run-localstack`: `make run` against the deployed platform.

use std::process::ExitCode;

use order_platform::options::Options;
use waxseal_tests::localstack::run::run;

fn main() -> ExitCode {
    match Options::from_env().map_err(|error| error.to_string()).and_then(|options| run(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
