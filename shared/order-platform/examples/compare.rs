//! Both styles on the sample orders: the table of STYLES.md.

use std::process::ExitCode;

use order_platform::{compare, options::Options};

fn main() -> ExitCode {
    match run() {
        Ok(table) => {
            order_platform::report::say(table.trim_end());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<String, String> {
    let options = Options::from_env().map_err(|unclear| unclear.to_string())?;
    let (stock, orders) = options.input().map_err(|unreadable| unreadable.to_string())?;
    compare::table(&stock, &orders)
}
