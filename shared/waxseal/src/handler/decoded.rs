//! Events that were decoded before their run.

use std::any::Any;

use waxseal_message::Raw;

/// An envelope of the reaction's own type. It is decoded once to find its target, and kept for its
/// run.
pub(crate) type Decoded = Box<dyn Any + Send + Sync>;

/// An event, with its decoded form where that was kept.
pub(crate) type Incoming<'a> = (&'a Raw, Option<&'a Decoded>);
