//! The order platform on a bad day, as `make run` runs it, with the sample orders as often as
//! needed.

use std::{fs, path::PathBuf, time::Duration};

use order_platform::{Feed, Platform, Setup, Stock};
use serde_json::{Value, json};
use waxseal_local::Faults;

/// The sample lines, repeated.
#[derive(Debug)]
pub struct PlatformRun {
    stock: Stock,
    orders: Vec<u8>,
    /// The number of its lines.
    pub lines: usize,
}

impl PlatformRun {
    /// Reads the samples and repeats them until there are `lines`, each time with keys, orders and
    /// stock of its own.
    ///
    /// # Panics
    /// Where the samples cannot be read.
    #[must_use]
    pub fn new(lines: usize) -> Self {
        let sample = |path: &str| {
            let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../..").join(path);
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        };
        let mut stock = Stock::parse(sample("functions/inventory/samples/stock.jsonl").as_bytes());
        let samples = sample("functions/orders/samples/orders.jsonl");
        let samples: Vec<&str> = samples.lines().collect();
        let rounds = lines.div_ceil(samples.len());
        for line in &mut stock.lines {
            line.on_hand *= rounds as u64;
        }
        let all = (0..rounds).flat_map(|round| samples.iter().map(move |line| in_round(line, round)));
        let orders: Vec<String> = all.take(lines).collect();
        Self { stock, lines: orders.len(), orders: orders.join("\n").into_bytes() }
    }

    /// Runs all lines. The result is the number of deliveries.
    ///
    /// # Panics
    /// Where the books do not balance.
    #[must_use]
    pub fn run(&self) -> u64 {
        let setup = Setup { seed: 2, faults: Faults::bad_day(), ..Setup::default() };
        let platform = Platform::new(setup).expect("the platform is sound");
        platform.receive(&self.stock).expect("the stock is taken in");
        let feed = Feed::start(platform.local(), &self.orders);
        platform.local().executor().run_until(Duration::from_secs(1), || false);
        let (done, total) = feed.progress();
        assert_eq!(done, total, "every line is answered");
        let imbalances = platform.books().imbalances(&platform.orders(), &self.stock.initial());
        assert!(imbalances.is_empty(), "{imbalances:?}");
        platform.local().deliveries()
    }
}

/// The line of a sample in this round; a line that is no JSON stays as it is.
fn in_round(line: &str, round: usize) -> String {
    let Ok(mut line) = serde_json::from_str::<Value>(line) else { return line.to_owned() };
    for pointer in ["/key", "/order/orderId"] {
        if let Some(text) = line.pointer_mut(pointer)
            && let Some(was) = text.as_str().map(str::to_owned)
        {
            *text = json!(if round == 0 { was } else { format!("{was}-{round}") });
        }
    }
    line.to_string()
}
