//! `notification`: mails customers the end of their order.
//!
//! # What at-least-once means for mail
//! A mail server knows no idempotency keys. Each mail is sent under a lease (S-10 to S-13), so two
//! attempts never run at once, and a committed one is never sent again. But where the process dies
//! *between* the server's "250 OK" and the commit, the next attempt sends the mail a second time.
//! Nothing can prevent that. Both mails are equal byte for byte, `Message-ID` included, since they
//! are a function of the event and its effect key. Many servers and mail programs show such a pair
//! as one. The [`Folder`] names files by the effect key, so the second file replaces the first.

mod effects;
mod mail_text;
mod mailer;
#[cfg(feature = "lambda")]
mod smtp;

pub use mail_text::{NotASender, Sender};
pub use mailer::{Folder, Mail, Mailer, Memory, Undelivered};
#[cfg(feature = "lambda")]
pub use smtp::{Smtp, SmtpError};

/// The handlers of `notification`, which mail as `sender` through `mailer`.
pub fn service(mailer: impl Mailer, sender: Sender) -> waxseal::Service {
    let desk = std::sync::Arc::new(effects::Desk { mailer, sender });
    waxseal::Service::new("notification")
        .effect(effects::TellConfirmed(desk.clone()))
        .effect(effects::TellCancelled(desk))
}
