//! Processes: long-running flows with timers and compensation.

mod cause;
mod compensation;
mod definition;
mod flow;
mod instance;
pub mod pure;
mod reaction;
mod row;
mod steps;

pub(crate) use definition::EachInput;
pub use definition::{Begin, Begins, Flow, Inputs, NoTimer, Past, Process, Step};
pub use instance::{
    AnyInstance, Armed, Call, CallState, Entry, Instance, LONGEST_LOG, Phase, State, Timer, Undo,
};
pub(crate) use reaction::{Input, MADE_DECLARED, Made, MadeInput, make};
pub use row::{any_instance, awaits_a_person, instance_key};
pub use steps::Decision;
