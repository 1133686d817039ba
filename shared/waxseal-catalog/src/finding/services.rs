//! Mistakes of single services and programs.

use std::collections::BTreeSet;

use waxseal::{Channel, Declared, Service, ServiceError};

use crate::{
    app::App,
    deployed::Deployed,
    fifo::{FifoQueue, LARGEST_BATCH},
    finding::{code::FindingCode, report::Finding},
    publisher::Publisher,
    routes::rule,
};

/// The prefix of the variables that follow from the declaration.
const RESERVED: &str = "WAXSEAL_";

/// The findings of each service and each program alone.
pub(super) fn findings(app: &App) -> Vec<Finding> {
    let mut names = BTreeSet::new();
    let mut findings = Vec::new();
    for service in &app.services {
        if !names.insert(service.name()) {
            let problem = "two services have this name".to_owned();
            let advice = "rename one: receipts, queues and the stack are named after the service";
            findings.push(Finding::new(FindingCode::TwoServices, service.name(), problem, advice));
        }
        findings.extend(wrong_name(service));
        findings.extend(mistakes(service));
        if service.catalog().is_empty() && !service.answers_http {
            let problem = "it handles no message and answers no HTTP".to_owned();
            let advice = "register a handler, or remove the service";
            findings.push(Finding::new(FindingCode::NoHandlers, service.name(), problem, advice));
        }
        findings.extend(patterns(service));
        findings.extend(variables(service));
        findings.extend(fifo_queues(service));
    }
    for publisher in &app.publishers {
        if !names.insert(&publisher.name) {
            let problem = "a service and a program, or two programs, have this name".to_owned();
            let advice = "rename one: its stack and its permissions are named after it";
            findings.push(Finding::new(FindingCode::TwoServices, &publisher.name, problem, advice));
        }
        findings.extend(foreign_events(publisher));
    }
    findings
}

/// A name that [`Service::new`] would refuse. A service of which only the catalog is known has not
/// been made here.
fn wrong_name(service: &Deployed) -> Option<Finding> {
    if waxseal::is_service_name(service.name()) {
        return None;
    }
    let problem = format!("`{}` cannot be the name of a service", service.name());
    let advice = format!(
        "take words of a to z and 0 to 9 that are joined by `-`, {} characters at most",
        waxseal::LONGEST_SERVICE_NAME
    );
    Some(Finding::new(FindingCode::ServiceName, service.name(), problem, advice))
}

/// Events of another owner that a program emits. One that it [declares](waxseal::PublishingProgram)
/// in Rust does not compile; one of a list may.
fn foreign_events(publisher: &Publisher) -> Vec<Finding> {
    let events = publisher.emits.iter().filter(|declared| !matches!(declared.channel, Channel::Queue(_)));
    let foreign = events.filter(|declared| declared.owner != publisher.name);
    let finding = |declared: &Declared| {
        let problem = format!("it emits {}, which {} owns", declared.name, declared.owner);
        let advice =
            "only the owner publishes an event: send the owner a command, or emit an event of its own";
        Finding::new(FindingCode::ForeignEvent, &publisher.name, problem, advice).of_message(declared.name)
    };
    foreign.map(finding).collect()
}

/// The mistakes that the core knows. A cursor is known only where the handlers are.
fn mistakes(service: &Deployed) -> Vec<Finding> {
    let mut mistakes = Service::mistakes(service.name(), service.catalog());
    if let Some(Err(error @ ServiceError::Cursor { .. })) = service.service().map(Service::check) {
        mistakes.push(error);
    }
    mistakes.into_iter().filter_map(|mistake| finding(service.name(), mistake)).collect()
}

