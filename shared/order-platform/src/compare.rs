//! Both styles on the same orders, measured: what an order costs, and how long its confirmation
//! takes.

use std::{collections::BTreeMap, fmt::Write as _, time::Duration};

use order_events::Style;
use waxseal::{Raw, WAKE, read_emissions, table::attribute};
use waxseal_local::Faults;

use crate::{
    feed::Feed,
    input::Stock,
    platform::{Platform, Setup, SetupError},
};

/// The measures of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Orders placed.
    pub placed: u64,
    /// Orders confirmed.
    pub confirmed: u64,
    /// Messages that were emitted.
    pub messages: u64,
    /// Records that were handed to functions.
    pub deliveries: u64,
    /// Requests to tables, by service.
    pub requests: BTreeMap<String, u64>,
    /// Write units of all tables.
    pub write_units: u64,
    /// The messages from `order.placed` to `order.confirmed`, both included, on the longest way.
    pub hops: usize,
    /// The times from `order.placed` to `order.confirmed` on the virtual clock, in order.
    pub times: Vec<Duration>,
}

impl Measured {
    /// Runs a file of orders in one style.
    ///
    /// # Errors
    /// Where the platform cannot be set up, or its books do not balance: how, in words.
    pub fn of(style: Style, stock: &Stock, orders: &[u8], faults: Faults) -> Result<Self, String> {
        let setup = Setup { seed: 1, faults, style, ..Setup::default() };
        let platform = Platform::new(setup).map_err(|error: SetupError| error.to_string())?;
        let local = platform.local();
        platform.receive(stock)?;
        let requests_of = |service: &String| {
            let table = local.table(service).ok()?;
            Some((service.clone(), table.requests(), table.write_units()))
        };
        // The stock comes in before the first order, and is no part of its price.
        let before: Vec<_> = local.services().iter().filter_map(requests_of).collect();
        let deliveries = local.deliveries();
        drop(Feed::start(local, orders));
        local.executor().run_until(Duration::from_secs(1), || false);
        let books = platform.books();
        let wrong = [books.imbalances(&platform.orders(), &stock.initial()), platform.leaks()].concat();
        if !wrong.is_empty() {
            return Err(wrong.join("; "));
        }
        let after: Vec<_> = local.services().iter().filter_map(requests_of).collect();
        let of_service = |service: &String| before.iter().find(|(name, ..)| name == service);
        let messages = messages(&platform);
        let emitted = messages.len() as u64;
        let (hops, times) = confirmations(&messages);
        Ok(Self {
            placed: books.placed,
            confirmed: books.confirmed,
            messages: emitted,
            deliveries: local.deliveries() - deliveries,
            requests: after
                .iter()
                .map(|(service, requests, _)| {
                    let earlier = of_service(service).map_or(0, |(_, requests, _)| *requests);
                    (service.clone(), requests - earlier)
                })
                .collect(),
            write_units: after
                .iter()
                .map(|(service, _, units)| units - of_service(service).map_or(0, |(.., units)| *units))
                .sum(),
            hops,
            times,
        })
    }

    /// The time within which so many of a hundred confirmations came.
    #[must_use]
    pub fn percentile(&self, percent: usize) -> Duration {
        let index = (self.times.len() * percent / 100).min(self.times.len().saturating_sub(1));
        self.times.get(index).copied().unwrap_or_default()
    }

    /// So many an order, with one decimal digit.
    fn an_order(&self, of_all: u64) -> String {
        format!("{:.1}", of_all as f64 / self.placed.max(1) as f64)
    }

    /// The service whose table has the most requests.
    fn busiest(&self) -> Option<(&str, u64)> {
        let most = self.requests.iter().max_by_key(|(_, requests)| **requests)?;
        Some((most.0, *most.1))
    }
}

/// Every message that the receipts of all services hold, by its id, without hints.
fn messages(platform: &Platform) -> BTreeMap<String, Raw> {
    let local = platform.local();
    let tables = local.services().into_iter().filter_map(|service| local.table(&service).ok());
    tables
        .flat_map(|table| table.items())
        .filter_map(|item| read_emissions(item.get_text(attribute::EMITTED)?).ok())
        .flatten()
        .filter_map(|emission| Raw::parse(emission.envelope.get()).ok())
        .filter(|message| message.name != WAKE && message.name != "stock.level-changed")
        .map(|message| (message.id.clone(), message))
        .collect()
}

