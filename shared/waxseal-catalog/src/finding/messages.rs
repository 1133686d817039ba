//! Mistakes between services: messages that lead nowhere, or come from nowhere.

use std::collections::{BTreeMap, BTreeSet};

use waxseal::{Channel, Declared};

use crate::{
    app::App,
    finding::{code::FindingCode, report::Finding},
};

/// A message as one handler of one service, or one program, declares it.
#[derive(Clone, Copy)]
struct Mention<'a> {
    service: &'a str,
    /// None of a program.
    handler: Option<&'static str>,
    declared: Declared,
}

impl Mention<'_> {
    fn finding(&self, code: FindingCode, problem: String, advice: String) -> Finding {
        let finding = Finding::new(code, self.service, problem, advice).of_message(self.declared.name);
        Finding { handler: self.handler, ..finding }
    }

    fn is_command(&self) -> bool {
        matches!(self.declared.channel, Channel::Queue(_))
    }
}

/// Every mention of a message in the application.
struct Messages<'a> {
    app: &'a App,
    services: BTreeSet<&'a str>,
    /// The names of the services and of the programs.
    owners: BTreeSet<&'a str>,
    handled: Vec<Mention<'a>>,
    emitted: Vec<Mention<'a>>,
}

/// The findings about messages, each message and service once.
pub(super) fn findings(app: &App) -> Vec<Finding> {
    let messages = Messages::of(app);
    let all = [
        messages.two_declarations(),
        messages.commands_without_a_handler(),
        messages.events_without_an_emitter(),
        messages.events_without_a_reader(),
        messages.unknown_owners(),
    ];
    let mut findings: Vec<Finding> = all.into_iter().flatten().collect();
    let mut seen = BTreeSet::new();
    findings.retain(|finding| seen.insert((finding.code, finding.service.clone(), finding.message)));
    findings
}

impl<'a> Messages<'a> {
    fn of(app: &'a App) -> Self {
        let services: BTreeSet<&str> = app.services.iter().map(|service| service.name()).collect();
        let programs = app.publishers.iter().map(|publisher| &*publisher.name);
        let mut messages = Self {
            app,
            owners: services.iter().copied().chain(programs).collect(),
            services,
            handled: Vec::new(),
            emitted: Vec::new(),
        };
        for service in &app.services {
            for entry in service.catalog() {
                let mention =
                    |declared| Mention { service: service.name(), handler: Some(entry.handler), declared };
                messages.handled.push(mention(entry.consumes));
                messages.emitted.extend(entry.emits.iter().copied().map(mention));
            }
        }
        for publisher in &app.publishers {
            let mention = |declared| Mention { service: &publisher.name, handler: None, declared };
            messages.emitted.extend(publisher.emits.iter().copied().map(mention));
        }
        messages
    }

    fn all(&self) -> impl Iterator<Item = &Mention<'a>> {
        self.handled.iter().chain(&self.emitted)
    }

    fn emitted_elsewhere(&self, mention: &Mention<'_>) -> bool {
        self.app.emitted_elsewhere.contains(mention.declared.name)
    }

    fn handled_elsewhere(&self, mention: &Mention<'_>) -> bool {
        self.app.handled_elsewhere.contains(mention.declared.name)
    }

    /// A message has one owner and one channel. Foreign events have the names that their owners gave
    /// them, so two may be alike.
    fn two_declarations(&self) -> Vec<Finding> {
        let mut known: BTreeMap<&str, Declared> = BTreeMap::new();
        let mut findings = Vec::new();
        for mention in self.all().filter(|mention| !mention.declared.is_foreign()) {
            let declared = mention.declared;
            let first = *known.entry(declared.name).or_insert(declared);
            if (first.owner, first.channel) != (declared.owner, declared.channel) {
                let said = |one: Declared| format!("{} on {}", one.owner, one.channel);
                let problem =
                    format!("{} is declared by {} and by {}", declared.name, said(first), said(declared));
                let advice = "a message has one owner and one channel".to_owned();
                findings.push(mention.finding(FindingCode::TwoDeclarations, problem, advice));
            }
        }
        findings
    }

    /// A command reaches a handler of its recipient.
    fn commands_without_a_handler(&self) -> Vec<Finding> {
        let sent = self.emitted.iter().filter(|mention| mention.is_command());
        let lost = sent.filter(|mention| !self.handled_elsewhere(mention));
        let finding = |mention: &Mention<'_>| {
            let Declared { name, owner, .. } = mention.declared;
            if !self.services.contains(owner) {
                let problem = format!("it sends the command {name} to {owner}, which is not deployed");
                let advice = format!("deploy {owner}, or say App::handled_elsewhere(\"{name}\")");
                return Some(mention.finding(FindingCode::NoRecipient, problem, advice));
            }
            let handles =
                self.handled.iter().any(|other| other.declared.name == name && other.service == owner);
            (!handles).then(|| {
                let problem = format!("it sends the command {name}, for which {owner} has no handler");
                let advice = format!("register a handler in {owner}, or stop sending the command");
                mention.finding(FindingCode::NotHandled, problem, advice)
            })
        };
        lost.filter_map(finding).collect()
    }

    /// An event that is handled is emitted.
    fn events_without_an_emitter(&self) -> Vec<Finding> {
        let emitted: BTreeSet<&str> = self.emitted.iter().map(|mention| mention.declared.name).collect();
        let is_own = |mention: &&Mention<'_>| !mention.is_command() && !mention.declared.is_foreign();
        let handled = self.handled.iter().filter(is_own);
        let lost = handled
            .filter(|mention| !emitted.contains(mention.declared.name) && !self.emitted_elsewhere(mention));
        let finding = |mention: &Mention<'_>| {
            let name = mention.declared.name;
            let problem = format!("it handles {name}, which no service emits");
            let advice = format!("emit it, or say App::emitted_elsewhere(\"{name}\")");
            mention.finding(FindingCode::NotEmitted, problem, advice)
        };
        lost.map(finding).collect()
    }

    /// An event that is emitted is handled.
    fn events_without_a_reader(&self) -> Vec<Finding> {
        let own = self.handled.iter().filter(|mention| !mention.declared.is_foreign());
        let handled: BTreeSet<&str> = own.map(|mention| mention.declared.name).collect();
        let emitted = self.emitted.iter().filter(|mention| !mention.is_command());
        let unread = emitted
            .filter(|mention| !handled.contains(mention.declared.name) && !self.handled_elsewhere(mention));
        let finding = |mention: &Mention<'_>| {
            let name = mention.declared.name;
            let problem = format!("it emits {name}, which no service handles");
            let advice = format!("handle it, stop emitting it, or say App::handled_elsewhere(\"{name}\")");
            mention.finding(FindingCode::NotRead, problem, advice)
        };
        unread.map(finding).collect()
    }

    /// An owner is a service. A recipient that is none has a finding of its own, and the owner of a
    /// foreign event is never one.
    fn unknown_owners(&self) -> Vec<Finding> {
        let events = self.all().filter(|mention| !mention.is_command() && !mention.declared.is_foreign());
        let lost = events.filter(|mention| {
            !self.owners.contains(mention.declared.owner) && !self.emitted_elsewhere(mention)
        });
        let finding = |mention: &Mention<'_>| {
            let Declared { name, owner, .. } = mention.declared;
            let problem = format!("{name} belongs to {owner}, which is no service of the application");
            let advice =
                format!("correct the owner, add the service, or say App::emitted_elsewhere(\"{name}\")");
            mention.finding(FindingCode::UnknownOwner, problem, advice)
        };
        lost.map(finding).collect()
    }
}
