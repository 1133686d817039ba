//! The plan to retire a consumer or an event's version.
//!
//! The declaration alone gives it: it knows who reads what, and how long messages live. The command
//! changes nothing, since each step is a deploy of its own.

use std::collections::BTreeSet;

use waxseal::{Channel, Declared, catalog::Entry};
use waxseal_catalog::{App, Deployed};

use crate::{
    command_error::CommandError,
    invoke::known,
    retire::found::{Found, Kind},
};

/// A plan to retire something.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) subject: String,
    /// What is there, and how long it stays.
    pub(super) remains: Vec<String>,
    pub(super) steps: Vec<String>,
    /// What a stage has none of once a step is done. Empty where no stage shows that it is.
    ends: Vec<&'static [Kind]>,
}

impl Plan {
    fn of(subject: String, before: Vec<String>) -> Self {
        let ends = vec![[].as_slice(); before.len()];
        Self { subject, steps: before, ends, ..Self::default() }
    }

    fn step(&mut self, text: impl Into<String>, ends: &'static [Kind]) {
        self.steps.push(text.into());
        self.ends.push(ends);
    }

    /// The plan with a stage's name in its texts.
    #[cfg(any(test, feature = "aws"))]
    pub(super) fn on(mut self, stage: &str) -> Self {
        for text in self.remains.iter_mut().chain(&mut self.steps) {
            *text = text.replace("STAGE", stage);
        }
        self
    }

    /// The steps that are done where a stage has this, by their places. A queue is empty by chance too, so
    /// no step is done before those that a stage shows and that come first.
    pub(super) fn done(&self, found: &[Found]) -> Vec<usize> {
        let mut done = Vec::new();
        for (index, (step, ends)) in self.steps.iter().zip(&self.ends).enumerate() {
            if ends.is_empty() {
                continue;
            }
            let of_kind: Vec<&Found> = found.iter().filter(|one| ends.contains(&one.kind)).collect();
            let named: Vec<&Found> = of_kind
                .iter()
                .copied()
                .filter(|one| step.contains(&format!("--name {}`", one.name)))
                .collect();
            let awaited = if named.is_empty() { of_kind } else { named };
            if awaited.is_empty() || awaited.iter().any(|one| one.is_clear != Some(true)) {
                break;
            }
            done.push(index);
        }
        done
    }
}

fn service<'a>(app: &'a App, name: &str) -> Result<&'a Deployed, CommandError> {
    known(app.services.iter().map(Deployed::name), name)?;
    app.find(name).ok_or_else(|| CommandError::Usage(format!("there is no service {name}")))
}

/// The services that emit or send a message, without those that `but` holds for.
fn emitters<'a>(app: &'a App, message: &str, but: impl Fn(&Entry) -> bool) -> BTreeSet<&'a str> {
    let entries = |service: &'a Deployed| service.catalog().iter().map(move |entry| (service.name(), entry));
    let emits = |entry: &Entry| entry.emits.iter().any(|declared| declared.name == message);
    let all = app.services.iter().flat_map(entries);
    all.filter(|(_, entry)| emits(entry) && !but(entry)).map(|(name, _)| name).collect()
}

/// The handlers of a message, without those that `but` holds for.
fn readers(app: &App, message: &str, but: impl Fn(&Entry) -> bool) -> BTreeSet<String> {
    let all = app.services.iter().flat_map(Deployed::catalog);
    let readers = all.filter(|entry| entry.consumes.name == message && !but(entry));
    readers.map(|entry| format!("{}/{}", entry.service, entry.handler)).collect()
}

fn listed<T: AsRef<str>>(names: &BTreeSet<T>) -> String {
    names.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", ")
}

