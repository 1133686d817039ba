//! Futures on the thread of a test.

use std::{
    future::{Future, pending},
    pin::pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
};

use tokio::runtime::{Builder, Handle};

/// Runs a future to its end on this thread. Timers, sockets and tasks of tokio are driven on a
/// thread of their own meanwhile.
///
/// ```
/// use std::time::Duration;
///
/// let late = waxseal_testing::block_on(async {
///     tokio::time::timeout(Duration::from_millis(5), std::future::pending::<()>()).await
/// });
/// assert!(late.is_err());
/// ```
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let _runtime = runtime().map(Handle::enter);
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => std::thread::park(),
        }
    }
}

/// The runtime of this process, as `waxseal-local` has one. It is never dropped, so `block_on` works
/// in a test of tokio too. It is absent where the machine gives it no thread.
fn runtime() -> Option<&'static Handle> {
    static RUNTIME: OnceLock<Option<Handle>> = OnceLock::new();
    let start = || {
        let runtime = Builder::new_current_thread().enable_all().build().ok()?;
        let handle = runtime.handle().clone();
        let drive = move || runtime.block_on(pending::<()>());
        thread::Builder::new().name("waxseal-testing".to_owned()).spawn(drive).ok()?;
        Some(handle)
    };
    RUNTIME.get_or_init(start).as_ref()
}
