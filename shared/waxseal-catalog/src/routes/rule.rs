//! Rules of buses.

use serde_json::{Value, json};
use waxseal::{Bus, Channel, Declared};
use waxseal_pattern::any_of;

use crate::{deployed::Deployed, routes::filter};

/// A rule of a bus: one event, for one service's queue of events.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Rule {
    /// The event.
    pub event: Declared,
    /// The bus on which it lies: the application's, or that of a foreign event.
    pub bus: Bus,
    /// The event pattern.
    pub pattern: Value,
}

/// The rules of a service: one for each event of a bus, however many handlers take it.
pub(super) fn of(service: &Deployed) -> Vec<Rule> {
    let rule = |event: Declared| {
        let bus = bus(&event)?;
        let own = service.patterns.get(event.name).cloned();
        let pattern = own.unwrap_or_else(|| derived(service, &event, bus));
        Some(Rule { event, bus, pattern })
    };
    service.consumes().into_iter().filter_map(rule).collect()
}

/// The pattern that follows from the handlers of an event.
fn derived(service: &Deployed, event: &Declared, bus: Bus) -> Value {
    let mut pattern = json!({ "source": [source(event, bus)], "detail-type": [event.name] });
    if let Some(payloads) = filter::wanted(service, event) {
        // A foreign event is its own payload, an own one has it in its envelope.
        pattern["detail"] = match event.is_foreign() {
            true => any_of(payloads),
            false => filter::of_envelope(payloads),
        };
    }
    pattern
}

/// The bus from which an event comes, where it comes from one.
pub(crate) fn bus(event: &Declared) -> Option<Bus> {
    match event.channel {
        Channel::Bus => Some(Bus::Application),
        Channel::Foreign(bus) => bus,
        Channel::Topic(_) | Channel::Queue(_) => None,
    }
}

/// The sources of an event, as a pattern names them.
fn source(event: &Declared, bus: Bus) -> Value {
    match bus {
        Bus::Partner(name) => json!({ "prefix": name }),
        // Any AWS service: events of other sources cannot begin with this.
        Bus::Default if event.owner.is_empty() => json!({ "prefix": "aws." }),
        Bus::Default | Bus::Application => json!(event.owner),
    }
}

#[cfg(test)]
mod tests {
    use waxseal::{Filter, catalog::Entry};

    use super::*;

    macro_rules! declared {
        ($($declaration:tt)*) => {{
            #[derive(serde::Serialize, serde::Deserialize)]
            struct Event {}
            waxseal::foreign!(Event { $($declaration)* });
            Declared::of::<Event>()
        }};
    }

    fn deployed(consumes: &[Declared]) -> Deployed {
        let entry = |consumes: &Declared| Entry::new("files", consumes.owner, *consumes, &[]);
        Deployed::of_catalog("files", consumes.iter().map(entry).collect())
    }

    #[test]
    fn s50_the_rule_of_a_foreign_event_lies_on_its_bus() {
        let events = [
            declared!(detail_type: "Object Created", source: "aws.s3", bus: default),
            declared!(detail_type: "Object Created", source: "aws.s3-outposts", bus: default),
            declared!(detail_type: "AWS API Call via CloudTrail", bus: default),
            declared!(detail_type: "User Signed Up", source: "aws.partner/auth0.com", bus: partner),
            declared!(type: "com.example.Invoice", source: "crm", bus: application),
            declared!(type: "invoice_paid", source: "billing"),
        ];
        let rules = of(&deployed(&events));
        let shown: Vec<_> =
            rules.iter().map(|rule| (rule.bus, rule.pattern["source"][0].to_string())).collect();
        assert_eq!(
            shown,
            [
                (Bus::Default, r#""aws.s3""#.to_owned()),
                (Bus::Default, r#""aws.s3-outposts""#.to_owned()),
                (Bus::Default, r#"{"prefix":"aws."}"#.to_owned()),
                (Bus::Partner("aws.partner/auth0.com"), r#"{"prefix":"aws.partner/auth0.com"}"#.to_owned()),
                (Bus::Application, r#""crm""#.to_owned()),
            ],
            "two owners of one name have a rule each, and an event without a bus has none"
        );
    }

    #[test]
    fn s65_a_rule_holds_what_any_handler_of_its_event_wants() {
        const GERMAN: Filter = Filter::new(r#"{"country":["DE"]}"#);
        const LARGE: Filter = Filter::new(r#"{"cents":[{"numeric":[">=",100]}]}"#);
        let own = Declared::new("order.placed", "orders", Channel::Bus);
        let foreign = declared!(detail_type: "Order Placed", source: "crm", bus: application);
        let pattern = |event: Declared, filters: &[Filter]| {
            let entries = filters.iter().zip(["a", "b"]);
            let entry = |(filter, handler): (&Filter, &'static str)| {
                Entry::new("mail", handler, event, &[]).filtered(*filter)
            };
            let rules = of(&Deployed::of_catalog("mail", entries.map(entry).collect()));
            assert_eq!(rules.len(), 1, "one rule, however many handlers");
            rules[0].pattern["detail"].clone()
        };
        let (german, large) =
            (json!({ "country": ["DE"] }), json!({ "cents": [{ "numeric": [">=", 100] }] }));
        assert_eq!(pattern(own, &[GERMAN]), json!({ "data": german }));
        assert_eq!(pattern(own, &[GERMAN, GERMAN]), json!({ "data": german }));
        assert_eq!(pattern(own, &[GERMAN, LARGE]), json!({ "data": { "$or": [german, large] } }));
        assert_eq!(pattern(own, &[GERMAN, Filter::ALL]), Value::Null, "one handler wants all of them");
        assert_eq!(pattern(foreign, &[GERMAN]), german, "it is its own payload");
    }
}
