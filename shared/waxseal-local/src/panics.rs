//! The places of panics. A handler's panic is caught, and its dead letter says where it began.

use std::{panic, sync::Once, thread};

/// Has the panic hook of this process keep the place of a caught panic. The hook before it still
/// prints.
pub(crate) fn keep_places() {
    static ONCE: Once = Once::new();
    // A hook cannot be taken while its thread panics.
    if !thread::panicking() {
        ONCE.call_once(|| {
            let before = panic::take_hook();
            panic::set_hook(Box::new(move |info| {
                waxseal::panic::is_reported(info.location());
                before(info);
            }));
        });
    }
}
