//! The order platform's declaration: the one place that says which services there are and how they
//! run.

use bytes::Bytes;
use http::{Request, Response};
use notification::{Mailer, Sender};
use payment::Gateway;
use waxseal::BoxError;
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

/// The sender of mails on this machine.
pub(crate) const SENDER: &str = "Waxseal Orders <orders@example.com>";

/// The order platform as it is declared, for templates and catalogs: no card is charged and no mail
/// is sent.
#[must_use]
pub fn declared() -> App {
    let sender = SENDER.parse().expect("the sender is an address");
    app(Outside { gateway: NoGateway, mailer: notification::Memory::default(), sender })
}

/// No card is charged.
struct NoGateway;

impl Gateway for NoGateway {
    async fn send(&self, _: Request<Bytes>) -> Result<Response<Bytes>, BoxError> {
        Err("there is no gateway here".into())
    }
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
            Deployed::new(payment::service(gateway)).max_receives(10).parameter(
                Parameter::new("PAYMENT_GATEWAY_URL", "the base URL of the payment gateway")
                    .on_localstack("http://127.0.0.1:8089"),
            ),
        )
        .service(
            Deployed::new(notification::service(mailer, sender))
                // A mail server may take its time for each step of a mail.
                .timeout(60)
                .parameter(
                    Parameter::secret("SMTP_URL", "the URL of the mail server, which may hold a password")
                        .on_localstack("smtp://127.0.0.1:1025"),
                )
                .parameter(
                    Parameter::new("MAIL_FROM", "who mails are from, such as Shop <orders@example.com>")
                        .on_localstack(SENDER),
                ),
        )
        .service(Deployed::new(analytics::service()))
}
