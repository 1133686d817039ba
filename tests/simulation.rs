//! The whole platform on two hundred seeds: duplicates, reordering, crashes between handler and
//! commit, lost answers. The books must balance on every seed.

// A panic of a test's helper is the test's result.
#![allow(clippy::unwrap_used)]

use std::{
    fs,
    path::PathBuf,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use order_platform::{Feed, Platform, Setup, Stock, Summary};
use waxseal_local::Faults;
use waxseal_tests::inputs::Inputs;

const SEEDS: u64 = 200;

/// How many seeds: [`SEEDS`], or what `make soak` says.
fn seeds() -> u64 {
    let said = std::env::var("WAXSEAL_SIMULATION_SEEDS").ok();
    said.map_or(SEEDS, |seeds| {
        seeds.parse().unwrap_or_else(|_| panic!("WAXSEAL_SIMULATION_SEEDS={seeds}: a number of seeds"))
    })
}

/// One run as `make run` does it.
fn run(seed: u64, inputs: &Inputs) -> (Summary, Vec<String>) {
    let (orders, stock) = inputs.files();
    let stock = Stock::parse(&stock);
    let setup = Setup { seed, faults: Faults::bad_day(), real_time: false, mails: None };
    let platform = Platform::new(setup).unwrap();
    platform.receive(&stock).unwrap();
    let feed = Feed::start(platform.local(), &orders);
    platform.local().executor().run_until(Duration::from_secs(1), || false);
    let summary = Summary::of(&platform, &feed.answers(), seed, 0.0);
    let mut wrong = summary.books.imbalances(&platform.orders(), &stock.initial());
    let (done, total) = feed.progress();
    if done != total {
        wrong.push(format!("{} of {total} lines were never answered", total - done));
    }
    let accounted = summary.books.placed + summary.rejected + summary.resubmitted;
    if accounted != inputs.orders.len() as u64 {
        wrong.push(format!("{accounted} of {} lines are accounted for", inputs.orders.len()));
    }
    for (service, letter) in platform.dead_letters() {
        wrong.push(format!("{service} dead-lettered: {:?}", letter.note().map(|note| note.reason)));
    }
    (summary, wrong)
}

/// The smallest number of first lines that still fails.
fn shrink(inputs: &Inputs, fails: impl Fn(&Inputs) -> bool) -> Inputs {
    let cut = |count: usize| Inputs { orders: inputs.orders[..count].to_vec(), stock: inputs.stock.clone() };
    (0..inputs.orders.len()).map(cut).find(fails).unwrap_or_else(|| inputs.clone())
}

/// The failure for a person, with the command that repeats it.
fn explain(seed: u64, inputs: &Inputs) -> String {
    let inputs = shrink(inputs, |inputs| !run(seed, inputs).1.is_empty());
    let (_, wrong) = run(seed, &inputs);
    let folder =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/simulation").join(seed.to_string());
    let (orders, stock) = inputs.files();
    let (orders_file, stock_file) = (folder.join("orders.jsonl"), folder.join("stock.jsonl"));
    fs::create_dir_all(&folder).unwrap();
    fs::write(&orders_file, orders).unwrap();
    fs::write(&stock_file, stock).unwrap();
    format!(
        "seed {seed}, {} lines: {}\n  repeat it: make run SEED={seed} ORDERS={} STOCK={}",
        inputs.orders.len(),
        wrong.join("; "),
        orders_file.display(),
        stock_file.display()
    )
}

#[test]
fn the_books_balance_on_every_seed() {
    let (next, seeds) = (AtomicU64::new(0), seeds());
    let failures = Mutex::new(Vec::new());
    let totals = Mutex::new((0, 0, 0));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds {
                        break;
                    }
                    let inputs = Inputs::of(seed);
                    let (summary, wrong) = run(seed, &inputs);
                    if !wrong.is_empty() {
                        failures.lock().unwrap().push(explain(seed, &inputs));
                    }
                    let mut totals = totals.lock().unwrap();
                    totals.0 += summary.books.confirmed;
                    totals.1 += summary.books.cancelled.total();
                    totals.2 += summary.duplicates_absorbed.unwrap_or_default();
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{} of {seeds} seeds fail:\n{}", failures.len(), failures.join("\n"));
    // A simulation in which nothing happens would pass as well, so the counts are checked.
    let (confirmed, cancelled, duplicates) = totals.into_inner().unwrap();
    assert!(confirmed > 500 && cancelled > 500 && duplicates > 500, "{confirmed} {cancelled} {duplicates}");
}

/// All emissions are published again from the receipts, under faults: no customer is charged or
/// mailed twice, and no order is shipped twice.
#[test]
fn o3_a_sweep_of_everything_changes_no_book() {
    for seed in 0..10 {
        let inputs = Inputs::of(seed);
        let (orders, stock) = inputs.files();
        let stock = Stock::parse(&stock);
        let setup = Setup { seed, faults: Faults::bad_day(), real_time: false, mails: None };
        let platform = Platform::new(setup).unwrap();
        let local = platform.local();
        let began = local.now();
        platform.receive(&stock).unwrap();
        let _feed = Feed::start(local, &orders);
        local.executor().run_until(Duration::from_secs(1), || false);
        let (books, published) = (platform.books(), platform.published().peek().len());
        let mut swept = 0;
        for service in local.services() {
            let sweeper = local.clone();
            swept += local.executor().block_on(async move {
                // A relay that is killed while it sweeps is invoked again, as a person would.
                loop {
                    if let Ok(swept) = sweeper.sweep(&service, began, sweeper.now()).await {
                        break swept;
                    }
                }
            });
        }
        local.executor().run_until(Duration::from_secs(1), || false);
        assert_eq!(platform.books(), books, "seed {seed}");
        assert_eq!(platform.books().imbalances(&platform.orders(), &stock.initial()), [] as [String; 0]);
        assert!(platform.dead_letters().is_empty(), "seed {seed}");
        assert!(swept > 10 && platform.published().peek().len() > published + 10, "seed {seed}: {swept}");
    }
}

#[test]
fn the_same_seed_gives_the_same_summary() {
    for seed in [0, 7, 99] {
        let inputs = Inputs::of(seed);
        assert_eq!(run(seed, &inputs), run(seed, &inputs));
    }
    let inputs = Inputs::of(1);
    let deliveries = |seed| run(seed, &inputs).0.deliveries;
    assert!((2..10).map(deliveries).any(|other| other != deliveries(1)), "the seed decides nothing");
}

#[test]
fn a_failure_is_shrunk_and_the_command_that_repeats_it_is_printed() {
    let inputs = Inputs::of(3);
    // A timed-out card stands for the bug.
    let is_bad = |line: &String| line.contains("tok_timeout");
    let first = inputs.orders.iter().position(is_bad).unwrap();
    let shrunk = shrink(&inputs, |inputs| inputs.orders.iter().any(is_bad));
    assert_eq!(shrunk.orders, inputs.orders[..=first]);

    let text = explain(3, &shrunk);
    let (_, command) = text.split_once("repeat it: make run SEED=3 ORDERS=").unwrap();
    let (orders, stock) = command.split_once(" STOCK=").unwrap();
    assert_eq!(fs::read_to_string(orders).unwrap(), shrunk.orders.join("\n"));
    assert_eq!(fs::read_to_string(stock).unwrap(), shrunk.stock.join("\n"));
}
