//! `make run-localstack`: the same input, summary and books as `make run`, from the deployed
//! platform.
//!
//! It prints an order's story from the messages on the bus and the topic. It counts in the
//! services' tables, at the gateway and in the mailbox, as on the embedded environment.

use std::{
    collections::BTreeSet,
    fs, io,
    path::Path,
    sync::{
        MutexGuard,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use inventory::Stock;
use order_platform::{
    Answers, Books, Story, Style, Summary,
    lines::Lines,
    options::Options,
    report::{Details, conclude},
};
use shipping::Shipment;
use waxseal::{Raw, lock::Lock};

use super::{
    client::{CallError, Client},
    deploy::{deploy, undeploy},
    feed::feed,
    instance::Instance,
    outside::Outside,
    progress,
    stage::Stage,
    within,
};

const STAGE: &str = "local-run";
const TAP: &str = "run-tap";
/// The seconds until a received message is delivered again. The templates have 180, and one in
/// fifty cards gets no answer the first time.
const VISIBILITY: u32 = 30;
/// The silence after which the run ends: unfinished work will not finish.
const STILL: Duration = Duration::from_secs(120);

/// Starts a `LocalStack`, or takes the one at `port`, deploys, feeds, waits and reports.
///
/// # Errors
/// A text with the failure; books that do not balance are one.
pub fn run(options: &Options, port: Option<u16>, is_json: bool) -> Result<(), String> {
    let (stock, orders) = options.input().map_err(|error| error.to_string())?;
    let outside = Outside::start();
    let (client, own) = reach(port)?;
    let style = options.style;
    if own.is_none() {
        take_away(&client)?;
    }
    progress(format_args!("deploying the platform in {style} (half a minute)"));
    deploy(&client, style, STAGE, &outside)?;
    let said = |error: CallError| error.to_string();
    let stage = Stage::of(&client, style, STAGE).map_err(said)?;
    stage.set_visibility(VISIBILITY).map_err(said)?;
    let tap = stage.listen(TAP).map_err(said)?;
    let run = Run { stage, outside, tap, heard: Lock::default() };

    let started = Instant::now();
    run.receive(&stock)?;
    let lines = Lines::read(&orders);
    progress(format_args!(
        "{} SKUs in stock; feeding the {} readable lines of {}",
        stock.initial().len(),
        lines.count(),
        options.orders.display()
    ));
    let answers = run.feed(lines)?;
    run.settle(&stock)?;
    let seconds = started.elapsed().as_secs_f64();

    let orders = run.stage.orders().map_err(said)?;
    let books = run.books()?;
    let dead_letters = run.stage.dead_letters().map_err(said)?;
    let summary = Summary {
        books,
        rejected: answers.rejected.len() as u64,
        resubmitted: answers.resubmitted,
        deliveries: None,
        duplicates_absorbed: None,
        dead_lettered: dead_letters.len() as u64,
        seed: None,
        seconds: (seconds * 1000.0).round() / 1000.0,
    };
    let imbalances = summary.books.imbalances(&orders, &stock.initial());
    let mails = options.mails_folder();
    run.write_mails(&mails).map_err(|error| format!("{}: {error}", mails.display()))?;
    let stories = Story::all(&*run.heard());
    let dead_letters =
        dead_letters.into_iter().map(|(service, dead_letter)| (service, dead_letter.note())).collect();
    let balance = format!(
        "The books balance. The mails are in {}. Seconds and milliseconds are LocalStack's and this machine's: they say \
         nothing about AWS.",
        mails.display()
    );
    let told = Details { orders, stories, dead_letters, ..Details::default() };
    let concluded = conclude(&told, &summary, &answers, &imbalances, &balance, is_json);
    match &own {
        Some(instance) => {
            progress(format_args!("ending LocalStack; its log stays: {}", instance.ready.log.display()));
        }
        None => {
            run.stage.stop_listening(&run.tap).map_err(said)?;
            let url = &client.endpoint;
            progress(format_args!(
                "the stage {STAGE} stays deployed; AWS_ENDPOINT_URL={url} make undeploy STAGE={STAGE} STYLE={style} takes it \
                 away"
            ));
        }
    }
    concluded
}

/// Takes away what the last run deployed, in whatever style.
fn take_away(client: &Client) -> Result<(), String> {
    // Orchestration has every stack of choreography, and one more.
    if Stage::of(client, Style::Orchestration, STAGE).is_err() {
        return Ok(());
    }
    progress("taking away what the last run deployed");
    undeploy(client, Style::Orchestration, STAGE)
}

/// The `LocalStack` that already runs at `port`, or a new one.
fn reach(port: Option<u16>) -> Result<(Client, Option<Instance>), String> {
    if let Some(port) = port {
        let client = Client::new(&format!("http://127.0.0.1:{port}"));
        return match client.send("GET", "/_localstack/health", &[], b"") {
            Ok(answer) if answer.status == 200 => Ok((client, None)),
            _ => Err(format!(
                "no LocalStack answers on 127.0.0.1:{port}: start it with `make localstack PORT={port}`, or leave PORT out \
                 and one is started for this run"
            )),
        };
    }
    progress("starting LocalStack");
    let instance = Instance::start()?;
    progress(format_args!("ready at {}, log: {}", instance.ready.endpoint, instance.ready.log.display()));
    Ok((Client::new(&instance.ready.endpoint), Some(instance)))
}

struct Run {
    stage: Stage,
    outside: Outside,
    tap: String,
    heard: Lock<Vec<String>>,
}

impl Run {
    fn receive(&self, stock: &order_platform::Stock) -> Result<(), String> {
        let lines = stock.lines.iter().map(|line| (line.sku.clone(), line.on_hand));
        self.stage.receive_stock(lines).map_err(|error| error.to_string())?;
        let skus = stock.initial().len();
        within("the stock is taken in", || {
            (self.stage.entities::<Stock>("inventory").ok()?.len() == skus).then_some(())
        })
    }

    /// Feeds, and prints the progress every few seconds.
    fn feed(&self, lines: Lines) -> Result<Answers, String> {
        let (total, done, ended) = (lines.count(), AtomicUsize::new(0), AtomicBool::new(false));
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut said = Instant::now();
                while !ended.load(Ordering::Relaxed) {
                    thread::sleep(Duration::from_millis(500));
                    if said.elapsed() > Duration::from_secs(10) {
                        said = Instant::now();
                        let done = done.load(Ordering::Relaxed);
                        self.say_how_far(format_args!("{done} of {total} lines submitted"));
                    }
                }
            });
            let answers = feed(&self.stage, lines, |count| done.store(count, Ordering::Relaxed));
            ended.store(true, Ordering::Relaxed);
            answers
        })
    }

    /// Waits until the books balance, or until nothing happens any more.
    fn settle(&self, stock: &order_platform::Stock) -> Result<(), String> {
        let (mut before, mut changed, mut said) = (None, Instant::now(), Instant::now());
        loop {
            let under_way = self.stage.under_way().map_err(|error| error.to_string())?;
            let now = (under_way, self.ended(), self.outside.mails());
            if before != Some(now) {
                (before, changed) = (Some(now), Instant::now());
            }
            if under_way == 0 {
                let orders = self.stage.orders().map_err(|error| error.to_string())?;
                let books = self.books()?;
                // The count shows that the stories' ends have been heard, too.
                let heard = self.ended() as u64 >= books.confirmed + books.cancelled.total();
                if heard && books.imbalances(&orders, &stock.initial()).is_empty() {
                    self.ended();
                    return Ok(());
                }
            }
            if changed.elapsed() > STILL {
                progress(format_args!("nothing happened for {} s", STILL.as_secs()));
                return Ok(());
            }
            if said.elapsed() > Duration::from_secs(10) {
                said = Instant::now();
                self.say_how_far(format_args!("all lines submitted, {under_way} messages under way"));
            }
            thread::sleep(Duration::from_secs(1));
        }
    }

    fn say_how_far(&self, what: std::fmt::Arguments<'_>) {
        progress(format_args!("{what}, {} orders ended", self.ended()));
    }

    /// The number of orders that were heard to end. It first reads the new messages.
    fn ended(&self) -> usize {
        let mut heard = self.heard();
        // A message that is missed now is read the next time.
        heard.extend(self.stage.take(&self.tap).unwrap_or_default().into_iter().map(|message| message.body));
        let events = heard.iter().filter_map(|body| Raw::parse(body).ok());
        let ends = events.filter(|event| matches!(&*event.name, "order.confirmed" | "order.cancelled"));
        ends.map(|event| event.id).collect::<BTreeSet<_>>().len()
    }

    fn heard(&self) -> MutexGuard<'_, Vec<String>> {
        self.heard.lock()
    }

    fn books(&self) -> Result<Books, String> {
        let said = |error: CallError| error.to_string();
        let stock = self.stage.entities::<Stock>("inventory").map_err(said)?;
        let orders = self.stage.orders().map_err(said)?;
        let mails = self.outside.mails_by_key().len() as u64;
        let parcels = self.stage.entities("shipping").map_err(said)?;
        let parcels: Vec<Shipment> = parcels.into_iter().map(|(_, parcel)| parcel).collect();
        Ok(Books::of(&orders, stock, &self.outside.gateway(""), mails).with_parcels(&parcels))
    }

    fn write_mails(&self, folder: &Path) -> io::Result<()> {
        fs::create_dir_all(folder)?;
        for (key, mail) in self.outside.mails_by_key() {
            fs::write(folder.join(format!("{key}.eml")), mail.text.replace('\n', "\r\n"))?;
        }
        Ok(())
    }
}
