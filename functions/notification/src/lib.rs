//! `notification`: tells customers by mail how their order ended.
//!
//! # What at-least-once means for mail
//! A mail server knows no idempotency keys. Each mail is sent under a lease (S-10 to S-13), so two attempts never run
//! at once, and one that is committed is never sent again. But where the process dies *between* the server's "250 OK"
//! and our commit, the next attempt sends the mail a second time. Nothing can prevent that; the two mails are the same
//! byte for byte, `Message-ID` included, since all of it is a function of the event and its effect key: many servers and mail
//! programs show such a pair as one. The [`Folder`] names files by the effect key, so there the second takes the first's
//! place.

mod effects;
mod letter;
mod mailer;
#[cfg(feature = "lambda")]
mod smtp;

pub use letter::{NotASender, Sender};
pub use mailer::{Folder, Mail, Mailer, Memory, Undelivered};
#[cfg(feature = "lambda")]
pub use smtp::{Smtp, SmtpError};

/// The handlers of `notification`, which write as `sender` and send through `mailer`.
pub fn service(mailer: impl Mailer, sender: Sender) -> waxseal::Service {
    let desk = std::sync::Arc::new(effects::Desk { mailer, sender });
    waxseal::Service::new("notification")
        .effect(effects::TellConfirmed(desk.clone()))
        .effect(effects::TellCancelled(desk))
}
