//! Three steps and their undos in every order, with duplicates and crashes: nothing leaks (S-72). The
//! same flow, written so that it compensates only the steps that it has seen to finish, leaks.

// Helpers unwrap like the tests that they help.
#![allow(clippy::unwrap_used)]

use std::{borrow::Cow, convert::Infallible, fmt::Write as _};

use serde::{Deserialize, Serialize};
use waxseal::{
    Aggregate, Decide, Engine, Entity, Envelope, Out, Raw, Refusal, Service, Timestamp, UNDOES, Undoes,
    row::state,
};
use waxseal_testing::{Fixture, block_on};

/// The items of the order, each reserved by a step of its own.
const ITEMS: [&str; 3] = ["hat", "größe-5", "scarf"];

#[derive(Serialize, Deserialize)]
struct ReserveItem {
    item: String,
}
#[derive(Serialize, Deserialize)]
struct ReleaseItem {
    item: String,
}
impl From<&ReserveItem> for ReleaseItem {
    fn from(reserve: &ReserveItem) -> Self {
        Self { item: reserve.item.clone() }
    }
}
waxseal::command!(ReserveItem {
    name: "reserve-item",
    version: 1,
    recipient: "inventory",
    undo: ReleaseItem
});
waxseal::command!(ReleaseItem { name: "release-item", version: 1, recipient: "inventory" });

#[derive(Default, PartialEq, Serialize, Deserialize)]
struct Stock {
    reserved: i32,
}
impl Entity for Stock {
    const KIND: &'static str = "stock";
}

struct Stocks;
impl Aggregate for Stocks {
    const NAME: &str = "stocks";
    type State = Stock;
    type Decides = (ReserveItem, ReleaseItem);
    type Emits = ();
    type Refusal = Infallible;
}
impl Decide<ReserveItem> for Stocks {
    fn key(reserve: &ReserveItem) -> Cow<'_, str> {
        reserve.item.as_str().into()
    }
    fn decide(
        &self,
        stock: &mut Option<Stock>,
        _: &Envelope<ReserveItem>,
        _: &mut Out<Self>,
    ) -> Result<(), Refusal<Infallible>> {
        stock.get_or_insert_default().reserved += 1;
        Ok(())
    }
}
impl Decide<ReleaseItem> for Stocks {
    fn key(release: &ReleaseItem) -> Cow<'_, str> {
        release.item.as_str().into()
    }
    fn decide(
        &self,
        stock: &mut Option<Stock>,
        _: &Envelope<ReleaseItem>,
        _: &mut Out<Self>,
    ) -> Result<(), Refusal<Infallible>> {
        if let Some(stock) = stock.as_mut().filter(|stock| stock.reserved > 0) {
            stock.reserved -= 1;
        }
        Ok(())
    }
}

fn envelope<M: waxseal::Message>(id: String, data: M) -> Raw {
    let envelope = Envelope::starting(id, "fulfilment", Timestamp::UNIX_EPOCH, data);
    Raw::parse(&serde_json::to_string(&envelope).unwrap()).unwrap()
}

fn reserve(item: usize) -> Raw {
    envelope(format!("do-{item}"), ReserveItem { item: ITEMS[item].to_owned() })
}

fn release(item: usize) -> Raw {
    let mut release = envelope(format!("undo-{item}"), ReleaseItem { item: ITEMS[item].to_owned() });
    let (id, sent) = (format!("do-{item}"), Timestamp::UNIX_EPOCH);
    let undoes = Undoes { id, source: "fulfilment".to_owned(), sent, is_acknowledged: false };
    release.metadata.insert(UNDOES.to_owned(), serde_json::to_value(undoes).unwrap());
    release
}

/// The end of one delivery.
#[derive(Debug, Clone, Copy)]
enum Crash {
    Never,
    BeforeItsCommit,
    AfterItsCommit,
}

/// An inventory. Each delivery is one of a new process.
struct Inventory(Fixture);

impl Inventory {
    fn engine(&self) -> Engine {
        self.0.engine(Service::new("inventory").aggregate(Stocks))
    }

    /// Delivers; whether the caller has an answer.
    fn deliver(&self, raw: &Raw, crash: Crash) -> bool {
        match crash {
            Crash::Never => {}
            Crash::BeforeItsCommit => self.0.table.lose_writes(1),
            Crash::AfterItsCommit => self.0.table.lose_answers(1),
        }
        let answer = block_on(self.engine().handle(raw)).is_ok();
        self.0.table.lose_writes(0);
        self.0.table.lose_answers(0);
        answer
    }

