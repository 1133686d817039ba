//! `make bench`: every stack does the same work between the same Lambda and the same DynamoDB, in
//! turns.
//!
//! The script that builds everything, `tests/bench/run`, configures it and documents the variables.

mod books;
mod dynamo;
mod http;
mod machine;
mod peer;
mod process;
mod promises;
mod report;
mod run;
mod stats;
mod tls;
mod wire;

use std::{
    env,
    fmt::Write as _,
    fs,
    path::PathBuf,
    process::ExitCode,
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, Instant},
};

use bench_work::{Feed, Workload};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::{
    dynamo::{Dynamo, Latency},
    peer::{Peer, Places},
    process::Cores,
    report::Results,
    run::{Bench, Error},
    wire::Wire,
};

const SIZES: [usize; 2] = [10, 100];
/// Fewer rounds give no result that could be published.
const ROUNDS: usize = 5;
const LATENCY: Latency = Latency { plain: Duration::from_millis(4), transaction: Duration::from_millis(8) };

/// The options of the command.
struct Options {
    rounds: usize,
    permille: usize,
    peers: Vec<Peer>,
    results: PathBuf,
    places: Places,
}

fn main() -> ExitCode {
    match options().and_then(|options| bench(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn options() -> Result<Options, Error> {
    let path = |name: &str| {
        env::var(name)
            .map(PathBuf::from)
            .map_err(|_| format!("{name} is not set: start this with make bench"))
    };
    let number = |name: &str, default: usize| match env::var(name) {
        Ok(text) if !text.is_empty() => match text.parse() {
            Ok(number @ 1..=1000) => Ok(number),
            _ => Err(format!("{name} is {text}: it must be a whole number from 1 to 1000")),
        },
        _ => Ok(default),
    };
    let wanted = env::var("PEERS").unwrap_or_default();
    let wanted: Vec<&str> = wanted.split([',', ' ']).filter(|name| !name.is_empty()).collect();
    if let Some(unknown) = wanted.iter().find(|name| Peer::ALL.iter().all(|peer| peer.name() != **name)) {
        let known = Peer::ALL.map(Peer::name).join(", ");
        return Err(format!("PEERS names {unknown}: known are {known}").into());
    }
    let peers = Peer::ALL.into_iter().filter(|peer| wanted.is_empty() || wanted.contains(&peer.name()));
    Ok(Options {
        rounds: number("ROUNDS", ROUNDS)?,
        permille: number("PERMILLE", 1000)?,
        peers: peers.collect(),
        results: path("BENCH_RESULTS")?,
        places: Places {
            binaries: path("BENCH_BINARIES")?,
            home: path("BENCH_HOME")?,
            sources: path("BENCH_SOURCES")?,
            node: env::var("BENCH_NODE").unwrap_or_else(|_| "node".to_owned()),
        },
    })
}

fn bench(options: &Options) -> Result<(), Error> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, stop.clone())?;
    }
    let cores = Cores::choose()?;
    Cores::stay_on(cores.driver)?;
    let places = &options.places;
    let (server, trust) = tls::server(&places.home)?;
    let wire = Wire::new(Dynamo::new(LATENCY), server, stop)?;
    let mut bench = Bench {
        wire,
        places: places.clone(),
        trust,
        cores,
        feed: Feed::default(),
        permille: options.permille,
    };
    for peer in &options.peers {
        // The file is the log of an earlier run.
        let _ = fs::remove_file(bench.log(*peer));
    }

    let (mut results, begun) = (Results::default(), Instant::now());
    for round in 1..=options.rounds {
        eprintln!("==> round {round} of {} ({} s so far)", options.rounds, begun.elapsed().as_secs());
        // Each round begins with another stack, so that none always follows the same one.
        let mut order = options.peers.clone();
        order.rotate_left((round - 1) % options.peers.len());
        for peer in order {
            measure(&mut bench, peer, round == 1, &mut results)
                .map_err(|error| format!("{}: {error}\n{}", peer.label(), bench.last_words(peer)))?;
        }
    }

    let text = text(&results, options, begun.elapsed());
    println!("{}", tables(&results));
    let complete =
        options.rounds >= ROUNDS && options.permille == 1000 && options.peers.len() == Peer::ALL.len();
    let target = if complete { options.results.clone() } else { places.home.join("RESULTS.md") };
    fs::write(&target, text)?;
    let why = if complete { "" } else { " (not a complete run: five rounds, every stack, every batch)" };
    eprintln!("==> written to {}{why}", target.display());
    Ok(())
}

