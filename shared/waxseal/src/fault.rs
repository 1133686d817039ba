//! Faults: the reason why a handler did not finish, and the consequence.

use std::{error::Error, fmt, time::Duration};

use waxseal_message::Quoted;

/// Any error, boxed.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// A failure with its consequence.
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
    may_have_acted: bool,
    reason: BoxError,
    quoted: Option<Quoted>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Retry { after: Option<Duration> },
    Permanent,
}

impl Fault {
    /// A fault that may pass: the record is reported as failed, and its queue delivers it again.
    pub fn retry(reason: impl Into<BoxError>) -> Self {
        Self { next: Next::Retry { after: None }, may_have_acted: true, reason: reason.into(), quoted: None }
    }

    /// A fault that no retry can help: the record goes to the dead-letter queue with this reason,
    /// at the first attempt (S-27).
    ///
    /// From an [`Effect`](crate::Effect) it means that the outside system refused and did nothing.
    /// Once the cause is removed, a redrive acts again, however late (S-19). Where that is not
    /// certain, add [`Fault::may_have_acted`].
    pub fn permanent(reason: impl Into<BoxError>) -> Self {
        Self { next: Next::Permanent, may_have_acted: false, reason: reason.into(), quoted: None }
    }

    /// Asks for a retry after `delay` at the earliest, instead of the computed backoff (S-24). It
    /// has no effect on a permanent fault.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        if let Next::Retry { after } = &mut self.next {
            *after = Some(delay);
        }
        self
    }

    /// States that an [`Effect`](crate::Effect) may have been applied nevertheless, for example
    /// where the answer cannot be read. A redrive acts again only while the outside system
    /// remembers the key. Later the outcome is unknown, and a person decides (S-19). This is the
    /// default of a fault that asks for a retry; [`Fault::did_not_act`] changes it.
    ///
    /// ```
    /// use waxseal::Fault;
    /// let odd = Fault::permanent("201, and no charge id in the answer").may_have_acted();
    /// assert!(odd.is_permanent());
    /// ```
    #[must_use]
    pub fn may_have_acted(mut self) -> Self {
        self.may_have_acted = true;
        self
    }

    /// States that an [`Effect`](crate::Effect) was certainly not applied, for example where the
    /// outside system answered that it has too many requests. This is the default of a permanent
    /// fault; [`Fault::may_have_acted`] changes it.
    ///
    /// ```
    /// use waxseal::Fault;
    /// let busy = Fault::retry("429, too many requests").did_not_act();
    /// assert!(!busy.is_permanent());
    /// ```
    #[must_use]
    pub fn did_not_act(mut self) -> Self {
        self.may_have_acted = false;
        self
    }

    /// Whether the outside system has refused, so that nothing was done.
    pub(crate) fn is_refusal(&self) -> bool {
        !self.may_have_acted
    }

    /// Adds a text that may hold personal data, such as a server's answer. Only the dead letter
    /// shows it.
    ///
    /// ```
    /// use waxseal::Fault;
    /// let fault = Fault::permanent("the gateway refuses the card").quoting("no account of anna@example.com");
    /// assert_eq!(fault.to_string(), "the gateway refuses the card: [30 bytes withheld: only a dead letter shows them]");
    /// ```
    #[must_use]
    pub fn quoting(mut self, text: impl AsRef<str>) -> Self {
        self.quoted = Some(Quoted::new(text));
        self
    }

    /// Whether no retry can help.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        self.next == Next::Permanent
    }

    /// The delay that [`Fault::after`] asked for.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self.next {
            Next::Retry { after } => after,
            Next::Permanent => None,
        }
    }

    /// The reason. It can be searched for a type: `fault.reason().downcast_ref::<Refused>()`.
    #[must_use]
    pub fn reason(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.reason
    }

    /// The reason itself, where it is a `T`.
    pub(crate) fn into_reason<T: Error + 'static>(self) -> Result<T, Self> {
        match self.reason.downcast::<T>() {
            Ok(reason) => Ok(*reason),
            Err(reason) => Err(Self { reason, ..self }),
        }
    }

    pub(crate) fn quoted(&self) -> Option<&Quoted> {
        self.quoted.as_ref()
    }
}

/// An error that knows what follows from it. With it `?` turns the error into a [`Fault`] in a handler.
///
/// ```
/// use waxseal::{Fault, IntoFault};
/// enum GatewayError { Busy, UnknownCard }
/// impl IntoFault for GatewayError {
///     fn into_fault(self) -> Fault {
///         match self {
///             Self::Busy => Fault::retry("the gateway is busy").did_not_act(),
///             Self::UnknownCard => Fault::permanent("the gateway does not know the card"),
///         }
///     }
/// }
/// fn charge() -> Result<(), Fault> {
///     Err(GatewayError::UnknownCard)?
/// }
/// assert!(charge().unwrap_err().is_permanent());
/// ```
#[diagnostic::on_unimplemented(
    message = "a handler must say what follows from `{Self}`: the message comes again, or it is a dead letter",
    label = "say `.map_err(Fault::retry)?` or `.map_err(Fault::permanent)?`",
    note = "`Fault::retry`: it may pass, so the message comes again. `Fault::permanent`: no retry can help, so it is a dead letter",
    note = "for an error of your own, `impl waxseal::IntoFault` says it once"
)]
pub trait IntoFault {
    /// The fault.
    fn into_fault(self) -> Fault;
}

impl<E: IntoFault> From<E> for Fault {
    fn from(error: E) -> Self {
        error.into_fault()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)?;
        self.quoted.as_ref().map_or(Ok(()), |quoted| write!(f, ": {quoted}"))
    }
}
