//! The delivery around a body: what a message that has no envelope of its own gets from its transport.

use waxseal::{
    Foreign, Malformed, Raw, Service, Timestamp, Transport,
    dead_letter::{Attribute, Returned},
};

/// The time at which a delivery says that it was sent. It is read only where a message needs it.
pub(crate) type Sent<'a> = &'a dyn Fn() -> Option<Timestamp>;

/// A delivery, as the innermost transport shows it.
#[derive(Clone, Copy)]
pub(crate) struct Delivery<'a> {
    /// The service that the records are for. It says which foreign events it takes, and adapts plain JSON.
    pub(crate) service: Option<&'a Service>,
    pub(crate) transport: Transport<'a>,
    /// The transport's id.
    pub(crate) id: &'a str,
    pub(crate) sent: Sent<'a>,
    /// The message attributes.
    pub(crate) attributes: &'a [Attribute],
    /// The dead letter that came back.
    pub(crate) returned: Option<&'a Returned>,
}

impl<'a> Delivery<'a> {
    /// A delivery that says nothing about its message.
    pub(crate) fn by(transport: Transport<'a>, service: Option<&'a Service>) -> Self {
        Self { service, transport, id: "", sent: &|| None, attributes: &[], returned: None }
    }

    /// Whether the service handles or ignores a foreign event.
    pub(crate) fn takes(&self, name: &str, source: &str) -> bool {
        self.service.is_some_and(|service| service.handles(name, source) || service.ignores(name))
    }

    /// The event that the service's adapter sees in plain JSON; `None` without an adapter.
    pub(crate) fn adapted(&self, json: &str) -> Option<Result<Raw, Malformed>> {
        let service = self.service?;
        let record = Foreign::new(json, self.transport, self.id).with_attributes(self.attributes);
        service.adapted(&record.sent((self.sent)()), self.returned)
    }
}
