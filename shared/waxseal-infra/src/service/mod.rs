//! The stack of a service.

mod alarms;
pub(crate) mod alias;
mod api;
pub(crate) mod builder;
pub(crate) mod fifo;
pub(crate) mod function;
pub(crate) mod http;
mod lambda;
mod listener;
pub(crate) mod own;
mod queues;
pub(crate) mod relay;
mod routes;
pub(crate) mod sources;
mod stack;
mod table;
pub(crate) mod timers;

pub(crate) use self::stack::stack;
