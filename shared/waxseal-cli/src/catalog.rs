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
    fn is_command(&self) -> bool {
        matches!(self.declared.channel, Channel::Queue(_))
    }

    fn channel(&self) -> String {
        match self.declared.channel {
            Channel::Bus => "bus".to_owned(),
            Channel::Topic(topic) => format!("topic {topic}"),
            Channel::Queue(recipient) => format!("queue of {recipient}"),
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
            "kind": if self.is_command() { "command" } else { "event" },
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

/// Every message of an application by its name.
fn messages(app: &App) -> BTreeMap<&'static str, Message> {
    let mut messages = BTreeMap::new();
    fn entry<'m>(all: &'m mut BTreeMap<&'static str, Message>, declared: Declared) -> &'m mut Message {
        let known = all.entry(declared.name).or_insert_with(|| Message {
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
        assert_eq!(messages.keys().collect::<Vec<_>>(), [&"order.placed", &"place-order"]);
        let placed = messages["order.placed"].json();
        assert_eq!(placed["emittedBy"], json!(["orders"]));
        let handlers = json!([
            { "service": "mails", "handler": "count" },
            { "service": "mails", "handler": "thank" },
        ]);
        assert_eq!((&placed["handledBy"], &placed["kind"]), (&handlers, &json!("event")));
        assert_eq!(messages["place-order"].cells()[3], "queue of orders");
    }
}
