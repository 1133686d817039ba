//! What these tests share: services that are nothing but their catalog.

use waxseal::{
    Declared,
    catalog::{Entry, Mode},
};
use waxseal_catalog::Deployed;

/// A service that handles each message and emits what stands beside it.
pub(crate) fn service(name: &str, entries: &[(Declared, &'static [Declared])]) -> Deployed {
    let entry = |(consumes, emits): &(Declared, &'static [Declared])| Entry {
        service: name.to_owned(),
        handler: "handler",
        mode: Mode::Transactional,
        consumes: *consumes,
        emits,
    };
    Deployed::of_catalog(name, entries.iter().map(entry).collect())
}
