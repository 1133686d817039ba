//! The messages of a program that publishes without a table.
//!
//! A handler's messages get ids that are a function of their cause. A program has no cause, so it
//! gives each message an id of its own. The id must be the same in every run that means the same
//! message, since it is what consumers remember.

use std::marker::PhantomData;

use serde_json::value::RawValue;

use crate::{emission::Emission, relay::publisher::PublishError};
use waxseal_message::{
    __owns, Command, Contains, Declared, Event, InvalidTenant, LONGEST_ID, Message, PublishingProgram, Raw,
    Tenant, Timestamp,
};

/// The messages of one publication of a [`PublishingProgram`], in order.
///
/// The id of a message must be unique in its program, and the same in every run that means the same
/// message: the number of an invoice, or the name and the line of a file. Not a random one. A
/// consumer remembers (program, id) for as long as it keeps receipts.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use waxseal::{PublishingProgram, relay::Messages};
/// #[derive(Serialize, Deserialize)] struct InvoicePaid { invoice: String }
/// waxseal::event!(InvoicePaid { name: "invoice.paid", version: 1, owner: "billing-import" });
/// struct BillingImport;
/// impl PublishingProgram for BillingImport {
///     const NAME: &str = "billing-import";
///     type Emits = (InvoicePaid,);
/// }
///
/// let mut messages = Messages::<BillingImport>::new();
/// for invoice in ["in-1", "in-2"] {
///     messages.emit(format!("{invoice}/paid"), &InvoicePaid { invoice: invoice.into() });
/// }
/// assert_eq!(messages.len(), 2);
/// ```
#[derive(Debug)]
pub struct Messages<P> {
    list: Vec<Prepared>,
    program: PhantomData<fn() -> P>,
}

/// A message before it gets an envelope.
#[derive(Debug)]
struct Prepared {
    id: String,
    declared: Declared,
    data: Result<Box<RawValue>, String>,
    tenant: Result<Option<Tenant>, InvalidTenant>,
}

impl<P> Default for Messages<P> {
    fn default() -> Self {
        Self { list: Vec::new(), program: PhantomData }
    }
}

impl<P: PublishingProgram> Messages<P> {
    /// No messages yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an event that the program declares and owns.
    pub fn emit<E: Event, At>(&mut self, id: impl Into<String>, event: &E) -> &mut Self
    where
        P::Emits: Contains<E, At>,
    {
        const {
            assert!(
                __owns::<P, E>(),
                "a program emits its own events alone: their `owner` is the program's `NAME`"
            );
        }
        self.push(id.into(), event)
    }

    /// Adds a command that the program declares.
    pub fn send<C: Command, At>(&mut self, id: impl Into<String>, command: &C) -> &mut Self
    where
        P::Emits: Contains<C, At>,
    {
        self.push(id.into(), command)
    }

    fn push<M: Message>(&mut self, id: String, message: &M) -> &mut Self {
        let data = serde_json::value::to_raw_value(message).map_err(|error| error.to_string());
        let tenant = message.tenant().map(|name| Tenant::new(&name)).transpose();
        self.list.push(Prepared { id, declared: Declared::of::<M>(), data, tenant });
        self
    }

    /// The messages in the form that a channel takes, each with its id: what a publisher publishes.
    pub fn emissions(&self, now: Timestamp) -> Vec<(&str, Result<Emission, PublishError>)> {
        self.list.iter().map(|message| (&*message.id, message.emission(P::NAME, now))).collect()
    }
}

