//! One instance, drawn for a terminal of 80 columns, and the same as JSON.
//!
//! The picture shows no data of the process, which may be personal. The JSON has all of it.

use std::fmt::Write as _;

use serde_json::{Value, json};
use waxseal::{
    Timestamp,
    handler::{AnyInstance, Call, CallState, LogEntry, Phase, awaits_a_person},
};

use crate::processes::{
    cause::Cause,
    text::{WIDTH, clipped, duration, time, until, wrapped},
    waits::{self, waits},
    wanted::{age, is_stuck, since, state},
};

/// An instance, and where it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Picture<'a> {
    /// The application's name, which is its binary's.
    pub(crate) app: &'a str,
    pub(crate) stage: &'a str,
    pub(crate) service: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) id: &'a str,
    pub(crate) instance: &'a AnyInstance,
    pub(crate) now: Timestamp,
}

/// The beginning of a line, up to its text.
const HEAD: usize = 11;

fn line(head: &str, text: &str) -> String {
    wrapped(&format!("  {head:<9}"), text)
}

impl Picture<'_> {
    pub(crate) fn json(&self) -> Value {
        let waits: Vec<Value> = waits(self.instance).iter().map(waits::Wait::json).collect();
        json!({
            "service": self.service,
            "kind": self.kind,
            "id": self.id,
            "state": state(self.instance),
            "stuck": is_stuck(self.instance, self.now),
            "since": since(self.instance),
            "waits": waits,
            "instance": self.instance,
        })
    }

    pub(crate) fn draw(&self) -> String {
        let Self { kind, id, service, instance, .. } = self;
        let stuck = if is_stuck(instance, self.now) { ", and it is stuck" } else { "" };
        let mut text = wrapped(&format!("{kind} "), &format!("{id}: {}{stuck}", state(instance)));
        let began = match instance.began_version == instance.version {
            true => String::new(),
            false => format!(", and began with {}", instance.began_version),
        };
        text += &line("service", &format!("{service}, version {}{began}", instance.version));
        match &instance.phase {
            Phase::Compensating { reason } | Phase::CompensationFailed { reason, .. } => {
                text += &line("because", reason);
            }
            Phase::Finished { outcome, at } => {
                text += &line("ended", &format!("as {outcome}, at {}", time(*at)));
            }
            _ => {}
        }
        if let Some(now) = &instance.state {
            let (step, since) = (waits::text(&now.step), time(now.since));
            let age = duration(age(instance, self.now));
            text += &line("step", &format!("{step}, since {since} ({age})"));
        }
        for (index, wait) in waits(instance).iter().enumerate() {
            text += &line(if index == 0 { "waits" } else { "" }, &format!("for {}", self.wait(wait)));
        }
        if awaits_a_person(instance) {
            text += &self.ways_on();
        } else if is_stuck(instance, self.now) {
            let log = "its timer is late: the log of the function says why, at `a timeout failed`";
            text += &line("go on", log);
        }
        text += &self.commands();
        text + &self.inputs()
    }

    fn wait(&self, wait: &waits::Wait) -> String {
        let mut text = wait.what.clone();
        if let Some(at) = wait.until {
            let _ = write!(text, ", until {} ({})", time(at), until(at, self.now));
        }
        if let Some(cause) = &wait.cause {
            let _ = write!(text, "; since {}", cause.text());
        }
        text
    }

    /// The commands to type, each on a line of its own so that it can be copied.
    fn ways_on(&self) -> String {
        let Self { app, stage, kind, id, .. } = self;
        let mut text = String::new();
        for (index, (decision, does)) in
            [("resume", "sends the undo again"), ("skip", "leaves the command as it is")]
                .into_iter()
                .enumerate()
        {
            text += &line(if index == 0 { "go on" } else { "" }, &format!("`{decision}` {does}:"));
            let _ = writeln!(
                text,
                "{:HEAD$}{app} processes {decision} {} {} --stage {stage}",
                "",
                quoted(kind),
                quoted(id)
            );
        }
        text
    }

    fn commands(&self) -> String {
        if self.instance.calls.is_empty() {
            return String::new();
        }
        let mut text = String::from("\nCommands, in the order in which they were sent\n");
        for call in &self.instance.calls {
            let cause = Cause::of(self.instance, &call.by);
            let (mark, became) = became(self.instance, call);
            text += &wrapped(
                &format!("  {mark} "),
                &format!("{}: sent {} at {}", call.command, time(call.sent), cause.text()),
            );
            text += &wrapped("      ", &became);
        }
        text
    }

    fn inputs(&self) -> String {
        let Self { instance, .. } = self;
        let mut text = match instance.forgotten {
            0 => String::from("\nInputs\n"),
            older => format!("\nInputs, without the {older} oldest\n"),
        };
        for entry in &instance.log {
            text += &input(entry);
        }
        text
    }
}

fn input(LogEntry { at, input, id, step, notes, .. }: &LogEntry) -> String {
    let mut text = wrapped(&format!("  {}  ", time(*at)), &format!("{input} ({id})"));
    let step = step.as_ref().map(|step| format!("goes to {step}"));
    for what in step.iter().chain(notes) {
        text += &wrapped(&format!("{:23}", ""), what);
    }
    text
}

/// A mark, and what has become of a command.
fn became(instance: &AnyInstance, call: &Call) -> (char, String) {
    let of = |by: &str| Cause::of(instance, by).text().to_owned();
    let undo = call.undo.as_ref().map_or("an undo", |undo| &undo.command);
    match &call.state {
        CallState::Sent => ('…', "it has no answer yet".to_owned()),
        CallState::Acknowledged { by, at } => ('✓', format!("done: {} came {}", of(by), time(*at))),
        CallState::Refused { by, at } => ('✗', format!("refused: {} came {}", of(by), time(*at))),
        CallState::Undoing { tries, since, .. } => {
            let times = if *tries == 1 { "once".to_owned() } else { format!("{tries} times") };
            ('!', format!("{undo} was sent {times}, since {}; it has no answer", time(*since)))
        }
        CallState::Undone { by, at } => ('↩', format!("undone by {undo}: {} came {}", of(by), time(*at))),
        CallState::Skipped { at } => ('-', format!("left as it is: a person said so {}", time(*at))),
        _ => ('?', "in a state that this build does not know".to_owned()),
    }
}

/// A word for a shell.
fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:@".contains(letter);
    match !word.is_empty() && !word.starts_with('-') && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", clipped(word, WIDTH * 8).replace('\'', r"'\''")),
    }
}
