//! The platform's command line: what it adds to that of any application.

use std::{cell::OnceCell, io::IsTerminal as _, time::Duration};

use indicatif::{ProgressBar, ProgressStyle};
use order_events::Style;
use waxseal::BoxError;
use waxseal_catalog::App;
use waxseal_cli::{CommandLine, Session, Start};

use crate::{
    app::declared,
    feed::{Answers, Feed},
    gateway::Gateway,
    input::Stock,
    mailbox::Mailbox,
    options::Options,
    platform::{self, Platform},
    report::{self, Details, conclude, say},
    summary::Summary,
    watch::Watch,
};

/// The seed of a run that names none. Every message of this run is handled within the five receives
/// of its queue, so there is no dead letter and the books balance.
const DEFAULT_SEED: u64 = 2;

/// Between two looks at what was published, and the number of looks at most.
const LOOK: Duration = Duration::from_millis(10);
const PUBLISHED_WITHIN: u32 = 200;

/// The platform's command line. Templates, stages and the catalog are those of `style`.
#[must_use]
pub fn command_line(style: Style) -> CommandLine<OneProcess> {
    CommandLine::with_stand_ins(declared(style), OneProcess::start)
        .seed(DEFAULT_SEED)
        .on_run(OneProcess::run)
        .on_serve(OneProcess::serve)
        .on_report(OneProcess::report)
}

/// The world outside of the services in one process: customers, the payment gateway, a mailbox.
#[derive(Debug)]
pub struct OneProcess {
    options: Options,
    stock: Stock,
    orders: Vec<u8>,
    gateway: Gateway,
    mailbox: Mailbox,
    feed: OnceCell<Feed>,
    watch: OnceCell<Watch>,
}

impl OneProcess {
    fn start(start: &Start<'_>) -> Result<(App, Self), BoxError> {
        let options = Options::from_env()?;
        let (stock, orders) = options.input()?;
        let mailbox = Mailbox::new(Some(options.mails_folder()))?;
        let (local, is_real_time) = (start.local(), start.is_real_time());
        let (gateway, app) =
            platform::stand_ins(local, is_real_time, mailbox.clone(), options.style, options.deadlines)?;
        Ok((
            app,
            Self { options, stock, orders, gateway, mailbox, feed: OnceCell::new(), watch: OnceCell::new() },
        ))
    }

    fn platform(session: &Session<'_, Self>) -> Platform {
        let state = session.state();
        let (local, published) = (session.local().clone(), session.published().clone());
        Platform::of(local, published, state.gateway.clone(), state.mailbox.clone())
    }

    /// Feeds the file of orders, and shows how far it is.
    fn run(session: &Session<'_, Self>) -> Result<(), BoxError> {
        let state = session.state();
        let Self { options, stock, .. } = state;
        Self::platform(session).receive(stock)?;
        eprintln!(
            "{} SKUs in stock; {}; feeding {}\non seed {} with duplicates, reordering, crashes and lost answers",
            stock.initial().len(),
            options.style,
            options.orders.display(),
            session.seed()
        );
        let feed = state.feed(session);
        state.watch.get_or_init(|| Watch::start(session.local(), slow_orders(&state.orders)));
        let (_, total) = feed.progress();
        let bar = progress(total as u64);
        session.local().executor().run_until(Duration::from_millis(50), || {
            bar.set_position(feed.progress().0 as u64);
            false
        });
        bar.finish_and_clear();
        Ok(())
    }

    /// Takes in the stock, says how to talk to the platform, and feeds the orders that were asked
    /// for.
    fn serve(session: &Session<'_, Self>) -> Result<(), BoxError> {
        let state = session.state();
        let platform = Self::platform(session);
        platform.receive(&state.stock)?;
        // The levels of the new stock are published before a person reads on.
        let levels = state.stock.initial().len();
        let mut looks = 0..PUBLISHED_WITHIN;
        session
            .local()
            .executor()
            .run_until(LOOK, || platform.published().len() >= levels || looks.next().is_none());
        let sku = state.stock.lines.first().map_or("tee", |line| line.sku.as_str());
        let port = |of: &str| session.addresses().iter().find(|(service, _)| service == of).map(|at| at.1);
        if let Some(orders) = port("orders") {
            eprintln!("{}", how_to_talk(orders, port("fulfilment"), sku));
        }
        if state.options.orders_given {
            state.feed(session);
        }
        Ok(())
    }

    /// Starts the customers.
    fn feed(&self, session: &Session<'_, Self>) -> &Feed {
        self.feed.get_or_init(|| Feed::start(session.local(), &self.orders))
    }

    fn report(session: &Session<'_, Self>) -> Result<(), BoxError> {
        let state = session.state();
        let Self { options, stock, feed, .. } = state;
        let platform = Self::platform(session);
        let answers = feed.get().map_or_else(Answers::default, Feed::answers);
        let summary = Summary::of(&platform, &answers, session.seed(), session.seconds());
        let mut details = Details::by(&platform);
        details.waiting = state.watch.get().and_then(Watch::seen);
        if session.is_real_time() {
            say(&format!("\n{}", report::render(&details, &summary, &answers)));
            if session.is_json() {
                say(&serde_json::to_string(&summary)?);
            }
            return Ok(());
        }
        let imbalances = summary.books.imbalances(&platform.orders(), &stock.initial());
        let mails = options.mails.clone().unwrap_or_else(Options::own_mails);
        let balance = format!("The books balance. The mails are in {}.", mails.display());
        Ok(conclude(&details, &summary, &answers, &imbalances, &balance, session.is_json())?)
    }
}

/// The orders whose gateway loses its first answer: they wait for `payment` the longest.
fn slow_orders(file: &[u8]) -> Vec<String> {
    let lines = orders::submission::parse_lines(file).filter_map(|(_, line)| Some(line.ok()?.order));
    lines.filter(|order| order.payment_token == "tok_timeout").map(|order| order.order_id).collect()
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

/// `fulfilment` is its port, where it is there.
fn how_to_talk(port: u16, fulfilment: Option<u16>, sku: &str) -> String {
    let where_it_is = fulfilment.map_or_else(String::new, |port| {
        format!("  curl http://127.0.0.1:{port}/fulfilments/o-1   # where it is in its process\n")
    });
    format!(
        r#"Talk to it from another terminal:

  curl -i http://127.0.0.1:{port}/orders -H 'Idempotency-Key: my-first' -H 'Content-Type: application/json' \
    -d '{{"orderId":"o-1","customer":{{"id":"c-1","name":"Zoë","email":"zoe@example.com"}},"lines":[{{"sku":"{sku}","quantity":2,"unitPrice":1250}}],"currency":"EUR","paymentToken":"tok_visa"}}'
  curl http://127.0.0.1:{port}/orders/o-1
{where_it_is}  curl -X POST http://127.0.0.1:{port}/orders/o-1/cancel
  curl -X POST http://127.0.0.1:{port}/orders/o-1/return

Send the first one again: it takes effect once. A confirmed order can be returned, and no longer cancelled. The tokens
`tok_declined` and `tok_timeout` behave as named. Ctrl-C ends it with a summary.
"#
    )
}
