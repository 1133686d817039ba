//! The report at the end of `run` and `serve`: the application's own, or a general one.

use comfy_table::{CellAlignment, Table, presets::UTF8_FULL_CONDENSED};
use serde_json::{Map, Value, json};
use waxseal_local::{Local, LocalError};

use crate::{command_error::CommandError, command_line::CommandLine, print, session::Session};

/// Dead letters that are shown before the list is cut.
const MOST: usize = 12;

/// Reports. Dead letters are a failure.
pub(crate) fn conclude<S>(
    command_line: &CommandLine<S>,
    session: &Session<'_, S>,
) -> Result<(), CommandError> {
    if let Some(report) = &command_line.on_report {
        return Ok(report(session)?);
    }
    let report = Report::of(session)?;
    print::line(report.table());
    for line in report.dead_letters.iter().take(MOST) {
        print::line(format_args!("dead letter: {line}"));
    }
    if report.dead_letters.len() > MOST {
        print::line(format_args!("… and {} more", report.dead_letters.len() - MOST));
    }
    if session.is_json {
        print::line(report.json());
    }
    match report.dead_letters.len() {
        0 => Ok(()),
        1 => Err(CommandError::Failed("one message was dead-lettered".to_owned())),
        count => Err(CommandError::Failed(format!("{count} messages were dead-lettered"))),
    }
}

struct Report {
    /// The invocations of each function by its queues.
    invocations: Vec<(String, u64)>,
    published: usize,
    deliveries: u64,
    duplicates: u64,
    dead_letters: Vec<String>,
    /// Absent where the clock is the machine's: the seed does not repeat the run.
    seed: Option<u64>,
    seconds: f64,
}

impl Report {
    fn of<S>(session: &Session<'_, S>) -> Result<Self, LocalError> {
        let local = session.local;
        let services = local.services();
        let counted = |service: String| Ok((service.clone(), local.invocations(&service)?));
        Ok(Self {
            dead_letters: dead_letters(local, &services)?,
            invocations: services.into_iter().map(counted).collect::<Result<_, LocalError>>()?,
            published: session.published.len(),
            deliveries: local.deliveries(),
            duplicates: local.duplicates(),
            seed: local.is_repeatable().then_some(session.seed),
            seconds: (session.seconds() * 1000.0).round() / 1000.0,
        })
    }

    fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(UTF8_FULL_CONDENSED);
        let mut row = |name: &str, value: String, note: &str| {
            table.add_row([name, value.as_str(), note]);
        };
        for (service, count) in &self.invocations {
            row(&format!("invocations of {service}"), count.to_string(), "by its queues");
        }
        row("published", self.published.to_string(), "messages on the bus and on topics");
        row("deliveries", self.deliveries.to_string(), "records handed to functions");
        row("duplicates absorbed", self.duplicates.to_string(), "they had taken effect before");
        row("dead-lettered", self.dead_letters.len().to_string(), "");
        if let Some(seed) = self.seed {
            row("seed", seed.to_string(), "the same seed gives the same run");
        }
        row("seconds", format!("{:.3}", self.seconds), "");
        if let Some(column) = table.column_mut(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        table
    }

    fn json(&self) -> Value {
        let invocations: Map<String, Value> =
            self.invocations.iter().map(|(service, count)| (service.clone(), json!(count))).collect();
        json!({
            "invocations": invocations,
            "published": self.published,
            "deliveries": self.deliveries,
            "duplicatesAbsorbed": self.duplicates,
            "deadLetters": self.dead_letters,
            "seed": self.seed,
            "seconds": self.seconds,
        })
    }
}

/// A line for each dead letter: whose it is, and why.
pub(crate) fn dead_letters(local: &Local, services: &[String]) -> Result<Vec<String>, LocalError> {
    let mut lines = Vec::new();
    for service in services {
        for queue in [local.dead_letters(service)?, local.relay_dead_letters(service)?] {
            for message in queue.peek() {
                let (name, why) = match message.note() {
                    Some(note) => (note.name.as_deref().unwrap_or("-").to_owned(), note.reason.into_owned()),
                    None => ("-".to_owned(), "moved by SQS after too many receives".to_owned()),
                };
                lines.push(format!("{service}: {name}: {why}"));
            }
        }
    }
    Ok(lines)
}
