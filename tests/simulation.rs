//! The whole platform in both styles, on a hundred seeds each: duplicates, reordering, crashes between
//! handler and commit, lost answers, and in orchestration deadlines that pass. The books must balance
//! on every one, and nothing may be left of an order that did not end well.

// A panic of a test's helper is its result.
#![allow(clippy::unwrap_used)]

use std::{fmt::Write as _, fs, path::PathBuf, time::Duration};

use order_platform::{Deadlines, Feed, Platform, Setup, Stock, Style, Summary};
use waxseal_local::Faults;
use waxseal_testing::simulation::{Simulation, simulate};
use waxseal_tests::inputs::Inputs;

const SEEDS: u64 = 100;

/// The orders of the run whose history is compared; `make soak` has 10,000.
const ORDERS: u32 = 300;

/// The number of seeds of each style: [`SEEDS`], or the setting of `make soak`.
fn seeds() -> u64 {
    setting("WAXSEAL_SIMULATION_SEEDS", SEEDS)
}

fn setting<T: std::str::FromStr>(name: &str, default: T) -> T {
    let Ok(said) = std::env::var(name) else { return default };
    said.parse().unwrap_or_else(|_| panic!("{name}={said}: a number"))
}

/// The order platform in one style under faults, with the input of `make run`.
struct OnABadDay(Style);

/// The time of each step of `fulfilment` on this seed, in milliseconds; its own where `None`. A hasty
/// one races nearly every reply, and a short one only those that a crash delays.
fn deadline(seed: u64) -> Option<u64> {
    match seed % 4 {
        0 => None,
        1 => Some(60_000),
        2 => Some(2_000),
        _ => Some(150 + seed % 400),
    }
}

/// How the platform is set up in this style on this seed.
fn setup(style: Style, seed: u64) -> Setup {
    let deadlines = deadline(seed).map(|millis| Deadlines::of_each(Duration::from_millis(millis)));
    Setup {
        seed,
        faults: Faults::bad_day(),
        style,
        deadlines: deadlines.unwrap_or_default(),
        ..Setup::default()
    }
}

impl Simulation for OnABadDay {
    /// A line of the file of orders.
    type Step = String;
    type Summary = Summary;

    fn steps(&self, seed: u64) -> Vec<String> {
        Inputs::of(seed).orders
    }

    fn run(&self, seed: u64, lines: &[String]) -> (Summary, Vec<String>) {
        run(self.0, seed, &inputs(seed, lines))
    }

    fn repeat(&self, seed: u64, lines: &[String]) -> String {
        let Self(style) = self;
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/simulation");
        let folder = folder.join(format!("{style}-{seed}"));
        let (orders, stock) = inputs(seed, lines).files();
        let (orders_file, stock_file) = (folder.join("orders.jsonl"), folder.join("stock.jsonl"));
        fs::create_dir_all(&folder).unwrap();
        fs::write(&orders_file, orders).unwrap();
        fs::write(&stock_file, stock).unwrap();
        let deadline = match (style, deadline(seed)) {
            (Style::Orchestration, Some(millis)) => format!(" DEADLINE={millis}"),
            _ => String::new(),
        };
        let (orders, stock) = (orders_file.display(), stock_file.display());
        format!("make run STYLE={style} SEED={seed}{deadline} ORDERS={orders} STOCK={stock}")
    }
}

/// These lines, with the stock of the seed.
fn inputs(seed: u64, lines: &[String]) -> Inputs {
    Inputs { orders: lines.to_vec(), stock: Inputs::of(seed).stock }
}

/// One run as `make run` does it, and the invariants that it breaks.
fn run(style: Style, seed: u64, inputs: &Inputs) -> (Summary, Vec<String>) {
    let (orders, stock) = inputs.files();
    let stock = Stock::parse(&stock);
    let platform = Platform::new(setup(style, seed)).unwrap();
    platform.receive(&stock).unwrap();
    let feed = Feed::start(platform.local(), &orders);
    platform.local().executor().run_until(Duration::from_secs(1), || false);
    let summary = Summary::of(&platform, &feed.answers(), seed, 0.0);
    let mut wrong = summary.books.imbalances(&platform.orders(), &stock.initial());
    wrong.extend(platform.leaks());
    let (done, total) = feed.progress();
    if done != total {
        wrong.push(format!("{} of {total} lines were never answered", total - done));
    }
    let accounted = summary.books.placed + summary.rejected + summary.resubmitted;
    if accounted != inputs.orders.len() as u64 {
        wrong.push(format!("{accounted} of {} lines are accounted for", inputs.orders.len()));
    }
    for (service, dead_letter) in platform.dead_letters() {
        wrong.push(format!("{service} dead-lettered: {:?}", dead_letter.note().map(|note| note.reason)));
    }
    (summary, wrong)
}

/// All seeds of a style, and that each kind of end occurred. A simulation in which nothing happens
/// would pass as well, so the counts are checked.
fn balances_on_every_seed(style: Style) {
    let seeds = seeds();
    let summaries = simulate(&OnABadDay(style), 0..seeds).unwrap();
    let sum = |of: fn(&Summary) -> u64| summaries.iter().map(of).sum::<u64>();
    let totals = [
        sum(|summary| summary.books.confirmed),
        sum(|summary| summary.books.cancelled.total()),
        sum(|summary| summary.duplicates_absorbed.unwrap_or_default()),
    ];
    let least = 2 * seeds;
    assert!(totals.iter().all(|total| *total > least), "confirmed, cancelled, duplicates: {totals:?}");
    let returned = sum(|summary| summary.books.returned);
    assert!(returned > seeds / 4, "{returned} were returned");
    let late = sum(|summary| summary.books.cancelled.late);
    assert_eq!(late > seeds, style == Style::Orchestration, "{late} were late");
}

