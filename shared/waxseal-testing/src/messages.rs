//! Messages as they arrive and as they are emitted.

use waxseal::{Envelope, Message, Raw, Timestamp};

/// A message as it arrives: the start of a flow, under the id `id`, at 1970.
///
/// # Panics
/// Where `data` has no JSON form.
pub fn raw<M: Message>(id: &str, data: M) -> Raw {
    match Envelope::starting(id, M::OWNER, Timestamp::UNIX_EPOCH, data).into_raw() {
        Ok(raw) => raw,
        Err(error) => panic!("{} has no JSON form: {error}", M::NAME),
    }
}

/// The messages of one kind among `emitted`.
///
/// # Panics
/// Where one does not fit its type.
#[must_use]
pub fn of_kind<M: Message>(emitted: &[Raw]) -> Vec<M> {
    let decode = |raw: &Raw| raw.decode::<M>().map_or_else(|error| panic!("{error}"), |raw| raw.data);
    emitted.iter().filter(|raw| raw.name == M::NAME).map(decode).collect()
}
