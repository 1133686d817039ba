//! The report at the end: the summary as a table, two stories, the dead letters, and whether the
//! books balance.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    io::{self, Write as _},
};

use comfy_table::{CellAlignment, Table, presets::UTF8_FULL_CONDENSED};
use order_events::{CancelReason, Currency};
use orders::{Order, Status};
use waxseal::{
    dead_letter::Note,
    handler::{AnyInstance, CallState},
};

use crate::{feed::Answers, platform::Platform, summary::Summary, timeline, tree::Story, watch::Seen};

/// Lines of one list before it is cut.
const MOST: usize = 12;

/// The parts of the report besides the summary, in every environment.
#[derive(Debug, Clone, Default)]
pub struct Details {
    /// All orders.
    pub orders: Vec<Order>,
    /// Every flow, by correlation id.
    pub stories: BTreeMap<String, Story>,
    /// Every dead letter, with its service and its attributes.
    pub dead_letters: Vec<(String, Option<Note<'static>>)>,
    /// Every instance of the process, by its order; none in choreography.
    pub instances: BTreeMap<String, AnyInstance>,
    /// An order that was seen waiting in the middle of the run.
    pub waiting: Option<Seen>,
}

impl Details {
    /// The parts of the platform on the embedded environment.
    #[must_use]
    pub fn by(platform: &Platform) -> Self {
        let published = platform.published().peek();
        let dead_letters = platform.dead_letters().into_iter();
        Self {
            orders: platform.orders(),
            stories: Story::all(published.iter().map(|message| &message.content.body)),
            dead_letters: dead_letters.map(|(service, message)| (service, message.note())).collect(),
            instances: platform.instances().into_iter().collect(),
            waiting: None,
        }
    }
}

/// Writes a line to standard output. A reader that has closed it has read enough.
pub fn say(text: &str) {
    let _ = writeln!(io::stdout(), "{text}");
}

/// Prints the whole report, then `balance` where the books do, and on request the summary as JSON
/// on the last line.
///
/// # Errors
/// Where the books do not balance: how, in words.
pub fn conclude(
    details: &Details,
    summary: &Summary,
    answers: &Answers,
    imbalances: &[String],
    balance: &str,
    json: bool,
) -> Result<(), String> {
    say(&render(details, summary, answers));
    if imbalances.is_empty() {
        say(balance);
    }
    if json {
        say(&serde_json::to_string(summary).map_err(|error| error.to_string())?);
    }
    match imbalances {
        [] => Ok(()),
        wrong => Err(format!("the books do not balance: {}", wrong.join("; "))),
    }
}

/// The whole report.
#[must_use]
pub fn render(details: &Details, summary: &Summary, answers: &Answers) -> String {
    let mut text = table(summary);
    text.push_str(&if details.instances.is_empty() { stories(details) } else { processes(details) });
    text.push_str(&refusals(answers));
    text.push_str(&dead_letters(&details.dead_letters));
    text
}

fn table(summary: &Summary) -> String {
    let books = &summary.books;
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    let mut row = |name: &str, value: String, note: &str| {
        table.add_row([name, value.as_str(), note]);
    };
    row("orders placed", books.placed.to_string(), "");
    row("  confirmed", books.confirmed.to_string(), "stock reserved, money captured");
    row("  cancelled: short", books.cancelled.short.to_string(), "too little stock");
    row("  cancelled: declined", books.cancelled.declined.to_string(), "card declined, stock released");
    row("  cancelled: customer", books.cancelled.customer.to_string(), "what was captured is refunded");
    if books.cancelled.late > 0 {
        row("  cancelled: late", books.cancelled.late.to_string(), "a step was not answered in time");
    }
    if books.returned > 0 {
        row("  returned", books.returned.to_string(), "restocked and refunded");
    }
    row("rejected", summary.rejected.to_string(), "input lines refused with a reason");
    row("resubmitted", summary.resubmitted.to_string(), "the same key and payload again");
    // A deployed platform counts them in its metrics, not here.
    if let Some(deliveries) = summary.deliveries {
        row("deliveries", deliveries.to_string(), "records handed to functions");
    }
    if let Some(absorbed) = summary.duplicates_absorbed {
        row("duplicates absorbed", absorbed.to_string(), "they had taken effect before");
    }
    row("dead-lettered", summary.dead_lettered.to_string(), "");
    row("captured", amounts(&books.captured), "net of refunds");
    row("refunded", amounts(&books.refunded), "");
    row(
        "pieces reserved",
        books.reserved.values().sum::<u64>().to_string(),
        &format!("of {} SKUs", books.reserved.len()),
    );
    row("pieces on hand", books.on_hand.values().sum::<u64>().to_string(), "");
    row("mails", books.mails.to_string(), "one per confirmation and cancellation");
    if let Some(seed) = summary.seed {
        row("seed", seed.to_string(), "the same seed gives the same run");
    }
    // A run without a seed was not in one process.
    let whose = if summary.seed.is_some() { "" } else { "LocalStack's; nothing about AWS" };
    row("seconds", format!("{:.3}", summary.seconds), whose);
    if let Some(column) = table.column_mut(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    format!("{table}\n")
}

fn amounts(amounts: &BTreeMap<String, u64>) -> String {
    let one = |(code, amount): (&String, &u64)| match code.parse::<Currency>() {
        Ok(currency) => currency.format(*amount),
        Err(_) => format!("{amount} {code}"),
    };
    let all: Vec<String> = amounts.iter().map(one).collect();
    if all.is_empty() { "-".to_owned() } else { all.join("\n") }
}

/// One confirmed order and one cancelled order.
fn stories(details: &Details) -> String {
    let Details { orders, stories, .. } = details;
    // The shortest one is the easiest to read: a crash on the way shows as minutes of visibility.
    let shortest = |wanted: Status| {
        let candidates = orders.iter().filter(|order| order.status == wanted);
        candidates
            .filter_map(|order| Some((order, stories.get(&order.correlation_id)?)))
            .min_by_key(|(order, story)| (story.span(), order.order_id.clone()))
    };
    // A declined card shows the most: stock is given back.
    let badly = [CancelReason::Declined, CancelReason::Customer, CancelReason::Short, CancelReason::Late];
    let badly = badly.into_iter().find_map(|reason| shortest(Status::Cancelled(reason)));
    let well = shortest(Status::Confirmed);
    let mut text = String::new();
    for (title, chosen) in [("An order that went well", well), ("An order that did not", badly)] {
        if let Some((order, story)) = chosen {
            let _ = write!(text, "\n{title}\n\n{}", indent(&story.draw(&root(order))));
        }
    }
    text
}

/// The way of one order through the process, one compensation, and one order that waited.
fn processes(details: &Details) -> String {
    let Details { orders, instances, .. } = details;
    // As in choreography, the shortest one of each kind is the easiest to read.
    let span = |instance: &AnyInstance| {
        let log = &instance.log;
        log.first().zip(log.last()).map(|(first, last)| last.at.saturating_duration_since(first.at))
    };
    let shortest = |wanted: &dyn Fn(&Order, &AnyInstance) -> bool| {
        let candidates = orders.iter().filter_map(|order| Some((order, instances.get(&order.order_id)?)));
        candidates
            .filter(|(order, instance)| wanted(order, instance))
            .min_by_key(|(order, instance)| (span(instance), order.order_id.clone()))
    };
    let undone = |instance: &AnyInstance| {
        instance.calls.iter().filter(|call| matches!(call.state, CallState::Undone { .. })).count()
    };
    let is_timer = |input: &str| input == "waxseal.made";
    let well = shortest(&|order, _| order.status == Status::Confirmed);
    let most = instances.values().map(undone).max().unwrap_or_default();
    let badly = shortest(&|_, instance| most > 0 && undone(instance) == most);
    let timed = shortest(&|_, instance| instance.log.iter().any(|entry| is_timer(&entry.input)));
    let mut text = String::new();
    for (title, chosen) in [
        ("An order's way through the process", well),
        ("A compensation: what was done is undone, the last first", badly),
        ("An order whose timer fired", timed),
    ] {
        if let Some((order, instance)) = chosen {
            let drawn = format!("{}\n{}", root(order), timeline::draw(instance));
            let _ = write!(text, "\n{title}\n\n{}", indent(&drawn));
        }
    }
    if let Some(Seen { order_id, instance, at }) = &details.waiting {
        let drawn = format!(
            "GET /fulfilments/{order_id}\n{}{}",
            timeline::draw(instance),
            timeline::whereabouts(instance, *at)
        );
        let _ =
            write!(text, "\nAn order that waits for a timer, in the middle of the run\n\n{}", indent(&drawn));
    }
    text
}

fn root(order: &Order) -> String {
    format!(
        "POST /orders  {}  {}  {}",
        order.order_id,
        order.customer.name,
        order.currency.format(order.total)
    )
}

fn indent(text: &str) -> String {
    text.lines().fold(String::new(), |mut indented, line| {
        let _ = writeln!(indented, "  {line}");
        indented
    })
}

fn refusals(answers: &Answers) -> String {
    if answers.rejected.is_empty() {
        return String::new();
    }
    let mut text = "\nRejected input lines\n\n".to_owned();
    for (number, reason) in answers.rejected.iter().take(MOST) {
        text.push_str(&wrapped(&format!("  line {number:>4}  "), reason));
    }
    rest(&mut text, answers.rejected.len());
    text
}

fn dead_letters(dead_letters: &[(String, Option<Note<'_>>)]) -> String {
    if dead_letters.is_empty() {
        return "\nNothing was dead-lettered.\n".to_owned();
    }
    let mut text = "\nDead letters\n\n".to_owned();
    for (service, note) in dead_letters.iter().take(MOST) {
        let name = note.as_ref().and_then(|note| note.name.as_deref()).unwrap_or("-");
        let reason = note.as_ref().map_or("moved by SQS after too many receives", |note| &note.reason);
        text.push_str(&wrapped(&format!("  {service:<13} {name:<16} "), reason));
    }
    rest(&mut text, dead_letters.len());
    text
}

/// The usual width of a terminal.
const WIDTH: usize = 80;

/// `text` after `head`, in lines of [`WIDTH`] where its words allow it; later lines begin below its
/// first.
fn wrapped(head: &str, text: &str) -> String {
    let indent = head.chars().count();
    let (mut lines, mut at) = (head.to_owned(), indent);
    for word in text.split(' ') {
        let width = word.chars().count();
        if at > indent && at + 1 + width > WIDTH {
            let _ = write!(lines, "\n{:indent$}", "");
            at = indent;
        } else if at > indent {
            lines.push(' ');
            at += 1;
        }
        lines.push_str(word);
        at += width;
    }
    lines.push('\n');
    lines
}

fn rest(text: &mut String, count: usize) {
    if count > MOST {
        let _ = writeln!(text, "  … and {} more", count - MOST);
    }
}
