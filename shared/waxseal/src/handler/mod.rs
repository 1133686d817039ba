//! Handlers: the reactions of a service, their units of work, and their failures.
//!
//! [`Handler`] is the transactional form, [`Aggregate`] the pure one, [`Effect`] the leased one. A
//! [`Service`] registers them, and the engine runs them in one erased form. The folder knows no
//! engine and no batches.

mod aggregate;
mod answers;
pub mod catalog;
mod decided;
mod decoded;
mod effect;
mod erased;
mod failure;
mod mistakes;
mod names;
mod process;
mod projection;
mod reason;
mod refusal;
mod registration;
mod replay;
mod route;
mod rows;
mod scheduled;
mod sequencing;
mod service;
mod service_name;
mod sourced;
mod staged;
mod staged_message;
mod transactional;
mod unit;
mod view;
pub(crate) mod wake;
mod wanted;

pub use aggregate::{Aggregate, Decide, Decides, Out};
pub use answers::{Answered, Answers};
pub(crate) use catalog::Mode;
pub(crate) use decoded::{Decoded, Incoming};
pub use effect::{Attempt, Done, Effect};
pub(crate) use effect::{Keys, Undone};
pub(crate) use erased::{DEFAULT_LEASE, RunError, Success};
pub use failure::Failure;
pub use mistakes::ServiceError;
pub use process::{
    AnyInstance, Armed, Begin, Begins, Call, CallState, Decision, Entry as LogEntry, Flow, Inputs, Instance,
    LONGEST_LOG, NoTimer, Past, Phase, Process, State, Step, Timer, Undo, any_instance, awaits_a_person,
    instance_key, pure,
};
pub(crate) use process::{Made, make};
pub use projection::{EmitsEvents, Project, Projection, Projects, Raised, RowKey, Rows, row_kind};
pub(crate) use reason::Reason;
pub use refusal::Refusal;
pub use replay::Replay;
pub(crate) use route::Route;
pub use sequencing::Sequencing;
pub(crate) use sequencing::{Standing, standing};
pub use service::Service;
pub use service_name::{LONGEST_SERVICE_NAME, is_service_name};
pub use sourced::{
    Decider, DomainEvent, EventSourced, Folded, History, HistoryDecision, Record, Recorded, Recorder,
    Records, Snapshots, Translation, decide_history, stored_history,
};
pub(crate) use sourced::{Fold, history_key};
pub(crate) use staged::Staged;
pub use staged_message::StagedMessage;
pub use transactional::{EmitsNothing, Handler};
pub(crate) use unit::Run;
pub use unit::Unit;
pub use view::{RowPage, View};
