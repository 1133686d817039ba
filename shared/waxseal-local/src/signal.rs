//! "Something has changed, look again": wakes every waiting task.

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
    waiting: Vec<Waker>,
}

impl Signal {
    pub(crate) fn notify(&self) {
        let mut state = self.0.lock();
        state.changes += 1;
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Ends at the first change after this call.
    pub(crate) fn changed(&self) -> Changed {
        let seen = self.0.lock().changes;
        Changed { signal: self.clone(), seen }
    }
}

/// See [`Signal::changed`].
#[derive(Debug)]
pub(crate) struct Changed {
    signal: Signal,
    seen: u64,
}

impl Future for Changed {
    type Output = ();
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.signal.0.lock();
        if state.changes != self.seen {
            return Poll::Ready(());
        }
        state.waiting.push(context.waker().clone());
        Poll::Pending
    }
}

/// Ends when the first of both ends.
pub(crate) async fn first(one: impl Future<Output = ()>, other: impl Future<Output = ()>) {
    let (one, other) = (std::pin::pin!(one), std::pin::pin!(other));
    futures_util::future::select(one, other).await;
}
