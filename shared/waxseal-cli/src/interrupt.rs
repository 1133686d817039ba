//! Ctrl-C and SIGTERM: noted, so that a command ends by its own way out.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use tokio::{
    runtime::Builder,
    signal::unix::{SignalKind, signal},
};

use crate::command_error::CommandError;

static IS_INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Begins to note signals, in the place of ending at once. A second call changes nothing.
pub(crate) fn watch() {
    thread::spawn(|| {
        let Ok(runtime) = Builder::new_current_thread().enable_all().build() else { return };
        let waited = runtime.block_on(async {
            let mut terminate = signal(SignalKind::terminate())?;
            tokio::select! {
                interrupted = tokio::signal::ctrl_c() => interrupted,
                _ = terminate.recv() => Ok(()),
            }
        });
        if waited.is_ok() {
            raise();
        }
    });
}

/// Notes an end that another part asks for.
pub(crate) fn raise() {
    IS_INTERRUPTED.store(true, Ordering::Relaxed);
}

/// Whether a signal has come.
pub(crate) fn is_raised() -> bool {
    IS_INTERRUPTED.load(Ordering::Relaxed)
}

/// Waits, and fails where a signal comes meanwhile.
pub(crate) fn sleep(time: Duration) -> Result<(), CommandError> {
    let end = Instant::now() + time;
    while Instant::now() < end {
        if is_raised() {
            return Err(CommandError::Interrupted);
        }
        thread::sleep(Duration::from_millis(50).min(end.saturating_duration_since(Instant::now())));
    }
    Ok(())
}