fn measure(bench: &mut Bench, peer: Peer, first: bool, results: &mut Results) -> Result<(), Error> {
    for workload in Workload::ALL {
        let (steady, duplicates) = bench.steady(peer, workload, &SIZES, first)?;
        for (size, steady) in SIZES.into_iter().zip(steady) {
            eprintln!(
                "    {:<26} {:<13} batch {size:<4} p50 {:8.2} ms  CPU {:8.1} µs/record  {:.3} requests/record",
                peer.label(),
                workload.label(),
                steady.p50,
                steady.cpu,
                steady.requests
            );
            results.steady((workload, size), peer, steady);
        }
        if let Some(duplicates) = duplicates {
            results.duplicates(workload, peer, duplicates);
        }
    }
    let cold = bench.cold(peer)?;
    eprintln!(
        "    {:<26} start over TLS: first poll {:.1} ms, first event {:.1} ms, first response {:.1} ms",
        peer.label(),
        cold.poll,
        cold.event,
        cold.response
    );
    results.cold(peer, cold);
    Ok(())
}

fn tables(results: &Results) -> String {
    format!(
        "## Steady state\n\n{}\n## Start, over TLS\n\n{}\n## Duplicates\n\n{}\n## Promises\n\n{}",
        results.steady_table(),
        results.cold_table(),
        results.duplicates_table(),
        results.promises()
    )
}

fn text(results: &Results, options: &Options, took: Duration) -> String {
    let mut versions = String::new();
    for (name, version) in machine::versions(&options.places) {
        // A write to a text does not fail.
        let _ = writeln!(versions, "| {name} | {version} |");
    }
    format!(
        "# The same work, four ways\n\n\
         Written by `make bench`; absolute times belong to this machine, ratios are what to compare. Each cell is the median of {} rounds, \
         with the least and the greatest in parentheses.\n\n\
         {}\n\
         ## Method\n\n{METHOD}\n\
         ## Machine and versions\n\n{}. The whole run took {} minutes.\n\n| what | version |\n|---|---|\n{versions}",
        options.rounds,
        tables(results),
        machine::machine(),
        took.as_secs().div_ceil(60)
    )
}

const METHOD: &str = "\
- One function takes SQS batches of EventBridge events (1.3 KB each, all distinct) from a Lambda Runtime API and answers with `batchItemFailures`. \
Every stack parses the event, checks that its lines add up, and handles it idempotently. *Without state* nothing else is written; *emitting*, each event \
leaves one small event behind that is to be published later; *with state* each event changes its account's ledger: read, then written on the condition that \
nobody else did. No batch has an account twice. The targets against Powertools come from work that makes one small change an event, three writes there \
and one in Rust: that is *emitting*. *Without state* is held to the same targets, so that both can be seen.
- DynamoDB is a stand-in that answers after 4 ms, a transaction after 8 ms (an assumption: it has two phases), with real items and real conditions. After \
each run its books are checked: every event is remembered once, every ledger has the count and the sum of its events, and every \
event of *emitting* has left exactly one outgoing event, with its account and amount. Requests and capacity units are counted there.
- Powertools is used as its documentation shows: batch processor, idempotency per record in DynamoDB, the event's id as the key. Python handles the records of a \
batch one after another, TypeScript at once. Both run under AWS's own runtime clients; TypeScript is bundled and minified with esbuild.
- Bare Rust is `lambda_runtime` and the SDK, with the features and the release profile of Waxseal's functions: without state one conditional put a record, \
all at once; emitting the same put with the outgoing event in it, as Waxseal's has (under Powertools the handler puts it as an item of its own); with state one batch \
read of ledgers and receipts (100 keys a request) and one transaction for 50 records.
- Stacks take turns within a round, each in a process of its own, on a core of its own; the driver and DynamoDB have another. Measuring starts after 1,000 records \
(V8 needs them), after 100 for Python. p50 is from an event's leaving to its answer's arrival; CPU is what the kernel's scheduler counted for all threads.
- Starts are over TLS with an authority made for the run, beside those that the system trusts; one event waits from the beginning. Waxseal connects to its \
table before its first poll, so that this time is in its start and not in its first event; the health check (`GET /`) by which it does is answered at once, as it asks \
no table.
- A ratio is taken round by round; the promises are judged by its median. Duplicates and requests are counts, the same in every run.
";
