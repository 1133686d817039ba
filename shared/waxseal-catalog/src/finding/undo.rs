//! Commands that name an undo: both have one handler each, in one service, and a process that sends
//! the command can send the undo.

use waxseal::{Channel, Declared, catalog::Entry};

use crate::{
    app::App,
    finding::{code::FindingCode, report::Finding},
};

/// The findings about undo pairs.
pub(super) fn findings(app: &App) -> Vec<Finding> {
    let mut findings = Vec::new();
    for service in &app.services {
        let catalog = service.catalog();
        for entry in catalog {
            if let Some(undo) = entry.consumes.undo {
                findings.extend(handlers(catalog, entry, undo));
            }
        }
        let mut seen: Vec<(&str, &str)> = Vec::new();
        for entry in catalog.iter().filter(|entry| entry.input.is_some()) {
            for (command, undo) in entry.emits.iter().filter_map(|sent| Some((sent, sent.undo?))) {
                let lists = entry.emits.iter().any(|sent| is_command(sent, undo));
                if !lists && !seen.contains(&(entry.handler, command.name)) {
                    seen.push((entry.handler, command.name));
                    findings.push(not_sent(entry, command, undo));
                }
            }
        }
    }
    findings
}

fn is_command(declared: &Declared, name: &str) -> bool {
    declared.name == name && matches!(declared.channel, Channel::Queue(_))
}

/// A command with an undo has one handler, and so has the undo: the receipt of the command is what
/// the undo judges.
fn handlers(catalog: &[Entry], entry: &Entry, undo: &'static str) -> Option<Finding> {
    let command = entry.consumes.name;
    let count = |name: &str| catalog.iter().filter(|other| is_command(&other.consumes, name)).count();
    let (of_command, of_undo) = (count(command), count(undo));
    // The first handler of the command alone speaks for all of them.
    let is_first = catalog.iter().find(|other| other.consumes.name == command) == Some(entry);
    if (of_command, of_undo) == (1, 1) || !is_first {
        return None;
    }
    let handlers = |count: usize| match count {
        0 => "no handler".to_owned(),
        1 => "one handler".to_owned(),
        more => format!("{more} handlers"),
    };
    let problem = format!(
        "{command} names the undo {undo}, and here {command} has {} and {undo} has {}",
        handlers(of_command),
        handlers(of_undo)
    );
    let advice = "register one handler for each of them in this service, on one table";
    let finding = Finding::new(FindingCode::UndoHandlers, &entry.service, problem, advice);
    Some(finding.of_handler(entry.handler).of_message(command))
}

fn not_sent(entry: &Entry, command: &Declared, undo: &'static str) -> Finding {
    let problem =
        format!("it sends {}, and its `type Emits` does not have {undo}, which undoes it", command.name);
    let advice = format!("add {undo} to `type Emits`: a compensation sends it");
    let finding = Finding::new(FindingCode::UndoNotSent, &entry.service, problem, advice);
    finding.of_handler(entry.handler).of_message(command.name)
}
