//! `make run` and `make serve`.

use std::{
    io::IsTerminal as _,
    process::ExitCode,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};
use order_platform::{
    Feed, Platform, Setup, Summary,
    options::Options,
    report::{self, Details, conclude, say},
    serve::Server,
};
use waxseal::Raw;
use waxseal_local::Faults;

fn main() -> ExitCode {
    let command = std::env::args().nth(1);
    let options = log().and_then(|()| Options::from_env().map_err(|error| error.to_string()));
    let result = options.and_then(|options| match command.as_deref() {
        None | Some("run") => run(&options),
        Some("serve") => serve(&options),
        Some(other) => Err(format!("{other}: there are `run` and `serve`")),
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Log lines go to standard error, where `LOG=info` (or `warn`, `debug`) asks for them.
fn log() -> Result<(), String> {
    // `make` exports an empty LOG, which would be read as a level.
    let Some(level) = std::env::var("LOG").ok().filter(|level| !level.is_empty()) else { return Ok(()) };
    let level = level
        .parse::<tracing_subscriber::filter::LevelFilter>()
        .map_err(|_| format!("LOG is `{level}`, not off, error, warn, info, debug or trace"))?;
    tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr).init();
    Ok(())
}

fn run(options: &Options) -> Result<(), String> {
    let (stock, orders) = options.input().map_err(|error| error.to_string())?;
    let started = Instant::now();
    let mails = options.mails_folder();
    let setup =
        Setup { seed: options.seed, faults: Faults::bad_day(), real_time: false, mails: Some(mails.clone()) };
    let platform = Platform::new(setup).map_err(|error| error.to_string())?;
    platform.receive(&stock)?;
    eprintln!(
        "{} SKUs in stock; feeding {}\non seed {} with duplicates, reordering, crashes and lost answers",
        stock.initial().len(),
        options.orders.display(),
        options.seed
    );
    let feed = Feed::start(platform.local(), &orders);
    let (_, total) = feed.progress();
    let bar = progress(total as u64);
    platform.local().executor().run_until(Duration::from_millis(50), || {
        bar.set_position(feed.progress().0 as u64);
        false
    });
    bar.finish_and_clear();

    let answers = feed.answers();
    let summary = Summary::of(&platform, &answers, options.seed, started.elapsed().as_secs_f64());
    let imbalances = summary.books.imbalances(&platform.orders(), &stock.initial());
    let balance = format!("The books balance. The mails are in {}.", mails.display());
    conclude(&Details::by(&platform), &summary, &answers, &imbalances, &balance, options.json)
}

fn serve(options: &Options) -> Result<(), String> {
    let (stock, orders) = options.input().map_err(|error| error.to_string())?;
    let mails = Some(options.mails_folder());
    let setup = Setup { seed: options.seed, faults: Faults::none(), real_time: true, mails };
    let platform = Platform::new(setup).map_err(|error| error.to_string())?;
    platform.receive(&stock)?;
    let server =
        Server::start(platform.local(), "orders", options.port).map_err(|error| error.to_string())?;
    let sku = stock.lines.first().map_or("tee", |line| line.sku.as_str());
    eprintln!("{}", how_to_talk(server.port, sku));
    let feed = options.orders_given.then(|| Feed::start(platform.local(), &orders));

    static STOP: AtomicBool = AtomicBool::new(false);
    std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        if runtime.is_ok_and(|runtime| runtime.block_on(tokio::signal::ctrl_c()).is_ok()) {
            STOP.store(true, Ordering::Relaxed);
        }
    });
    let started = Instant::now();
    let mut shown = 0;
    platform.local().executor().run_until(Duration::from_millis(50), || {
        let published = platform.published().peek_from(shown);
        shown += published.len();
        published.iter().for_each(|message| show(&message.content.body));
        STOP.load(Ordering::Relaxed)
    });
    drop(server);
    let answers = feed.map(|feed| feed.answers()).unwrap_or_default();
    let summary = Summary::of(&platform, &answers, options.seed, started.elapsed().as_secs_f64());
    say(&format!("\n{}", report::render(&Details::by(&platform), &summary, &answers)));
    if options.json {
        say(&serde_json::to_string(&summary).map_err(|error| error.to_string())?);
    }
    Ok(())
}

fn progress(total: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(total);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} orders submitted") {
        bar.set_style(style);
    }
    bar
}

/// One published event as a line: no payload.
fn show(body: &str) {
    if let Ok(event) = Raw::parse(body) {
        say(&format!(
            "{}  {:<20} {:<10} {}",
            event.timestamp, event.name, event.source, event.correlation_id
        ));
    }
}

fn how_to_talk(port: u16, sku: &str) -> String {
    format!(
        r#"Listening on http://127.0.0.1:{port}. Talk to it from another terminal:

  curl -i http://127.0.0.1:{port}/orders -H 'Idempotency-Key: my-first' -H 'Content-Type: application/json' \
    -d '{{"orderId":"o-1","customer":{{"id":"c-1","name":"Zoë","email":"zoe@example.com"}},"lines":[{{"sku":"{sku}","quantity":2,"unitPrice":1250}}],"currency":"EUR","paymentToken":"tok_visa"}}'
  curl http://127.0.0.1:{port}/orders/o-1
  curl -X POST http://127.0.0.1:{port}/orders/o-1/cancel

Send the first one again: it takes effect once. `tok_declined` and `tok_timeout` behave as named. Ctrl-C ends it with a summary.
"#
    )
}
