//! The order platform's declaration: the one place that says which services there are and how they
//! run.

use notification::{Mailer, Sender};
use payment::Gateway;
use waxseal_catalog::{App, Deployed, Parameter};

/// The outside world of the services. Each environment brings its own.
#[derive(Debug, Clone)]
pub struct Outside<G, M> {
    /// The payment gateway.
    pub gateway: G,
    /// The way out for mails.
    pub mailer: M,
    /// The sender of mails.
    pub sender: Sender,
}

/// The order platform.
pub fn app(outside: Outside<impl Gateway, impl Mailer>) -> App {
    let Outside { gateway, mailer, sender } = outside;
    App::new("shop")
        .service(Deployed::new(orders::service()).http(orders::router))
        // Popular articles are hot rows: one record at a time in two functions at once loses few
        // races.
        .service(Deployed::new(inventory::service()).handlers(1).invocations(2))
        .service(
            // A duplicate that waits for a lease uses up receives, and a payment must not be given up for it.
            Deployed::new(payment::service(gateway))
                .max_receives(10)
                .parameter(Parameter::new("PAYMENT_GATEWAY_URL", "the base URL of the payment gateway")),
        )
        .service(
            Deployed::new(notification::service(mailer, sender))
                // A mail server may take its time for each step of a mail.
                .timeout(60)
                .parameter(Parameter::secret(
                    "SMTP_URL",
                    "the URL of the mail server, which may hold a password",
                ))
                .parameter(Parameter::new(
                    "MAIL_FROM",
                    "who mails are from, such as Shop <orders@example.com>",
                )),
        )
        .service(Deployed::new(analytics::service()))
}