/// Steps before `gone` goes: those who send it commands, and those who read what it alone emits.
fn before(app: &App, going: &[&Entry], gone: &dyn Fn(&Entry) -> bool) -> Vec<String> {
    let mut steps = BTreeSet::new();
    for entry in going {
        let message = entry.consumes.name;
        let senders = emitters(app, message, gone);
        if matches!(entry.consumes.channel, Channel::Queue(_)) && !senders.is_empty() {
            steps.insert(format!("Send `{message}` no more: {}. Deploy that.", listed(&senders)));
        }
        for emitted in entry.emits {
            let (others, readers) = (emitters(app, emitted.name, gone), readers(app, emitted.name, gone));
            if others.is_empty() && !readers.is_empty() {
                let (name, readers) = (emitted.name, listed(&readers));
                steps.insert(format!("Retire the readers of `{name}`, which nothing else emits: {readers}."));
            }
        }
    }
    steps.into_iter().collect()
}

pub(super) fn handler_plan(app: &App, name: &str, handler: &str) -> Result<Plan, CommandError> {
    let service = service(app, name)?;
    let going: Vec<&Entry> = service.catalog().iter().filter(|entry| entry.handler == handler).collect();
    if going.is_empty() {
        let all: BTreeSet<&str> = service.catalog().iter().map(|entry| entry.handler).collect();
        let text = format!("{name} has no handler {handler}: choose one of {}", listed(&all));
        return Err(CommandError::Usage(text));
    }
    let gone = |entry: &Entry| entry.service == name && entry.handler == handler;
    let (routes, stage) = (app.routes(service), format!("{}-STAGE", app.name));
    let mut plan = Plan::of(format!("The handler {name}/{handler}"), before(app, &going, &gone));
    let mut orphans = Vec::new();
    for entry in &going {
        let message = entry.consumes.name;
        let own = |reader: &String| reader.starts_with(&format!("{name}/"));
        let others: BTreeSet<String> = readers(app, message, gone).into_iter().filter(own).collect();
        let way = match entry.consumes.channel {
            Channel::Bus => format!("the rule of `{message}`"),
            Channel::Topic(topic) => format!("the subscription to the topic {topic} for `{message}`"),
            Channel::Queue(_) => format!("the queue of commands, for `{message}`"),
            Channel::Foreign(Some(bus)) => format!("the rule of `{message}` on the bus of its owner ({bus})"),
            Channel::Foreign(None) => {
                format!("the source of `{message}`: a queue, a topic or a stream of others")
            }
        };
        plan.remains.push(match others.is_empty() {
            true => format!("{way}: it goes with the handler"),
            false => format!("{way}: it stays for {}", listed(&others)),
        });
        if others.is_empty() {
            orphans.push(message);
        }
    }
    plan.remains.push(format!("its messages in the queues of {name}, for {} days", app.retention.queue));
    plan.remains
        .push(format!("its dead letters in {stage}-{name}-dlq, for {} days", app.retention.dead_letters));
    plan.remains.push(format!("its receipts, for {} days; they go by themselves", routes.horizon));
    plan.remains.push(format!("its state in the table {stage}-{name}, for good"));

    plan.step(
        format!("Redrive its dead letters or drop them: later no handler takes them ({stage}-{name}-dlq)."),
        &[Kind::DeadLetters],
    );
    let ignore =
        orphans.iter().map(|message| format!("`.ignore(\"{message}\")`")).collect::<Vec<_>>().join(" and ");
    match orphans.is_empty() {
        true => plan.step("Remove the handler from the service; `infra write`; deploy.", &[]),
        false => {
            plan.step(
                format!("Put {ignore} in the handler's place, so that late messages are no dead letters; `infra write`; deploy."),
                &[Kind::Rule],
            );
            let days = app.retention.queue + app.retention.dead_letters;
            plan.step(
                format!("After {days} days, when no queue can hold one: remove {ignore}; deploy."),
                &[],
            );
        }
    }
    plan.step("Delete its state, where nothing else reads it.", &[]);
    Ok(plan)
}

