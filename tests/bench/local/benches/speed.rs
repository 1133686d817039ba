//! `make bench-local`: deliveries a second on one core, and order lines a second of the platform.

use bench_local::{Deliveries, ORDERS, PORTION, PlatformRun, Processor};
use waxseal_local::Faults;

/// The best of this many runs counts: a neighbour on the machine only makes a run slower.
const RUNS: usize = 5;

fn main() {
    // `cargo bench` adds `--bench`; a profiler asks for one run without a table.
    if std::env::args().any(|argument| argument == "--profile") {
        return profile();
    }
    println!("{:<44}{:>16}{:>16}", "deliveries a second", "batches of 1", "batches of 10");
    for (faults, is_on) in [(Faults::none(), "off"), (Faults::bad_day(), "on")] {
        for portion in [PORTION, ORDERS] {
            let rate = |batch| best(|| deliveries(&faults, batch, portion));
            let what = format!("faults {is_on}, {portion} orders at a time");
            println!("  {what:<42}{:>16.0}{:>16.0}", rate(1), rate(10));
        }
    }
    let platform = PlatformRun::new(500);
    let lines = best(|| {
        let started = Processor::start();
        let deliveries = platform.run();
        let rate = platform.lines as f64 / started.elapsed().as_secs_f64();
        eprintln!("==> platform: {deliveries} deliveries, {rate:.0} lines/s");
        rate
    });
    println!("\n{:<60}{:>16}", "platform", "lines a second");
    println!("  {:<58}{lines:>16.0}", format!("{} lines on a bad day", platform.lines));
}

fn deliveries(faults: &Faults, batch: u32, portion: usize) -> f64 {
    let environment = Deliveries::new(faults.clone(), batch, ORDERS);
    let started = Processor::start();
    let deliveries = environment.run(portion);
    let rate = deliveries as f64 / started.elapsed().as_secs_f64();
    eprintln!("==> {portion} orders at a time, batches of {batch}: {deliveries} deliveries, {rate:.0}/s");
    rate
}

fn best(run: impl Fn() -> f64) -> f64 {
    (0..RUNS).map(|_| run()).fold(0.0, f64::max)
}

/// A workload that runs long enough to sample.
fn profile() {
    for _ in 0..20 {
        deliveries(&Faults::none(), 1, PORTION);
    }
}
