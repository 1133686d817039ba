//! Instances of processes, for people: where one is, which are late, and which a new build cannot
//! read (G-5, G-8). Nothing here speaks to AWS: `aws/processes.rs` does.

pub(crate) mod cause;
pub(crate) mod kinds;
pub(crate) mod list;
pub(crate) mod picture;
pub(crate) mod row;
pub(crate) mod text;
pub(crate) mod typed;
pub(crate) mod waits;
pub(crate) mod wanted;

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;
