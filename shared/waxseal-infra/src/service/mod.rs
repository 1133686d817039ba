//! The stack of a service.

mod alarms;
mod builder;
pub(crate) mod fifo;
pub(crate) mod function;
mod lambda;
mod queues;
pub(crate) mod relay;
mod routes;
pub(crate) mod sources;
mod stack;
mod table;
pub(crate) mod timers;

pub(crate) use self::stack::stack;
