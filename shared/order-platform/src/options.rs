//! The platform's own options, from environment variables.

use std::{env, path::PathBuf, time::Duration};

use fulfilment::Deadlines;
use order_events::{NoSuchStyle, Style};

use crate::{
    app::DEPLOYED,
    input::{Stock, Unreadable, read},
};

/// The input of a run, and the place of its mails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// `ORDERS`: the file of orders.
    pub orders: PathBuf,
    /// Whether `ORDERS` was given.
    pub orders_given: bool,
    /// `ORDERS` as a number: the first lines of the sample alone.
    pub most: Option<usize>,
    /// `STOCK`: the file of stock.
    pub stock: PathBuf,
    /// `MAILS`: a folder for the mails as `.eml` files; `target/mails` where it is not named.
    pub mails: Option<PathBuf>,
    /// `STYLE`: who says what happens next with an order.
    pub style: Style,
    /// `DEADLINE`: the time of each step of `fulfilment` in milliseconds; its own where not named.
    pub deadlines: Deadlines,
}

/// A variable that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unclear {
    /// `STYLE` names none.
    #[error("STYLE: {0}")]
    Style(#[from] NoSuchStyle),
    /// `DEADLINE` is no time.
    #[error("DEADLINE: it is a whole number of milliseconds")]
    Deadline,
}

/// The style of the commands about the platform: `STYLE`, or the one that is deployed where it says
/// nothing else.
///
/// # Errors
/// [`Unclear::Style`].
pub fn style() -> Result<Style, Unclear> {
    styled(&given)
}

fn styled(variable: &impl Fn(&str) -> Option<String>) -> Result<Style, Unclear> {
    Ok(variable("STYLE").map_or(Ok(DEPLOYED), |style| style.parse())?)
}

/// A variable of this process; an empty one counts as absent.
fn given(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
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
    /// [`Unclear`].
    pub fn from_env() -> Result<Self, Unclear> {
        Self::from(given)
    }

    fn from(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Unclear> {
        let deadlines = match variable("DEADLINE") {
            Some(time) => {
                let millis = time.parse().map_err(|_| Unclear::Deadline)?;
                Deadlines::of_each(Duration::from_millis(millis))
            }
            None => Deadlines::default(),
        };
        let orders = variable("ORDERS");
        let most = orders.as_deref().and_then(|orders| orders.parse().ok());
        let file = orders.as_deref().filter(|_| most.is_none()).map(PathBuf::from);
        let stock = variable("STOCK").map(PathBuf::from);
        Ok(Self {
            orders_given: orders.is_some(),
            most,
            orders: file.unwrap_or_else(|| sample("functions/orders/samples/orders.jsonl")),
            stock: stock.unwrap_or_else(|| sample("functions/inventory/samples/stock.jsonl")),
            mails: variable("MAILS").map(PathBuf::from),
            style: styled(&variable)?,
            deadlines,
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
        let orders = read(&self.orders)?;
        let lines = orders.split_inclusive(|byte| *byte == b'\n');
        Ok((stock, lines.take(self.most.unwrap_or(usize::MAX)).flatten().copied().collect()))
    }

    /// The folder for mails: the one that was named, or our own, emptied of the last run's.
    #[must_use]
    pub fn mails_folder(&self) -> PathBuf {
        self.mails.clone().unwrap_or_else(|| {
            let own = Self::own_mails();
            // There may be none yet. Another error shows when the first mail is written.
            let _ = std::fs::remove_dir_all(&own);
            own
        })
    }

    /// Our own folder for mails.
    #[must_use]
    pub fn own_mails() -> PathBuf {
        PathBuf::from("target/mails")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_the_samples() {
        let defaults = Options::from(|_| None).unwrap();
        assert!(defaults.orders.exists() && defaults.stock.exists() && !defaults.orders_given);
    }

    #[test]
    fn a_number_of_orders_is_that_many_lines_of_the_sample() {
        let options = Options::from(|name| (name == "ORDERS").then(|| "3".into())).unwrap();
        let (_, orders) = options.input().unwrap();
        assert_eq!(orders.iter().filter(|byte| **byte == b'\n').count(), 3);
        assert_eq!(options.orders, Options::from(|_| None).unwrap().orders);
    }

    #[test]
    fn a_style_or_a_deadline_that_is_none_is_named() {
        let of = |name: &'static str, value: &'static str| {
            Options::from(move |asked| (asked == name).then(|| value.into()))
        };
        assert_eq!(of("STYLE", "orchestration").unwrap().style, Style::Orchestration);
        let error = of("STYLE", "ballet").unwrap_err().to_string();
        assert_eq!(error, "STYLE: a style is choreography or orchestration");
        assert_eq!(of("DEADLINE", "2000").unwrap().deadlines.stock, Duration::from_secs(2));
        assert_eq!(of("DEADLINE", "soon"), Err(Unclear::Deadline));
    }
}
