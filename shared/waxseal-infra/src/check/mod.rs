//! The rules of a reviewer, as checks over templates.
//!
//! The checks read the templates and not the generator, so they hold for templates that a person
//! edited or wrote. They take the routes of messages from the application. Each check is one rule
//! with one id.

mod alarms;
mod catalog;
mod claims;
mod fifo;
mod finding;
mod functions;
mod index;
mod list;
mod permissions;
mod queues;
mod references;
mod relay;
mod report;
mod rules;
mod settings;
mod sources;
mod table;
mod timers;
mod topics;

pub use self::{
    finding::Finding,
    list::{CHECKS, Check, check},
};
