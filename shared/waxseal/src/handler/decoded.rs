//! Events that were decoded before they run.

use std::any::Any;

use waxseal_message::Raw;

/// An envelope of the reaction's own type: decoded once to see what it is about, and kept for its run.
pub(crate) type Decoded = Box<dyn Any + Send + Sync>;

/// An event, and what it was decoded to where that was kept.
pub(crate) type Incoming<'a> = (&'a Raw, Option<&'a Decoded>);