/// The longest way to a confirmation, and the times of all.
fn confirmations(messages: &BTreeMap<String, Raw>) -> (usize, Vec<Duration>) {
    let (mut hops, mut times) = (0, Vec::new());
    for confirmed in messages.values().filter(|message| message.name == "order.confirmed") {
        let (mut way, mut at) = (1, confirmed);
        while at.name != "order.placed" {
            let Some(cause) = at.causation_id.as_ref().and_then(|cause| messages.get(cause)) else { break };
            (way, at) = (way + 1, cause);
        }
        hops = hops.max(way);
        times.push(confirmed.timestamp.saturating_duration_since(at.timestamp));
    }
    times.sort_unstable();
    (hops, times)
}

/// A day without faults on which requests and messages take their time.
#[must_use]
pub fn good_day() -> Faults {
    let mut faults = Faults::none();
    faults.latency = Duration::from_millis(10);
    faults.reorder = Duration::from_millis(30);
    faults
}

/// The table of both styles, in Markdown.
///
/// # Errors
/// Where a run fails.
pub fn table(stock: &Stock, orders: &[u8]) -> Result<String, String> {
    let run = |style, faults| Measured::of(style, stock, orders, faults);
    let [choreography, orchestration] = Style::ALL;
    let good = [run(choreography, good_day())?, run(orchestration, good_day())?];
    let bad = [run(choreography, Faults::bad_day())?, run(orchestration, Faults::bad_day())?];
    let mut text = "| | choreography | orchestration |\n|---|---|---|\n".to_owned();
    let mut row = |name: &str, of: &dyn Fn(usize) -> String| {
        let _ = writeln!(text, "| {name} | {} | {} |", of(0), of(1));
    };
    row("orders placed, confirmed", &|n| format!("{}, {}", good[n].placed, good[n].confirmed));
    row("messages an order, without levels of stock", &|n| good[n].an_order(good[n].messages));
    row("records handed to functions, an order", &|n| good[n].an_order(good[n].deliveries));
    row("requests to tables, an order", &|n| good[n].an_order(good[n].requests.values().sum()));
    row("write units, an order", &|n| good[n].an_order(good[n].write_units));
    row("the busiest table: requests an order", &|n| {
        good[n].busiest().map_or_else(String::new, |(service, requests)| {
            format!("{service}: {}", good[n].an_order(requests))
        })
    });
    row("messages from `order.placed` to `order.confirmed`", &|n| good[n].hops.to_string());
    row("p50 to confirmation, a good day", &|n| millis(good[n].percentile(50)));
    row("p99 to confirmation, a good day", &|n| millis(good[n].percentile(99)));
    row("p50 to confirmation, a bad day", &|n| millis(bad[n].percentile(50)));
    row("p99 to confirmation, a bad day", &|n| millis(bad[n].percentile(99)));
    row("lines of code that only this style has", &|n| lines_of_code(Style::ALL[n]).to_string());
    Ok(text)
}

fn millis(time: Duration) -> String {
    match time.as_millis() {
        short @ 0..=9_999 => format!("{short} ms"),
        long => format!("{:.1} s", long as f64 / 1000.0),
    }
}

/// The files that only one style has.
const CHOREOGRAPHY: [&str; 1] = [include_str!("../../../functions/orders/src/events.rs")];
const ORCHESTRATION: [&str; 9] = [
    include_str!("../../../functions/orders/src/fulfilment.rs"),
    include_str!("../../../functions/fulfilment/src/deadlines.rs"),
    include_str!("../../../functions/fulfilment/src/http.rs"),
    include_str!("../../../functions/fulfilment/src/job.rs"),
    include_str!("../../../functions/fulfilment/src/lib.rs"),
    include_str!("../../../functions/fulfilment/src/main.rs"),
    include_str!("../../../functions/fulfilment/src/process.rs"),
    include_str!("../../../functions/fulfilment/src/steps.rs"),
    include_str!("../../../functions/fulfilment/src/view.rs"),
];

/// The lines of those files that are neither empty nor comments nor tests.
fn lines_of_code(style: Style) -> usize {
    let files: &[&str] = match style {
        Style::Choreography => &CHOREOGRAPHY,
        Style::Orchestration => &ORCHESTRATION,
    };
    let code = |file: &&str| {
        let file = file.split("#[cfg(test)]").next().unwrap_or_default();
        file.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).count()
    };
    files.iter().map(code).sum()
}
