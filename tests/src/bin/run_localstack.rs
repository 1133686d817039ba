//! `make run-localstack`: `make run` against the deployed platform.

use std::{env, process::ExitCode};

use order_platform::options::Options;
use waxseal_tests::localstack::run::run;

fn main() -> ExitCode {
    let options = || Options::from_env().map_err(|unclear| unclear.to_string());
    match port().and_then(|port| run(&options()?, port, is_json())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// `PORT`: the port of a `LocalStack` that runs.
fn port() -> Result<Option<u16>, String> {
    let given = env::var("PORT").ok().filter(|port| !port.is_empty());
    given.map(|port| port.parse().map_err(|_| format!("PORT={port}: a port from 0 to 65535"))).transpose()
}

/// `FORMAT=json`: the summary as one JSON object on the last line of standard output.
fn is_json() -> bool {
    env::var("FORMAT").is_ok_and(|format| format == "json")
}
