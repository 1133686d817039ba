//! The declaration of a program that publishes and is no Lambda function.

use crate::{
    emits::Emits,
    message::{Event, same},
};

/// A program that publishes messages and is no Lambda function: a service on ECS, a script.
///
/// The application and the program share this one declaration. The application derives the
/// program's permissions and the catalog from it. The program gets a publisher that takes these
/// messages alone.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use waxseal_message::PublishingProgram;
///
/// #[derive(Serialize, Deserialize)] struct InvoicePaid { invoice: String }
/// waxseal_message::event!(InvoicePaid { name: "invoice.paid", version: 1, owner: "billing-import" });
/// #[derive(Serialize, Deserialize)] struct SendReceipt { invoice: String }
/// waxseal_message::command!(SendReceipt { name: "send-receipt", version: 1, recipient: "mail" });
///
/// struct BillingImport;
/// impl PublishingProgram for BillingImport {
///     const NAME: &str = "billing-import";
///     type Emits = (InvoicePaid, SendReceipt);
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not declared as a publishing program",
    label = "not a publishing program",
    note = "declare it: `impl waxseal_message::PublishingProgram for {Self} {{ const NAME: &str = \"billing-import\"; type Emits = (InvoicePaid,); }}`"
)]
pub trait PublishingProgram: 'static {
    /// Its name, unique among the services and programs of the application. It is the source of
    /// everything that the program publishes, and the owner of its events.
    const NAME: &'static str;
    /// The events that it emits and the commands that it sends.
    type Emits: Emits;
}

/// Whether a program owns an event, for a constant assertion.
#[doc(hidden)]
#[must_use]
pub const fn __owns<P: PublishingProgram, E: Event>() -> bool {
    same(P::NAME, E::OWNER)
}
