//! What these tests share: services that are nothing but their catalog.

use waxseal::{
    Declared, Service,
    catalog::{Entry, Mode},
};
use waxseal_catalog::Deployed;

/// A service that handles each message and emits what stands beside it.
pub(crate) fn service(name: &str, entries: &[(Declared, &'static [Declared])]) -> Deployed {
    let mut service = Deployed::new(&Service::new(name));
    for (consumes, emits) in entries {
        service.catalog.push(Entry {
            service: name.to_owned(),
            handler: "handler",
            mode: Mode::Transactional,
            consumes: *consumes,
            emits,
        });
    }
    service
}
