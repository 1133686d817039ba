//! The payloads that a handler wants (S-65).
//!
//! A handler without a filter links nothing of this: its registration asks a constant. So the type
//! of the compiled filter stays behind a trait object.

use std::sync::Arc;

use waxseal_message::{Channel, Message};
use waxseal_pattern::{CompiledFilter, Filter};

use crate::handler::sequencing::Sequencing;

/// Decides whether a payload is wanted.
pub(crate) trait Wants: Send + Sync {
    /// Whether the payload, in JSON, is wanted.
    fn wants(&self, payload: &str) -> bool;
}

impl Wants for CompiledFilter {
    fn wants(&self, payload: &str) -> bool {
        self.matches(payload)
    }
}

/// A filter in the form that decides; `None` where every payload is wanted.
pub(crate) fn compiled(filter: Filter) -> Option<Arc<dyn Wants>> {
    Some(Arc::new(filter.compile()?))
}

/// Refuses a filter where it would lose something, at compile time.
pub(crate) const fn check<M: Message>(filter: Filter, sequencing: Sequencing) {
    if filter.is_all() {
        return;
    }
    assert!(
        !matches!(sequencing, Sequencing::Gapless(_)),
        "a filter leaves gaps in the sequence, so `Sequencing::Gapless` would wait for ever: take `FILTER` away, or use `Newest`"
    );
    assert!(
        !matches!(M::CHANNEL, Channel::Queue(_)),
        "a command has one recipient, and no rule or subscription before its queue: take `FILTER` away, and decide in the handler"
    );
    assert!(
        M::CLAIM_CHECK_OVER.is_none(),
        "a large payload of the message is checked in, where no rule sees it: take `FILTER` or `claim_check_over` away"
    );
}
