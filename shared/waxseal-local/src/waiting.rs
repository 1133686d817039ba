//! The primitives of the environment that the running process waits for. A process that waits for
//! none of them waits for the outside.

use std::{
    cell::RefCell,
    future::{Future, poll_fn},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Waker},
};

thread_local! {
    /// The count of the process that is being polled on this thread.
    static RUNNING: RefCell<Option<Count>> = const { RefCell::new(None) };
}

/// The number of primitives that one process waits for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Count(Arc<AtomicU64>);

impl Count {
    pub(crate) fn is_zero(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }
}

/// The place of a process in a primitive of the environment. The process waits for the primitive
/// until this is dropped.
#[derive(Debug)]
pub(crate) struct Place(Option<Count>);

impl Place {
    /// A place for the running process.
    pub(crate) fn take() -> Self {
        let count = RUNNING.with_borrow(Clone::clone);
        if let Some(Count(count)) = &count {
            count.fetch_add(1, Ordering::Relaxed);
        }
        Self(count)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(Count(count)) = &self.0 {
            count.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// A task that waits in a primitive of the environment.
#[derive(Debug)]
pub(crate) struct Waiting {
    waker: Waker,
    _place: Place,
}

impl Waiting {
    pub(crate) fn new(context: &Context<'_>) -> Self {
        Self { waker: context.waker().clone(), _place: Place::take() }
    }

    pub(crate) fn wake(self) {
        self.waker.wake_by_ref();
    }
}

/// Polls for the process of this count; for `None`, places are not counted.
pub(crate) fn polling<T>(count: Option<&Count>, poll: impl FnOnce() -> T) -> T {
    /// A process may run the scheduler itself, and goes on as itself then.
    struct Outer(Option<Count>);
    impl Drop for Outer {
        fn drop(&mut self) {
            RUNNING.set(self.0.take());
        }
    }
    let _outer = Outer(RUNNING.replace(count.cloned()));
    poll()
}

/// Runs a future whose waits do not count: an invocation's end does not make it wait inside.
pub(crate) async fn uncounted<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    poll_fn(|context| polling(None, || future.as_mut().poll(context))).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_counts_for_the_process_that_took_it_until_it_is_dropped() {
        let (outer, inner) = (Count::default(), Count::default());
        let places = polling(Some(&outer), || {
            let first = Place::take();
            let second = polling(Some(&inner), Place::take);
            let uncounted = polling(None, Place::take);
            assert!(!outer.is_zero() && !inner.is_zero());
            (first, second, uncounted, Place::take())
        });
        drop((places.0, places.1, places.2));
        assert!(!outer.is_zero() && inner.is_zero());
        drop(places.3);
        assert!(outer.is_zero());
        drop(Place::take());
    }
}
