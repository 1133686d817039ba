//! `catalog`: every message with its owner and its readers.

use std::collections::{BTreeMap, BTreeSet};

use comfy_table::{Table, presets::UTF8_FULL_CONDENSED};
use serde_json::{Value, json};
use waxseal::{Channel, Declared};
use waxseal_catalog::App;

use crate::{command_error::CommandError, print};

pub(crate) fn show(app: &App, is_json: bool) -> Result<(), CommandError> {
    let messages = messages(app);
    if is_json {
        let all: Vec<Value> = messages.values().map(Message::json).collect();
        print::line(Value::from(all));
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header(["message", "version", "owner", "channel", "emitted by", "handled by"]);
    for message in messages.values() {
        table.add_row(message.cells());
    }
    print::line(table);
    Ok(())
}

/// A message, and those who know it.
struct Message {
    declared: Declared,
    emitted_by: BTreeSet<String>,
    handled_by: BTreeSet<(String, &'static str)>,
}

impl Message {
    fn kind(&self) -> &'static str {
        match self.declared.channel {
            Channel::Queue(_) => "command",
            Channel::Foreign(_) => "foreign event",
            Channel::Bus | Channel::Topic(_) => "event",
        }
    }

    fn channel(&self) -> String {
        match self.declared.channel {
            Channel::Bus => "bus".to_owned(),
            Channel::Topic(topic) => format!("topic {topic}"),
            Channel::Queue(recipient) => format!("queue of {recipient}"),
            foreign @ Channel::Foreign(_) => foreign.to_string(),
        }
    }

    fn cells(&self) -> [String; 6] {
        let lines = |names: &mut dyn Iterator<Item = String>| {
            let lines: Vec<String> = names.collect();
            if lines.is_empty() { "-".to_owned() } else { lines.join("\n") }
        };
        [
            self.declared.name.to_owned(),
            self.declared.version.to_string(),
            self.declared.owner.to_owned(),
            self.channel(),
            lines(&mut self.emitted_by.iter().cloned()),
            lines(&mut self.handled_by.iter().map(|(service, handler)| format!("{service}/{handler}"))),
        ]
    }

    fn json(&self) -> Value {
        let handled_by = self.handled_by.iter();
        json!({
            "message": self.declared.name,
            "kind": self.kind(),
            "version": self.declared.version,
            "owner": self.declared.owner,
            "channel": self.channel(),
            "emittedBy": self.emitted_by,
            "handledBy": handled_by
                .map(|(service, handler)| json!({ "service": service, "handler": handler }))
                .collect::<Vec<_>>(),
        })
    }
}

/// A message's name, and the source of a foreign event, which may share a name with an own one.
type Key = (&'static str, Option<&'static str>);

/// Every message of an application, in the order of their names.
fn messages(app: &App) -> BTreeMap<Key, Message> {
    let mut messages = BTreeMap::new();
    fn entry(all: &mut BTreeMap<Key, Message>, declared: Declared) -> &mut Message {
        let source = matches!(declared.channel, Channel::Foreign(_)).then_some(declared.owner);
        let known = all.entry((declared.name, source)).or_insert_with(|| Message {
            declared,
            emitted_by: BTreeSet::new(),
            handled_by: BTreeSet::new(),
        });
        // Readers may know an older version than emitters.
        known.declared.version = known.declared.version.max(declared.version);
        known
    }
    for service in &app.services {
        for handler in service.catalog() {
            let handled = entry(&mut messages, handler.consumes);
            handled.handled_by.insert((service.name().to_owned(), handler.handler));
            for emitted in handler.emits {
                entry(&mut messages, *emitted).emitted_by.insert(service.name().to_owned());
            }
        }
    }
    for program in &app.publishers {
        for published in &program.emits {
            entry(&mut messages, *published).emitted_by.insert(program.name.clone());
        }
    }
    messages
}

#[cfg(test)]
mod tests {
    use waxseal::catalog::Entry;
    use waxseal_catalog::Deployed;

    use super::*;

    const PLACED: Declared = Declared::new("order.placed", "orders", Channel::Bus);
    const PLACE: Declared = Declared::new("place-order", "orders", Channel::Queue("orders"));

    #[test]
    fn every_message_is_listed_once_with_both_sides() {
        let orders = vec![Entry::new("orders", "orders", PLACE, &[PLACED])];
        let mails =
            vec![Entry::new("mails", "thank", PLACED, &[]), Entry::new("mails", "count", PLACED, &[])];
        let app = App::new("shop")
            .service(Deployed::of_catalog("orders", orders))
            .service(Deployed::of_catalog("mails", mails));
        let messages = messages(&app);
        assert_eq!(
            messages.keys().map(|(name, _)| *name).collect::<Vec<_>>(),
            ["order.placed", "place-order"]
        );
        let placed = messages[&("order.placed", None)].json();
        assert_eq!(placed["emittedBy"], json!(["orders"]));
        let handlers = json!([
            { "service": "mails", "handler": "count" },
            { "service": "mails", "handler": "thank" },
        ]);
        assert_eq!((&placed["handledBy"], &placed["kind"]), (&handlers, &json!("event")));
        assert_eq!(messages[&("place-order", None)].cells()[3], "queue of orders");
    }

    #[test]
    fn a_foreign_event_and_what_a_program_publishes_are_listed_too() {
        let theirs = Declared::new("order.placed", "partner", Channel::Foreign(None));
        let mut app = App::new("shop").service(Deployed::of_catalog(
            "orders",
            vec![Entry::new("orders", "import", theirs, &[]), Entry::new("orders", "orders", PLACED, &[])],
        ));
        app.publishers.push(waxseal_catalog::Publisher::new("billing", [PLACED]));
        let messages = messages(&app);
        assert_eq!(messages[&("order.placed", Some("partner"))].json()["kind"], "foreign event");
        assert_eq!(messages[&("order.placed", None)].json()["emittedBy"], json!(["billing"]));
    }
}
