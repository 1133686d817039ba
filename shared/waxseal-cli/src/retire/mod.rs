//! `retire`: what remains of a consumer or of an event's version, and in which order to remove it.

pub(crate) mod found;
mod plan;
mod show;

pub(crate) use self::show::show;
