//! Applications for which no templates can be written.

use std::collections::{BTreeMap, BTreeSet};

use waxseal_catalog::{App, FIFO_DEAD_LETTERS_SUFFIX, Finding, FindingCode};

use crate::{claims, names};

/// Refuses an application for which every template would be wrong.
pub(crate) fn validate(app: &App) -> Result<(), AppError> {
    let mut messages = BTreeSet::new();
    let mut names = BTreeSet::from(["bus"]);
    if !names::is_word(&app.name) {
        return Err(AppError::Name { subject: "an application", name: app.name.clone() });
    }
    for service in &app.services {
        if !names::is_word(service.name()) {
            return Err(AppError::Name { subject: "a service", name: service.name().to_owned() });
        }
        if !names.insert(service.name()) {
            return Err(AppError::Taken(service.name().to_owned()));
        }
        // The longest name is the relay's: Lambda allows 64 characters, with the longest stage in
        // place.
        let longest = app.name.len() + names::LONGEST_STAGE + service.name().len() + "---relay".len();
        if longest > 64 {
            return Err(AppError::TooLong { service: service.name().to_owned(), over: longest - 64 });
        }
        for queue in &service.fifo {
            // SQS allows 80 characters.
            let names = app.name.len() + names::LONGEST_STAGE + service.name().len() + queue.name.len();
            let longest = names + "---".len() + FIFO_DEAD_LETTERS_SUFFIX.len() + ".fifo".len();
            if longest > 80 {
                return Err(AppError::Fifo { queue: queue.name.clone(), over: longest - 80 });
            }
        }
        for entry in service.catalog() {
            messages.extend(std::iter::once(&entry.consumes).chain(entry.emits).map(|one| one.name));
        }
    }
    for publisher in &app.publishers {
        if !names::is_word(&publisher.name) {
            return Err(AppError::Name { subject: "a program", name: publisher.name.clone() });
        }
        if !names.insert(&publisher.name) {
            return Err(AppError::Taken(publisher.name.clone()));
        }
        if publisher.emits.is_empty() {
            return Err(AppError::Nothing(publisher.name.clone()));
        }
        messages.extend(publisher.emits.iter().map(|one| one.name));
    }
    // `App::check` alone compares declarations. Its other findings leave templates that can be read.
    let twice = |finding: &Finding| finding.code == FindingCode::TwoDeclarations;
    if let Some(finding) = app.check().into_iter().find(twice) {
        return Err(AppError::Declarations(Box::new(finding)));
    }
    if let Some(over) = claims::too_long(app) {
        return Err(AppError::Bucket { over });
    }
    // `a.b` and `a-b` would make one logical id, or one variable.
    let mut ids: BTreeMap<String, &str> = BTreeMap::new();
    for name in messages.into_iter().chain(app.topics()) {
        let other = *ids.entry(names::pascal(name)).or_insert(name);
        if other != name {
            return Err(AppError::Alike { one: other.to_owned(), other: name.to_owned() });
        }
    }
    Ok(())
}

/// Why no templates can be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AppError {
    /// A name that AWS or a template cannot hold.
    #[error(
        "`{name}` cannot be the name of {subject}: take lower-case letters, digits and `-`, a letter first"
    )]
    Name {
        /// The thing that it should name.
        subject: &'static str,
        /// The name.
        name: String,
    },
    /// Two stacks of one name.
    #[error("two stacks would be named `{0}`: rename the service or the program")]
    Taken(String),
    /// A program without messages: its policy would have no statement.
    #[error("the program {0} publishes nothing: declare its messages, or remove it from the application")]
    Nothing(String),
    /// A function's name would pass Lambda's limit.
    #[error(
        "the names of service {service} would be {over} characters too long for Lambda: shorten it, or the application's name"
    )]
    TooLong {
        /// The service.
        service: String,
        /// The number of characters beyond the limit.
        over: usize,
    },
    /// A FIFO queue's name would pass SQS's limit.
    #[error(
        "the name of the dead-letter queue of the FIFO queue {queue} would be {over} characters too long for SQS: shorten it"
    )]
    Fifo {
        /// The queue.
        queue: String,
        /// The number of characters beyond the limit.
        over: usize,
    },
    /// The bucket's name would pass S3's limit.
    #[error(
        "the name of the bucket for claims would be {over} characters too long for S3: shorten the application's name"
    )]
    Bucket {
        /// The number of characters beyond the limit.
        over: usize,
    },
    /// A message with two owners or two channels: the finding of [`App::check`].
    #[error("{0}")]
    Declarations(Box<Finding>),
    /// Two names that differ in `.` and `-` alone.
    #[error("`{one}` and `{other}` make the same name in a template: rename one")]
    Alike {
        /// One.
        one: String,
        /// The other.
        other: String,
    },
}