pub(super) fn service_plan(app: &App, name: &str) -> Result<Plan, CommandError> {
    let service = service(app, name)?;
    let (routes, stage) = (app.routes(service), format!("{}-STAGE", app.name));
    let going: Vec<&Entry> = service.catalog().iter().collect();
    let gone = |entry: &Entry| entry.service == name;
    let mut plan = Plan::of(format!("The service {name}"), before(app, &going, &gone));
    for rule in &routes.rules {
        plan.remains.push(format!("the rule of `{}`", rule.event.name));
    }
    for subscription in &routes.subscriptions {
        plan.remains.push(format!("the subscription to the topic {}", subscription.topic));
    }
    for queue in &routes.queues {
        let kind = queue.kind.as_str();
        plan.remains.push(format!("the queue {stage}-{name}-{kind}: its messages are lost with the stack"));
    }
    plan.remains.push(format!("the table {stage}-{name}, with receipts and state: it outlives the stack"));
    plan.remains.push(format!("the queue {stage}-{name}-dlq: it outlives the stack"));
    if routes.has_relay() {
        plan.remains
            .push(format!("the relay, and its queue {stage}-{name}-relay-dlq, which outlives the stack"));
    }

    for rule in &routes.rules {
        let event = rule.event.name;
        plan.step(format!("Disable the rule of `{event}`: `aws events disable-rule --event-bus-name {stage}-bus --name {stage}-{name}-{event}`."), &[Kind::Rule]);
    }
    for subscription in &routes.subscriptions {
        let topic = subscription.topic;
        let text = format!(
            "Remove the subscription of its queue to the topic {topic}: `aws sns list-subscriptions-by-topic`, then `aws sns unsubscribe`."
        );
        plan.step(text, &[]);
    }
    plan.step(
        format!(
            "Wait until its queues are empty, and redrive or drop its dead letters ({stage}-{name}-dlq)."
        ),
        &[Kind::Queue, Kind::DeadLetters],
    );
    if routes.has_relay() {
        plan.step(
            "Wait until its relay has published everything: the age of its stream's iterator is 0.",
            &[],
        );
    }
    plan.step(format!("Delete its stack: `undeploy STAGE --service {name}`."), &[Kind::Stack]);
    plan.step("Remove it from the application; `infra write`; deploy the rest.", &[]);
    plan.step(
        format!("After {} days, when nothing can ask for its receipts: delete its table and its dead-letter queues.", routes.horizon),
        &[Kind::Receipts],
    );
    Ok(plan)
}

