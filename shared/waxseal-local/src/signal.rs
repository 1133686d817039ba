//! "Something has changed, look again": wakes the tasks that wait.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use waxseal::lock::Lock;

/// A change that several tasks can wait for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Signal(Arc<Lock<State>>);

#[derive(Debug, Default)]
struct State {
    changes: u64,
    /// The wakers by the number of their wait: one or two, so that a list is enough.
    waiting: Vec<(u64, Waker)>,
    waits: u64,
}

impl Signal {
    pub(crate) fn notify(&self) {
        let mut state = self.0.lock();
        state.changes += 1;
        if state.waiting.is_empty() {
            return;
        }
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        waiting.into_iter().for_each(|(_, waker)| waker.wake());
    }

    /// Ends at the first change after this call.
    pub(crate) fn changed(&self) -> Changed {
        let seen = self.0.lock().changes;
        Changed { signal: self.clone(), seen, wait: None }
    }
}

/// See [`Signal::changed`]. It waits no longer when it is dropped.
#[derive(Debug)]
pub(crate) struct Changed {
    signal: Signal,
    seen: u64,
    /// Its number, while its waker is in the list.
    wait: Option<u64>,
}

impl Future for Changed {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let mut state = this.signal.0.lock();
        if state.changes != this.seen {
            this.wait = None;
            return Poll::Ready(());
        }
        if let Some((_, waker)) = state.waiting.iter_mut().find(|(wait, _)| Some(*wait) == this.wait) {
            waker.clone_from(context.waker());
            return Poll::Pending;
        }
        state.waits += 1;
        this.wait = Some(state.waits);
        let wait = (state.waits, context.waker().clone());
        state.waiting.push(wait);
        Poll::Pending
    }
}

impl Drop for Changed {
    fn drop(&mut self) {
        if self.wait.is_some() {
            self.signal.0.lock().waiting.retain(|(wait, _)| Some(*wait) != self.wait);
        }
    }
}

/// Ends when the first of both ends.
pub(crate) async fn first(one: impl Future<Output = ()>, other: impl Future<Output = ()>) {
    let (one, other) = (std::pin::pin!(one), std::pin::pin!(other));
    futures_util::future::select(one, other).await;
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt as _, task::noop_waker_ref};

    use super::*;

    #[test]
    fn a_wait_that_is_dropped_or_polled_again_leaves_no_waker_behind() {
        let signal = Signal::default();
        let mut context = Context::from_waker(noop_waker_ref());
        let waiting = |signal: &Signal| signal.0.lock().waiting.len();
        let mut one = signal.changed();
        let mut other = signal.changed();
        for _ in 0..3 {
            assert!(one.poll_unpin(&mut context).is_pending() && other.poll_unpin(&mut context).is_pending());
            assert_eq!(waiting(&signal), 2);
        }
        drop(other);
        assert_eq!(waiting(&signal), 1);
        signal.notify();
        assert!(one.poll_unpin(&mut context).is_ready());
        assert_eq!(waiting(&signal), 0);
    }
}
