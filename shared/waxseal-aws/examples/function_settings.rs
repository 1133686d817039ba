//! `WAXSEAL_TABLE=orders cargo run --profile ci -p waxseal-aws --example function_settings`: a function's settings, as its `main` reads them.
//!
//! Prints every variable that a service's function reads, with the value of this process or the meaning of its absence. Then it
//! makes the table's handle, as a `main` does; nothing is sent. Try a misspelt name, such as `WAXSEAL_TABEL=orders`.

use waxseal_aws::Environment;
use waxseal_catalog::settings::{FunctionKind, Unset};

fn main() {
    for setting in FunctionKind::Service.settings() {
        let value = std::env::var(setting.name).ok().filter(|value| !value.is_empty());
        let shown = match (value, setting.unset) {
            (Some(value), _) => match setting.values.check(&value) {
                Ok(()) => "set".to_owned(),
                Err(problem) => problem,
            },
            (None, Unset::Default(default)) => format!("unset: {default}"),
            (None, Unset::Means(consequence)) => format!("unset: {consequence}"),
            (None, _) => "unset: the function does not start".to_owned(),
        };
        println!("{:<38} {shown}", setting.shown());
    }
    println!();
    match Environment::from_env().table() {
        Ok(table) => println!("{table:?}"),
        Err(error) => println!("{error}"),
    }
}
