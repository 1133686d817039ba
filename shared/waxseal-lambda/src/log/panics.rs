//! Panics as log lines: one JSON object each, without a backtrace beside it.

use std::{
    panic,
    sync::atomic::{AtomicBool, Ordering},
};

use waxseal::{
    clip,
    panic::{Caught, is_reported},
};

use super::line::print_error;

/// Whether an invocation has come. From then on the message of a panic may quote its payload.
static IS_SERVING: AtomicBool = AtomicBool::new(false);

/// Bytes of a message during init.
const LONGEST_MESSAGE: usize = 2048;

/// Notes that an invocation has come.
pub(crate) fn begin_serving() {
    IS_SERVING.store(true, Ordering::Relaxed);
}

/// From now on the process reports its panics as JSON lines on standard error. A panic that is caught and reported with its
/// record has no line of its own.
pub(super) fn report() {
    panic::set_hook(Box::new(|info| {
        if is_reported(info.location()) {
            return;
        }
        let place = info.location().map(ToString::to_string);
        let caught = Caught::new(info.payload(), None).to_string();
        let mut message = caught.strip_prefix(": ").unwrap_or(&caught).to_owned();
        if !IS_SERVING.load(Ordering::Relaxed)
            && let Some(text) = info.payload_as_str()
        {
            message = clip(text, LONGEST_MESSAGE).into_owned();
        }
        let place = place.unwrap_or_default();
        print_error("the process panicked", &[("panic", &message), ("location", &place)]);
    }));
}
