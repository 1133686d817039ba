//! `waxseal add`: one part more. Each part is new files, and lines that connect them.

mod aggregate;
mod event;
mod handler;
mod part;
mod service;

pub(crate) use part::add;