fn finding(service: &str, mistake: ServiceError) -> Option<Finding> {
    let finding = match mistake {
        ServiceError::Twice { handler, .. } => {
            let problem = "the service registers two handlers of this name".to_owned();
            let advice = "rename one: each needs receipts of its own";
            Finding::new(FindingCode::TwoHandlers, service, problem, advice).of_handler(handler)
        }
        ServiceError::Foreign { handler, event, owner, .. } => {
            let problem = format!("it emits {event}, which {owner} owns");
            let advice =
                "only the owner publishes an event: send the owner a command, or emit an event of its own";
            Finding::new(FindingCode::ForeignEvent, service, problem, advice)
                .of_handler(handler)
                .of_message(event)
        }
        ServiceError::Misdirected { handler, command, recipient, .. } => {
            let problem = format!("it handles the command {command}, whose recipient is {recipient}");
            let advice = "register the handler in the recipient, or declare another recipient";
            Finding::new(FindingCode::WrongRecipient, service, problem, advice)
                .of_handler(handler)
                .of_message(command)
        }
        ServiceError::Cursor { cursor, event, .. } => {
            let problem = format!("two handlers of {event} do not agree on the cursor {cursor}");
            let advice = "give each handler a cursor of its own name";
            Finding::new(FindingCode::Cursor, service, problem, advice).of_message(event)
        }
        // Of a newer core: the engine refuses the service with its text.
        _ => return None,
    };
    Some(finding)
}

/// Patterns for rules that the service does not have.
fn patterns(service: &Deployed) -> Vec<Finding> {
    let consumes = service.consumes();
    let has_rule = |event: &String| {
        consumes.iter().any(|declared| declared.name == event && rule::bus(declared).is_some())
    };
    let without = service.patterns.keys().filter(|event| !has_rule(event));
    let finding = |event: &String| {
        let problem = format!("it has a pattern for {event}, which it does not handle from the bus");
        Finding::new(
            FindingCode::NoRule,
            service.name(),
            problem,
            "correct the event's name, or remove the pattern",
        )
    };
    without.map(finding).collect()
}

/// FIFO queues with a wrong name, a wrong batch or a sender that is no account.
fn fifo_queues(service: &Deployed) -> Vec<Finding> {
    let mut names = BTreeSet::new();
    let mut findings = Vec::new();
    let is_word = |name: &str| {
        let takes = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        name.starts_with(|c: char| c.is_ascii_lowercase()) && !name.ends_with('-') && name.chars().all(takes)
    };
    let is_account =
        |sender: &&String| sender.len() == 12 && sender.bytes().all(|byte| byte.is_ascii_digit());
    for FifoQueue { name, batch, senders, .. } in &service.fifo {
        let mut wrong = |problem: String, advice: &'static str| {
            findings.push(Finding::new(FindingCode::FifoQueue, service.name(), problem, advice));
        };
        if !names.insert(name) {
            wrong(format!("two FIFO queues have the name {name}"), "rename one");
        }
        if !is_word(name) {
            let advice = "take lower-case letters, digits and `-`, a letter first";
            wrong(format!("`{name}` cannot be the name of a FIFO queue"), advice);
        }
        if !(1..=LARGEST_BATCH).contains(batch) {
            wrong(format!("the FIFO queue {name} has a batch of {batch}"), "take 1 to 10 records");
        }
        for sender in senders.iter().filter(|sender| !is_account(sender)) {
            let problem = format!("the FIFO queue {name} has the sender {sender}, which is no account");
            wrong(problem, "name accounts by their twelve digits");
        }
    }
    findings
}

/// Variables of Waxseal that are set by hand.
fn variables(service: &Deployed) -> Vec<Finding> {
    let parameters = service.parameters.iter().map(|parameter| &parameter.variable);
    let reserved = service.environment.keys().chain(parameters).filter(|name| name.starts_with(RESERVED));
    let finding = |name: &String| {
        let problem = format!("it sets {name} by hand");
        let advice = "use the method of Deployed: a variable reaches the function on AWS alone";
        Finding::new(FindingCode::ReservedVariable, service.name(), problem, advice)
    };
    reserved.map(finding).collect()
}