#[test]
fn s72_g1_g2_the_books_of_orchestration_balance_on_every_seed() {
    balances_on_every_seed(Style::Orchestration);
}

#[test]
fn the_books_of_choreography_balance_on_every_seed() {
    balances_on_every_seed(Style::Choreography);
}

/// All emissions are published again from the receipts, under faults: no customer is charged or
/// mailed twice, and no order is shipped twice.
#[test]
fn o3_a_sweep_of_everything_changes_no_book() {
    for (style, seed) in Style::ALL.into_iter().flat_map(|style| (0..10).map(move |seed| (style, seed))) {
        let inputs = Inputs::of(seed);
        let (orders, stock) = inputs.files();
        let stock = Stock::parse(&stock);
        let platform = Platform::new(setup(style, seed)).unwrap();
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
        assert_eq!(platform.books(), books, "{style}, seed {seed}");
        assert_eq!(platform.books().imbalances(&platform.orders(), &stock.initial()), [] as [String; 0]);
        assert_eq!(platform.leaks(), [] as [String; 0], "{style}, seed {seed}");
        assert!(platform.dead_letters().is_empty(), "{style}, seed {seed}");
        let more = platform.published().peek().len() > published + 10;
        assert!(swept > 10 && more, "{style}, seed {seed}: {swept}");
    }
}

#[test]
fn the_same_seed_gives_the_same_summary() {
    for (style, seed) in Style::ALL.into_iter().flat_map(|style| [0, 7, 99].map(|seed| (style, seed))) {
        let inputs = Inputs::of(seed);
        assert_eq!(run(style, seed, &inputs), run(style, seed, &inputs));
    }
    let inputs = Inputs::of(1);
    let deliveries = |seed| run(Style::Choreography, seed, &inputs).0.deliveries;
    assert!((2..10).map(deliveries).any(|other| other != deliveries(1)), "the seed decides nothing");
}

/// Everything that a run leaves behind, to the byte: what was published, in its order, with the ids
/// and times of the environment, each item of each table, and the dead letters.
fn history(style: Style, seed: u64, inputs: &Inputs) -> String {
    let (orders, stock) = inputs.files();
    let platform = Platform::new(setup(style, seed)).unwrap();
    platform.receive(&Stock::parse(&stock)).unwrap();
    let feed = Feed::start(platform.local(), &orders);
    platform.local().executor().run_until(Duration::from_secs(1), || false);
    let local = platform.local();
    let mut history = format!("{:?} at {}\n", feed.answers(), local.now());
    let published = platform.published().peek();
    published.iter().for_each(|message| writeln!(history, "{message:?}").unwrap());
    for service in local.services() {
        for item in local.table(&service).unwrap().items() {
            writeln!(history, "{service}: {item:?}").unwrap();
        }
    }
    writeln!(history, "{:?} {}", platform.dead_letters(), local.deliveries()).unwrap();
    history
}

/// Hash maps of the standard library begin each at another place, so an order that comes from one
/// shows within two runs.
#[test]
fn one_seed_gives_one_history_to_the_byte() {
    let inputs = Inputs::of_orders(5, setting("WAXSEAL_SIMULATION_ORDERS", ORDERS));
    for style in Style::ALL {
        let (one, other) = (history(style, 5, &inputs), history(style, 5, &inputs));
        assert!(one.lines().count() > 3 * inputs.orders.len(), "nothing has happened");
        let difference = one.lines().zip(other.lines()).find(|(one, other)| one != other);
        assert_eq!(difference, None, "{style}");
        assert_eq!(one.len(), other.len(), "{style}");
    }
}

#[test]
fn a_failure_is_shrunk_and_the_command_that_repeats_it_is_printed() {
    /// A system in which a timed-out card stands for a bug.
    struct WithABug;
    impl Simulation for WithABug {
        type Step = String;
        type Summary = ();
        fn steps(&self, seed: u64) -> Vec<String> {
            OnABadDay(Style::Choreography).steps(seed)
        }
        fn run(&self, _: u64, lines: &[String]) -> ((), Vec<String>) {
            let bad = lines.iter().filter(|line| line.contains("tok_timeout"));
            ((), bad.map(|_| "a card timed out".to_owned()).take(1).collect())
        }
        fn repeat(&self, seed: u64, lines: &[String]) -> String {
            OnABadDay(Style::Choreography).repeat(seed, lines)
        }
    }
    let broken = simulate(&WithABug, 3..4).broken.remove(0);
    assert_eq!((broken.steps, &*broken.invariants), (1, &["a card timed out".to_owned()][..]));
    let (_, command) = broken.repeat.split_once("make run STYLE=choreography SEED=3 ORDERS=").unwrap();
    let (orders, stock) = command.split_once(" STOCK=").unwrap();
    let line = fs::read_to_string(orders).unwrap();
    assert!(line.lines().count() == 1 && line.contains("tok_timeout"), "{line}");
    assert_eq!(fs::read_to_string(stock).unwrap(), Inputs::of(3).stock.join("\n"));
}
