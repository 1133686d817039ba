//! Shared by these tests: services that are known by their catalogs.

use waxseal::{Declared, catalog::Entry};
use waxseal_catalog::Deployed;

/// A service with a handler for each message, which emits the messages beside it.
pub(crate) fn service(name: &str, entries: &[(Declared, &'static [Declared])]) -> Deployed {
    let entry =
        |(consumes, emits): &(Declared, &'static [Declared])| Entry::new(name, "handler", *consumes, emits);
    Deployed::of_catalog(name, entries.iter().map(entry).collect())
}
