//! Why a handler did not finish, and what happens next.

use std::{error::Error, fmt, time::Duration};

/// Any error, boxed.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// A failure that knows what should happen next.
///
/// A duplicate and a conflict are outcomes, not faults: a handler never sees them.
///
/// ```
/// use waxseal::Fault;
/// let slow = Fault::retry("the gateway answered 503").after(std::time::Duration::from_secs(30));
/// assert_eq!(slow.to_string(), "the gateway answered 503");
/// assert!(!slow.is_permanent());
/// assert!(Fault::permanent("no such currency: ZZZ").is_permanent());
/// ```
#[derive(Debug)]
pub struct Fault {
    next: Next,
    reason: BoxError,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Retry { after: Option<Duration> },
    Permanent,
}

impl Fault {
    /// It may work later: the record is reported as failed and its queue delivers it again.
    pub fn retry(reason: impl Into<BoxError>) -> Self {
        Self { next: Next::Retry { after: None }, reason: reason.into() }
    }

    /// No retry can help: the record goes to the dead-letter queue with this reason, at the first attempt (S-27).
    pub fn permanent(reason: impl Into<BoxError>) -> Self {
        Self { next: Next::Permanent, reason: reason.into() }
    }

    /// Asks for the retry not before `delay`; wins over the computed backoff (S-24). No effect on a permanent fault.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        if let Next::Retry { after } = &mut self.next {
            *after = Some(delay);
        }
        self
    }

    /// Whether no retry can help.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        self.next == Next::Permanent
    }

    /// The delay that was asked for.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self.next {
            Next::Retry { after } => after,
            Next::Permanent => None,
        }
    }

    /// The reason, to look for a type of one's own: `fault.reason().downcast_ref::<Refused>()`.
    #[must_use]
    pub fn reason(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.reason
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)
    }
}

/// A reason as one line, its causes included: a log line and a dead letter need the whole chain, and neither takes a
/// line break.
#[must_use]
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    if text.contains(['\n', '\r']) {
        let lines = text.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty());
        text = lines.collect::<Vec<_>>().join(" ");
    }
    text
}
