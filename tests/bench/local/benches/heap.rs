//! `make bench-local`: the bytes that a delivery allocates, and the most that a run holds.
//!
//! Each run is a process of its own, since a peak only grows.

use std::{alloc::System, env, process::Command};

use bench_local::{Deliveries, ORDERS, PORTION, PlatformRun};
use cap::Cap;
use waxseal_local::Faults;

#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, usize::MAX);

/// The portion of orders and the largest batch of each run; the platform comes after them.
const RUNS: [(usize, u32); 3] = [(PORTION, 1), (PORTION, 10), (ORDERS, 10)];

fn main() {
    match env::args().nth(1).and_then(|run| run.parse::<usize>().ok()) {
        Some(run) => measure(run),
        None => all(),
    }
}

fn all() {
    println!("\n{:<44}{:>16}{:>16}", "heap", "bytes/delivery", "peak in MB");
    for run in 0..=RUNS.len() {
        let program = env::current_exe().expect("this program");
        let status = Command::new(program).arg(run.to_string()).status().expect("it runs again");
        assert!(status.success(), "run {run}: {status}");
    }
}

fn measure(run: usize) {
    let platform = PlatformRun::new(ORDERS);
    let environment = |batch| Deliveries::new(Faults::none(), batch, ORDERS);
    let (what, before, deliveries) = match RUNS.get(run) {
        Some(&(portion, batch)) => {
            let what = format!("{ORDERS} orders, {portion} at a time, batches of {batch}");
            let environment = environment(batch);
            (what, HEAP.total_allocated(), environment.run(portion))
        }
        None => {
            let what = format!("platform, {} lines on a bad day", platform.lines);
            (what, HEAP.total_allocated(), platform.run())
        }
    };
    let allocated = (HEAP.total_allocated() - before) as f64 / deliveries as f64;
    println!("  {what:<42}{allocated:>16.0}{:>16.1}", HEAP.max_allocated() as f64 / 1e6);
}
