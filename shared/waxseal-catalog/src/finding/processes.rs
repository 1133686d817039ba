//! Processes that wait for what can never come to them.

use std::collections::BTreeSet;

use waxseal::{
    Channel, Declared,
    catalog::{Entry, Input},
};

use crate::{
    app::App,
    finding::{code::FindingCode, report::Finding},
};

/// The inputs of processes that nothing causes which the process sends. An instance waits for a
/// reply to what it has sent, and a message of other origin meets no instance.
pub(super) fn findings(app: &App) -> Vec<Finding> {
    let entries: Vec<&Entry> = app.services.iter().flat_map(|service| service.catalog()).collect();
    let sent: BTreeSet<&str> = entries.iter().flat_map(|entry| entry.emits).map(|sent| sent.name).collect();
    let finding = |entry: &&Entry| {
        let Declared { name, channel, .. } = entry.consumes;
        // Its cause lies outside of the application: another owner, another system, a person.
        let is_from_outside = entry.consumes.is_foreign()
            || app.emitted_elsewhere.contains(name)
            || app.caused_elsewhere.contains(name)
            || matches!(channel, Channel::Queue(_)) && !sent.contains(name);
        if is_from_outside || caused(&entries, entry.emits).contains(name) {
            return None;
        }
        let problem = format!("it waits for {name}, and nothing that it sends leads to it");
        let advice = format!(
            "send the command that causes it, let it begin an instance, or say App::caused_elsewhere(\"{name}\")"
        );
        let finding = Finding::new(FindingCode::Uncaused, &entry.service, problem, advice);
        Some(finding.of_handler(entry.handler).of_message(name))
    };
    entries.iter().filter(|entry| entry.input == Some(Input::Steps)).filter_map(finding).collect()
}

/// The messages that follow from these, through any handlers of the application.
fn caused(entries: &[&Entry], sent: &[Declared]) -> BTreeSet<&'static str> {
    let mut known = BTreeSet::new();
    let mut open: Vec<&'static str> = sent.iter().map(|declared| declared.name).collect();
    while let Some(name) = open.pop() {
        if known.insert(name) {
            let handlers = entries.iter().filter(|entry| entry.consumes.name == name);
            open.extend(handlers.flat_map(|entry| entry.emits).map(|declared| declared.name));
        }
    }
    known
}
