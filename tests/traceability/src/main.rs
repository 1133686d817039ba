//! The table of statements of `CONTRACT.md` and the environments that prove them, from the results
//! of tests that ran.
//!
//! `cargo test` runs every test binary through `contract-table record`, which stores the binary's
//! output. Without an argument this program reads the outputs and prints the table. A list of tests
//! would be shorter, but could name tests that never ran. libtest's own JSON would need no parser,
//! but it is unstable.

mod environments;
mod libtest;
mod record;
mod results;
mod statements;
mod table;

use std::{
    env,
    path::{Path, PathBuf},
    process::ExitCode,
};

use environments::Environments;
use table::Table;

const USAGE: &str = "\
usage: contract-table [--without ENVIRONMENT]...   prints the table; FORMAT=json for programs
       contract-table record EXECUTABLE ARGUMENT...   runs a test binary and keeps its results";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let ended = match arguments.split_first() {
        Some((first, test)) if first == "record" => record::record(&results_folder(), test),
        _ => print(&arguments),
    };
    ended.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::FAILURE
    })
}

fn print(arguments: &[String]) -> Result<ExitCode, String> {
    let mut without = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match (argument.as_str(), rest.next()) {
            ("--without", Some(environment)) => without.push(environment.as_str()),
            _ => return Err(USAGE.to_owned()),
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let contract = root.join("CONTRACT.md");
    let text =
        std::fs::read_to_string(&contract).map_err(|error| format!("{}: {error}", contract.display()))?;
    let statements = statements::read(&text)?;
    let environments = Environments::of_workspace(&root)?.without(&without)?;
    let runs = results::read(&results_folder())?;
    let table = Table::new(statements, &environments, &runs);
    match env::var("FORMAT").unwrap_or_default().as_str() {
        "json" => println!("{:#}", table.json()),
        "" | "text" => print!("{}", table.text()),
        other => return Err(format!("FORMAT is {other}, not text or json")),
    }
    Ok(if table.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// `target/contract`. The path of this program is `target/<profile>/contract-table`.
fn results_folder() -> PathBuf {
    let own = env::current_exe().unwrap_or_default();
    own.ancestors().nth(2).unwrap_or(Path::new("target")).join("contract")
}