impl<P> Messages<P> {
    /// The number of messages.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

impl Prepared {
    /// The message in its envelope, which starts a flow.
    fn emission(&self, program: &str, now: Timestamp) -> Result<Emission, PublishError> {
        let Self { id, declared, data, tenant } = self;
        let name = declared.name;
        if id.is_empty() || id.len() > LONGEST_ID {
            return Err(PublishError::refused(format!(
                "the id of {name} has {} bytes, and an id has 1 to {LONGEST_ID}",
                id.len()
            )));
        }
        let data = data
            .as_ref()
            .map_err(|error| PublishError::refused(format!("{name} cannot be written as JSON: {error}")))?;
        let envelope = Raw {
            id: id.clone(),
            name: name.to_owned(),
            version: declared.version,
            timestamp: now,
            source: program.to_owned(),
            correlation_id: id.clone(),
            causation_id: None,
            data: data.clone(),
            metadata: std::collections::BTreeMap::new(),
        };
        let (mut emission, to_check_in) = Emission::staged(declared, &envelope)
            .map_err(|fault| PublishError::refused(fault.reason().to_string()))?;
        if to_check_in {
            return Err(PublishError::refused(format!(
                "{name} has a payload of {} bytes, which its declaration checks in to a store: a program has none, so publish less",
                data.get().len()
            )));
        }
        emission.tenant = tenant.clone().unwrap_or_else(|error| {
            let (emits, reason) = (name, error.to_string());
            tracing::warn!(emits, reason, "its tenant is left off: SQS would refuse it");
            None
        });
        Ok(emission)
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;
    use waxseal_message::LONGEST_ID;

    #[derive(Serialize, Deserialize)]
    struct Paid {
        note: String,
    }
    waxseal_message::event!(Paid { name: "invoice.paid", version: 3, owner: "import", previous: PaidV2 });
    #[derive(Serialize, Deserialize)]
    struct PaidV2 {}
    waxseal_message::event!(PaidV2 { name: "invoice.paid", version: 2, owner: "import", previous: PaidV1 });
    #[derive(Serialize, Deserialize)]
    struct PaidV1 {}
    waxseal_message::event!(PaidV1 { name: "invoice.paid", version: 1, owner: "import" });
    impl From<PaidV1> for PaidV2 {
        fn from(_: PaidV1) -> Self {
            Self {}
        }
    }
    impl From<PaidV2> for Paid {
        fn from(_: PaidV2) -> Self {
            Self { note: String::new() }
        }
    }
    #[derive(Serialize, Deserialize)]
    struct Remind {
        customer: String,
    }
    waxseal_message::command!(Remind {
        name: "remind",
        version: 1,
        recipient: "mail",
        tenant: |remind| &remind.customer,
    });
    #[derive(Serialize, Deserialize)]
    struct Scanned {
        page: String,
    }
    waxseal_message::event!(Scanned {
        name: "page.scanned",
        version: 1,
        owner: "import",
        claim_check_over: 100
    });

    struct Import;
    impl PublishingProgram for Import {
        const NAME: &'static str = "import";
        type Emits = (Paid, Remind, Scanned);
    }

    fn reason(messages: &Messages<Import>) -> String {
        let (_, emission) = messages.emissions(Timestamp::UNIX_EPOCH).remove(0);
        emission.expect_err("it is refused").reason
    }

    #[test]
    fn s63_a_message_has_the_id_that_its_program_gave_in_every_run() {
        let at = |second| {
            let mut messages = Messages::<Import>::new();
            messages
                .emit("in-1/paid", &Paid { note: "1".into() })
                .send("in-1/remind", &Remind { customer: "c-7".into() });
            messages
                .emissions(Timestamp::from_second(second).unwrap_or_default())
                .into_iter()
                .map(|(id, emission)| (id.to_owned(), emission.expect("an emission")))
                .collect::<Vec<_>>()
        };
        for ((id, first), (_, second)) in at(1).into_iter().zip(at(100)) {
            let (first_header, second_header) = (first.header().expect("one"), second.header().expect("one"));
            assert_eq!((&*first_header.id, &*first_header.source), (&*id, "import"));
            assert_eq!(first_header.id, second_header.id, "a later run is the same message");
            assert_eq!(first.channel, second.channel);
        }
        let emissions = at(1);
        let paid = Raw::parse(emissions[0].1.envelope.get()).expect("an envelope");
        assert_eq!((&*paid.name, paid.version, &*paid.correlation_id), ("invoice.paid", 3, "in-1/paid"));
        assert_eq!(emissions[0].1.channel, "bus");
        assert_eq!(emissions[1].1.channel, "queue:mail");
        assert_eq!(emissions[1].1.tenant.as_ref().map(ToString::to_string).as_deref(), Some("c-7"));
    }

    #[test]
    fn s63_what_no_channel_takes_is_refused_alone_and_with_its_reason() {
        let paid = Paid { note: String::new() };
        let mut messages = Messages::<Import>::new();
        assert_eq!(
            reason(messages.emit("", &paid)),
            "the id of invoice.paid has 0 bytes, and an id has 1 to 256"
        );
        let mut messages = Messages::<Import>::new();
        assert!(reason(messages.emit("x".repeat(LONGEST_ID + 1), &paid)).contains("257 bytes"));
        let mut messages = Messages::<Import>::new();
        let large = Paid { note: "x".repeat(1024 * 1024) };
        messages.emit("large", &large).emit("small", &paid);
        let emissions = messages.emissions(Timestamp::UNIX_EPOCH);
        assert!(emissions[0].1.is_err() && emissions[1].1.is_ok());
        let mut messages = Messages::<Import>::new();
        assert!(
            reason(messages.emit("p", &Scanned { page: "x".repeat(200) })).contains("checks in to a store")
        );
    }
}