pub(super) fn event_plan(app: &App, event: &str, version: u16) -> Result<Plan, CommandError> {
    let all = app.services.iter().flat_map(Deployed::messages).filter(|declared| declared.name == event);
    let all: Vec<Declared> = all.collect();
    let Some(newest) = all.iter().map(|declared| declared.version).max() else {
        return Err(CommandError::Usage(format!("no service knows `{event}`: `catalog` lists the messages")));
    };
    if version >= newest {
        let text = format!("version {version} of `{event}` is in use: the newest one is {newest}");
        return Err(CommandError::Usage(text));
    }
    let mut plan = Plan::of(format!("Version {version} of `{event}`"), Vec::new());
    let nothing = |_: &Entry| false;
    let (emitters, readers) = (emitters(app, event, nothing), readers(app, event, nothing));
    let days = all.iter().map(|declared| app.arrivals(declared.channel)).max().unwrap_or_default();
    plan.remains.push(format!("messages of this version in queues, dead letters, archive and receipts, for {days} days after the last one was emitted"));
    plan.remains.push(format!("the upcaster from it, in the readers: {}", listed(&readers)));
    plan.step(format!("Deploy the readers with version {newest}: {}.", listed(&readers)), &[]);
    plan.step(format!("Deploy the emitters with version {newest}: {}.", listed(&emitters)), &[]);
    plan.step(
        format!("Wait for {days} days: until then a redrive, a replay or a sweep can deliver an old one."),
        &[],
    );
    plan.step(format!("Remove version {version} and its upcaster; deploy the readers."), &[]);
    Ok(plan)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACED: Declared = Declared::new("order.placed", "orders", Channel::Bus);
    const RESERVED: Declared = Declared::new("stock.reserved", "stock", Channel::Bus);
    const SHIP: Declared = Declared::new("ship", "shipping", Channel::Queue("shipping"));

    /// `orders` places; `stock` reserves and counts; `payment` reads reservations and sends `ship`.
    fn app() -> App {
        let stock = vec![
            Entry::new("stock", "reserve", PLACED, &[RESERVED]),
            Entry::new("stock", "count", PLACED, &[]),
        ];
        App::new("shop")
            .service(Deployed::of_catalog("stock", stock))
            .service(Deployed::of_catalog(
                "payment",
                vec![Entry::new("payment", "charge", RESERVED, &[SHIP])],
            ))
            .service(Deployed::of_catalog("shipping", vec![Entry::new("shipping", "ship", SHIP, &[])]))
    }

    fn has(lines: &[String], text: &str) -> bool {
        lines.iter().any(|line| line.contains(text))
    }

    #[test]
    fn a_rule_stays_for_another_handler_and_readers_of_what_ends_go_first() {
        let plan = handler_plan(&app(), "stock", "reserve").unwrap();
        assert!(has(&plan.remains, "the rule of `order.placed`: it stays for stock/count"), "{plan:#?}");
        let first = "Retire the readers of `stock.reserved`, which nothing else emits: payment/charge.";
        assert_eq!(plan.steps[0], first);
        assert!(!has(&plan.steps, ".ignore("), "{plan:#?}");
    }

    #[test]
    fn the_last_reader_of_an_event_leaves_an_ignore_for_late_messages() {
        let plan = handler_plan(&app(), "payment", "charge").unwrap();
        assert!(has(&plan.remains, "the rule of `stock.reserved`: it goes with the handler"), "{plan:#?}");
        assert!(has(&plan.steps, "Put `.ignore(\"stock.reserved\")` in the handler's place"), "{plan:#?}");
        // 4 days in the queue and 14 in the dead-letter queue.
        assert!(has(&plan.steps, "After 18 days"), "{plan:#?}");
    }

    #[test]
    fn a_service_goes_after_those_who_send_it_commands() {
        let plan = service_plan(&app(), "shipping").unwrap();
        assert_eq!(plan.steps[0], "Send `ship` no more: payment. Deploy that.");
        assert!(has(&plan.remains, "the queue shop-STAGE-shipping-commands"), "{plan:#?}");
        let order = |text: &str| plan.steps.iter().position(|step| step.contains(text)).unwrap();
        assert!(order("queues are empty") < order("undeploy STAGE --service shipping"), "{plan:#?}");
        let plan = service_plan(&app(), "payment").unwrap();
        assert!(has(&plan.steps, "aws events disable-rule"), "{plan:#?}");
        assert!(has(&plan.steps, "Retire the readers of `ship`"), "{plan:#?}");
    }

    #[test]
    fn an_old_version_goes_when_nothing_can_deliver_it() {
        let mut newer = PLACED;
        newer.version = 2;
        let handlers = vec![Entry::new("mails", "thank", newer, &[])];
        let app = app().service(Deployed::of_catalog("mails", handlers));
        let plan = event_plan(&app, "order.placed", 1).unwrap();
        // Rule 1, archive 14, queue 4, dead letters 14, sweep 7.
        assert!(has(&plan.steps, "Wait for 40 days"), "{plan:#?}");
        assert_eq!(event_plan(&app, "order.placed", 2).unwrap_err().code(), 2, "it is in use");
        assert_eq!(event_plan(&app, "order.paid", 1).unwrap_err().code(), 2, "nothing knows it");
        assert_eq!(handler_plan(&app, "mails", "thnk").unwrap_err().code(), 2);
    }
}