    fn reserved(&self) -> i32 {
        let items = self.0.table.items();
        items
            .iter()
            .filter_map(|item| state::value::<Stock>(item).unwrap())
            .map(|(stock, _)| stock.reserved)
            .sum()
    }
}

/// All orders of `count` things.
fn orders(count: usize) -> Vec<Vec<usize>> {
    let Some(last) = count.checked_sub(1) else { return vec![Vec::new()] };
    let shorter = orders(last);
    let insert = |order: &Vec<usize>, at: usize| {
        let mut order = order.clone();
        order.insert(at, last);
        order
    };
    shorter.iter().flat_map(|order| (0..count).map(|at| insert(order, at)).collect::<Vec<_>>()).collect()
}

/// Every order of three commands and their three undos, each once with every delivery crashed before
/// or after its commit, and each message delivered twice: nothing stays reserved.
#[test]
fn s72_no_order_of_three_steps_and_their_undos_leaks() {
    let messages = [reserve(0), reserve(1), reserve(2), release(0), release(1), release(2)];
    let mut runs = 0;
    for order in orders(messages.len()) {
        for crash in [Crash::Never, Crash::BeforeItsCommit, Crash::AfterItsCommit] {
            let crashed = if matches!(crash, Crash::Never) { 0..1 } else { 0..order.len() };
            for at in crashed {
                let inventory = Inventory(Fixture::default());
                for (place, message) in order.iter().enumerate() {
                    let crash = if place == at { crash } else { Crash::Never };
                    inventory.deliver(&messages[*message], crash);
                }
                // SQS delivers what failed again, and may deliver anything twice.
                for message in &order {
                    assert!(inventory.deliver(&messages[*message], Crash::Never));
                }
                assert_eq!(inventory.reserved(), 0, "{order:?} {crash:?} at {at}");
                runs += 1;
            }
        }
    }
    assert_eq!(runs, 720 * 13);
}

/// The flow of AWS's sample of a durable saga: reserve item by item, and where a step fails, release
/// the items of the steps that finished. It returns a trace.
fn compensates_what_it_saw_finish(inventory: &Inventory, failing: usize, crash: Crash) -> String {
    let mut trace = String::new();
    let mut finished = Vec::new();
    for (step, item) in ITEMS.iter().enumerate() {
        let crash = if step == failing { crash } else { Crash::Never };
        if inventory.deliver(&reserve(step), crash) {
            writeln!(trace, "reserve {item}: done").unwrap();
            finished.push(step);
        } else {
            writeln!(trace, "reserve {item}: no answer, so the step has failed").unwrap();
            break;
        }
    }
    for step in finished.into_iter().rev() {
        // It releases by a command of its own, which names no other.
        let plain = envelope(format!("release-{step}"), ReleaseItem { item: ITEMS[step].to_owned() });
        inventory.deliver(&plain, Crash::Never);
        writeln!(trace, "release {}: done", ITEMS[step]).unwrap();
    }
    writeln!(trace, "left reserved: {}", inventory.reserved()).unwrap();
    trace
}

/// The same failure, with undo pairs: all that was sent is undone.
fn undoes_what_it_sent(inventory: &Inventory, failing: usize, crash: Crash) {
    let mut sent = Vec::new();
    for step in 0..ITEMS.len() {
        sent.push(step);
        if !inventory.deliver(&reserve(step), if step == failing { crash } else { Crash::Never }) {
            break;
        }
    }
    for step in sent.into_iter().rev() {
        inventory.deliver(&release(step), Crash::Never);
        // The command may still be under way.
        inventory.deliver(&reserve(step), Crash::Never);
    }
}

#[test]
fn s72_compensating_only_what_was_seen_to_finish_leaks() {
    for failing in 0..ITEMS.len() {
        for crash in [Crash::BeforeItsCommit, Crash::AfterItsCommit] {
            let inventory = Inventory(Fixture::default());
            let trace = compensates_what_it_saw_finish(&inventory, failing, crash);
            let has_leaked = inventory.reserved() > 0;
            assert_eq!(has_leaked, matches!(crash, Crash::AfterItsCommit), "{trace}");

            let inventory = Inventory(Fixture::default());
            undoes_what_it_sent(&inventory, failing, crash);
            assert_eq!(inventory.reserved(), 0);
        }
    }
    // The trace in the guide's page about processes.
    let inventory = Inventory(Fixture::default());
    let trace = compensates_what_it_saw_finish(&inventory, 2, Crash::AfterItsCommit);
    let page = include_str!("../src/guide/processes.md");
    assert!(page.contains(&trace), "the guide shows another trace:\n{trace}");
}
