//! `waxseal`: writes a workspace of one's own, and adds parts to it.

mod add;
mod arguments;
mod changes;
mod edit;
mod error;
mod fill;
mod name;
mod new;
mod source;
mod stacks;
mod workspace;

use std::process::ExitCode;

use clap::Parser as _;

use arguments::{Arguments, Command};

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::New(typed) => new::new(&typed),
        Command::Add(typed) => add::add(&typed),
    };
    match done {
        Ok(next) => {
            println!("{next}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(error.code())
        }
    }
}
