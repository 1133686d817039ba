//! Panics of a user's code: caught with their place, and reported once with their record (S-6).

use std::{
    any::Any,
    cell::{Cell, RefCell},
    fmt,
    panic::{AssertUnwindSafe, Location, catch_unwind},
    pin::pin,
    task::Poll,
};

use waxseal_message::{Malformed, Quoted};

/// A panic that was caught.
///
/// A message that is a literal of the program is shown. A message that was formatted at run time
/// may quote a payload, so it is [`Quoted`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caught {
    place: Option<String>,
    message: Message,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Message {
    Ours(&'static str),
    Quoted(Quoted),
}

thread_local! {
    /// The number of nested calls of [`catch`] on this thread.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    /// The place where the last panic under one of them began.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

impl Caught {
    /// A panic with its payload and the place where it began.
    #[must_use]
    pub fn new(payload: &(dyn Any + Send), place: Option<String>) -> Self {
        let message = match payload.downcast_ref::<&'static str>() {
            Some(literal) => Message::Ours(literal),
            None => match payload.downcast_ref::<String>() {
                Some(text) => Message::Quoted(Quoted::new(text)),
                None => Message::Ours("no message"),
            },
        };
        Self { place, message }
    }

    /// A malformed record: `what` panicked, and no handler.
    pub(crate) fn into_malformed(self, what: &str) -> Malformed {
        match &self.message {
            Message::Ours(_) => Malformed::new(format!("{what} panicked{self}")),
            Message::Quoted(quoted) => {
                Malformed::new(format!("{what} panicked{}", At(&self.place))).quoting(quoted.text())
            }
        }
    }

    /// The report with the full message, for a dead letter.
    pub(crate) fn whole(&self) -> String {
        match &self.message {
            Message::Ours(_) => format!("the handler panicked{self}"),
            Message::Quoted(quoted) => format!("the handler panicked{}: {}", At(&self.place), quoted.text()),
        }
    }
}

/// Place and message, as they follow the word "panicked".
impl fmt::Display for Caught {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = At(&self.place);
        match &self.message {
            Message::Ours(literal) => {
                write!(f, "{place}: {}", crate::clip(literal, crate::LONGEST_REASON / 2))
            }
            Message::Quoted(quoted) => write!(f, "{place}: {quoted}"),
        }
    }
}

struct At<'a>(&'a Option<String>);

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |place| write!(f, " at {place}"))
    }
}

/// The message in a panic's payload. It may quote texts from outside, so it must not be logged.
#[must_use]
pub fn message(payload: &(dyn Any + Send)) -> &str {
    let literal = payload.downcast_ref::<&'static str>().copied();
    literal.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

/// Whether the panic that has just begun on this thread is caught and reported with its record, for
/// use in a panic hook. The place is kept for that report.
pub fn is_reported(place: Option<&Location<'_>>) -> bool {
    let is_caught = DEPTH.get() > 0;
    if is_caught {
        let place = place.map(ToString::to_string);
        // A hook must not panic.
        let _ = PLACE.try_with(|kept| kept.try_borrow_mut().map(|mut kept| *kept = place));
    }
    is_caught
}

/// Runs `run` and turns its panic into an error. Values that it left half changed must not be used
/// again.
///
/// # Errors
/// Where `run` panicked.
pub fn catch<T>(run: impl FnOnce() -> T) -> Result<T, Caught> {
    struct Entered;
    impl Drop for Entered {
        fn drop(&mut self) {
            DEPTH.set(DEPTH.get().saturating_sub(1));
        }
    }
    DEPTH.set(DEPTH.get() + 1);
    let entered = Entered;
    let result = catch_unwind(AssertUnwindSafe(run));
    drop(entered);
    result.map_err(|payload| Caught::new(&*payload, PLACE.take()))
}

/// As [`catch`], for a future.
///
/// # Errors
/// Where the future panicked.
pub async fn catch_async<F: Future>(future: F) -> Result<F::Output, Caught> {
    let mut future = pin!(future);
    std::future::poll_fn(|context| match catch(|| future.as_mut().poll(context)) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
        Err(caught) => Poll::Ready(Err(caught)),
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s6_a_literal_is_shown_and_a_text_with_values_is_not() {
        let user = std::hint::black_box("anna@example.com");
        let literal = catch(|| panic!("no such currency")).map(drop).unwrap_err();
        assert_eq!(literal.to_string(), ": no such currency");
        let caught = catch(|| panic!("no account for {user}")).map(drop).unwrap_err();
        assert_eq!(caught.to_string(), ": [31 bytes withheld: only a dead letter shows them]");
        assert_eq!(caught.whole(), "the handler panicked: no account for anna@example.com");
        assert!(!format!("{caught:?}").contains("anna"));
    }

    #[test]
    fn s6_only_a_panic_that_is_caught_is_reported_with_its_record() {
        assert!(!is_reported(Some(Location::caller())));
        let caught = catch(|| {
            assert!(is_reported(Some(Location::caller())));
            panic!("on purpose");
        });
        // Only the hook records the place, and the line above called it.
        assert!(caught.map(drop).unwrap_err().to_string().starts_with(" at shared/waxseal/src/panic.rs:"));
        assert!(!is_reported(Some(Location::caller())));
    }
}
