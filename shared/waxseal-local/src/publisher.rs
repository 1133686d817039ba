//! The publisher of a program that is no function.

use std::{fmt, marker::PhantomData};

use waxseal::{
    Command, Contains, Event, PublishingProgram,
    relay::{Messages, PublishError, Unpublished, UnpublishedMessage},
};

use crate::{local::Local, outbound::Channels};

/// Publishes as a [program](PublishingProgram) does that is no function, with the same messages under
/// the same ids (S-63).
///
/// No fault hits it: the publisher on AWS hides throttling by its retries.
pub struct Publisher<P> {
    channels: Channels,
    program: PhantomData<fn() -> P>,
}

impl<P> fmt::Debug for Publisher<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publisher").finish_non_exhaustive()
    }
}

impl Local {
    /// The publisher of a program that is no function.
    ///
    /// ```
    /// use serde::{Deserialize, Serialize};
    /// use waxseal::PublishingProgram;
    /// use waxseal_local::Local;
    /// #[derive(Serialize, Deserialize)] struct InvoicePaid { invoice: String }
    /// waxseal::event!(InvoicePaid { name: "invoice.paid", version: 1, owner: "billing-import" });
    /// struct BillingImport;
    /// impl PublishingProgram for BillingImport {
    ///     const NAME: &str = "billing-import";
    ///     type Emits = (InvoicePaid,);
    /// }
    ///
    /// let local = Local::builder().build();
    /// local.publisher::<BillingImport>().emit("in-1/paid", &InvoicePaid { invoice: "in-1".into() }).unwrap();
    /// ```
    #[must_use]
    pub fn publisher<P: PublishingProgram>(&self) -> Publisher<P> {
        Publisher { channels: self.channels.clone(), program: PhantomData }
    }
}

impl<P: PublishingProgram> Publisher<P> {
    /// Publishes one event.
    ///
    /// # Errors
    /// Where its channel does not take it.
    pub fn emit<E: Event, At>(&self, id: impl Into<String>, event: &E) -> Result<(), PublishError>
    where
        P::Emits: Contains<E, At>,
    {
        self.publish(Messages::<P>::new().emit(id, event)).map_err(Unpublished::into_error)
    }

    /// Sends one command to its recipient's queue.
    ///
    /// # Errors
    /// Where no service takes it.
    pub fn send<C: Command, At>(&self, id: impl Into<String>, command: &C) -> Result<(), PublishError>
    where
        P::Emits: Contains<C, At>,
    {
        self.publish(Messages::<P>::new().send(id, command)).map_err(Unpublished::into_error)
    }

    /// Publishes several messages, in order.
    ///
    /// # Errors
    /// The messages that were not published.
    pub fn publish(&self, messages: &Messages<P>) -> Result<(), Unpublished> {
        let now = self.channels.world.clock.now();
        let one = |(index, (id, emission)): (usize, (&str, Result<_, PublishError>))| {
            let result = emission.and_then(|emission| self.channels.publish_one(&emission, now));
            result.err().map(|error| UnpublishedMessage::new(index, id, error))
        };
        let unpublished = messages.emissions(now).into_iter().enumerate().filter_map(one).collect();
        Unpublished::unless_none(messages.len(), unpublished)
    }
}
