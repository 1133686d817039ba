//! The refusal of an aggregate: its own typed reason, or a fault.

use std::{error::Error, fmt, marker::PhantomData, time::Duration};

use crate::fault::Fault;

/// A decision that changes nothing, for the reason `R`: the [`Refusal`](crate::Aggregate::Refusal)
/// of its aggregate.
///
/// A refusal is final: no retry can help, and a message from a queue is dead-lettered with the
/// reason. [`Refusal::retry`] asks for another delivery instead. A caller of
/// [`Engine::call`](crate::Engine::call) gets the `R` itself. A [`Fault`] becomes a refusal without
/// an `R`, for a failure that is no decision, such as an impossible state.
///
/// ```
/// use waxseal::Refusal;
/// #[derive(Debug, PartialEq, thiserror::Error)]
/// #[error("order {0} is confirmed: it can no longer be cancelled")]
/// struct Confirmed(String);
///
/// fn cancel(is_confirmed: bool) -> Result<(), Refusal<Confirmed>> {
///     if is_confirmed { Err(Confirmed("o-1".into()))? }
///     Ok(())
/// }
/// let refusal = cancel(true).unwrap_err();
/// assert_eq!(refusal.reason(), Some(&Confirmed("o-1".into())));
/// assert!(refusal.is_final());
/// ```
#[derive(Debug)]
pub struct Refusal<R> {
    fault: Fault,
    reason: PhantomData<fn() -> R>,
}

impl<R: Error + Send + Sync + 'static> Refusal<R> {
    /// A refusal that a later delivery may decide otherwise: the message is delivered again.
    pub fn retry(reason: R) -> Self {
        Fault::retry(reason).into()
    }

    /// The reason, where it is the aggregate's own.
    #[must_use]
    pub fn reason(&self) -> Option<&R> {
        self.fault.reason().downcast_ref()
    }
}

impl<R> Refusal<R> {
    /// Asks for the next delivery after `delay` at the earliest, as [`Fault::after`] does. It has
    /// no effect on a final refusal.
    #[must_use]
    pub fn after(self, delay: Duration) -> Self {
        Self { fault: self.fault.after(delay), ..self }
    }

    /// Adds a text that may hold personal data, as [`Fault::quoting`] does. Only the dead letter
    /// shows it.
    #[must_use]
    pub fn quoting(self, text: impl AsRef<str>) -> Self {
        Self { fault: self.fault.quoting(text), ..self }
    }

    /// Whether no retry can help.
    #[must_use]
    pub fn is_final(&self) -> bool {
        self.fault.is_permanent()
    }

    /// The same as the fault of a run.
    #[must_use]
    pub fn into_fault(self) -> Fault {
        self.fault
    }
}

impl<R: Error + Send + Sync + 'static> From<R> for Refusal<R> {
    fn from(reason: R) -> Self {
        Fault::permanent(reason).into()
    }
}

impl<R: Error> From<Fault> for Refusal<R> {
    fn from(fault: Fault) -> Self {
        Self { fault, reason: PhantomData }
    }
}

impl<R> fmt::Display for Refusal<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fault.fmt(f)
    }
}
