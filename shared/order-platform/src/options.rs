//! The options of `run` and `serve`, from environment variables.

use std::{env, path::PathBuf};

use crate::input::{Stock, Unreadable, read};

/// The seed of a run that names none. Every message of this run is handled within the five receives
/// of its queue, so there is no dead letter and the books balance.
const DEFAULT_SEED: u64 = 2;

/// The options of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// `ORDERS`: the file of orders.
    pub orders: PathBuf,
    /// Whether `ORDERS` was given.
    pub orders_given: bool,
    /// `STOCK`: the file of stock.
    pub stock: PathBuf,
    /// `SEED`: the source of all chance.
    pub seed: u64,
    /// `FORMAT=json`: the summary as one JSON object on the last line of standard output.
    pub json: bool,
    /// `PORT`: the port of `serve` on 127.0.0.1, or of the `LocalStack` that `run-localstack` uses.
    pub port: u16,
    /// Whether `PORT` was given.
    pub port_given: bool,
    /// `MAILS`: a folder for the mails as `.eml` files; `target/mails` where it is not named.
    pub mails: Option<PathBuf>,
}

/// A variable whose value cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}={value}: {expected}")]
pub struct BadOption {
    name: &'static str,
    value: String,
    expected: &'static str,
}

/// The sample files, found from the repository's root as `make` does, or from this package as
/// `cargo test` does.
fn sample(path: &str) -> PathBuf {
    let here = PathBuf::from(path);
    if here.exists() { here } else { PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(path) }
}

impl Options {
    /// Reads the environment; an empty variable counts as absent.
    ///
    /// # Errors
    /// The first variable whose value cannot be used.
    pub fn from_env() -> Result<Self, BadOption> {
        Self::from(|name| env::var(name).ok().filter(|value| !value.is_empty()))
    }

    fn from(variable: impl Fn(&str) -> Option<String>) -> Result<Self, BadOption> {
        let orders = variable("ORDERS").map(PathBuf::from);
        let port_given = variable("PORT").is_some();
        let stock = variable("STOCK").map(PathBuf::from);
        let bad = |name, value, expected| BadOption { name, value, expected };
        Ok(Self {
            orders_given: orders.is_some(),
            port_given,
            orders: orders.unwrap_or_else(|| sample("functions/orders/samples/orders.jsonl")),
            stock: stock.unwrap_or_else(|| sample("functions/inventory/samples/stock.jsonl")),
            seed: match variable("SEED") {
                None => DEFAULT_SEED,
                Some(seed) => seed
                    .parse()
                    .map_err(|_| bad("SEED", seed, "a whole number from 0 to 18446744073709551615"))?,
            },
            json: match variable("FORMAT").as_deref() {
                None | Some("table") => false,
                Some("json") => true,
                Some(other) => return Err(bad("FORMAT", other.to_owned(), "table or json")),
            },
            port: match variable("PORT") {
                None => 8080,
                Some(port) => port
                    .parse()
                    .map_err(|_| bad("PORT", port, "a port from 0 to 65535; 0 takes a free one"))?,
            },
            mails: variable("MAILS").map(PathBuf::from),
        })
    }

    /// The two files: stock, whose unreadable lines are named on standard error, and orders.
    ///
    /// # Errors
    /// Where one cannot be read.
    pub fn input(&self) -> Result<(Stock, Vec<u8>), Unreadable> {
        let stock = Stock::parse(&read(&self.stock)?);
        for (number, reason) in &stock.refused {
            eprintln!("{}, line {number}: {reason}", self.stock.display());
        }
        Ok((stock, read(&self.orders)?))
    }

    /// The folder for mails: the one that was named, or our own, emptied of the last run's.
    #[must_use]
    pub fn mails_folder(&self) -> PathBuf {
        self.mails.clone().unwrap_or_else(|| {
            let own = PathBuf::from("target/mails");
            // There may be none yet. Another error shows when the first mail is written.
            let _ = std::fs::remove_dir_all(&own);
            own
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_the_samples_and_nonsense_is_named() {
        let defaults = Options::from(|_| None).unwrap();
        assert!((defaults.seed, defaults.port, defaults.json) == (DEFAULT_SEED, 8080, false));
        assert!(defaults.orders.exists() && defaults.stock.exists());
        let error = Options::from(|name| (name == "SEED").then(|| "many".into())).unwrap_err();
        assert_eq!(error.to_string(), "SEED=many: a whole number from 0 to 18446744073709551615");
    }
}
