//! The order platform's declaration: the one place that says which services there are and how they
//! run.

use bytes::Bytes;
use fulfilment::Deadlines;
use http::{Request, Response};
use notification::{Mailer, Sender};
use order_events::Style;
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

/// The style that is deployed where nothing else is said: the one setting by which the application
/// chooses.
pub const DEPLOYED: Style = Style::Choreography;

/// The order platform in this style as it is declared, for templates and catalogs: no card is charged
/// and no mail is sent.
#[must_use]
pub fn declared(style: Style) -> App {
    let sender = SENDER.parse().expect("the sender is an address");
    app(
        style,
        Deadlines::default(),
        Outside { gateway: NoGateway, mailer: notification::Memory::default(), sender },
    )
}

/// No card is charged.
struct NoGateway;

impl Gateway for NoGateway {
    async fn send(&self, _: Request<Bytes>) -> Result<Response<Bytes>, BoxError> {
        Err("there is no gateway here".into())
    }
}

/// The order platform in this style. `deadlines` are those of `fulfilment`, which is there in
/// orchestration alone. Each style has a folder of written templates.
pub fn app(style: Style, deadlines: Deadlines, outside: Outside<impl Gateway, impl Mailer>) -> App {
    let Outside { gateway, mailer, sender } = outside;
    // A function without the variable is of the default style.
    let styled = |service: Deployed| match style {
        Style::Choreography => service,
        Style::Orchestration => service.variable(Style::VARIABLE, style.to_string()),
    };
    let app = App::new("shop")
        .service(styled(Deployed::new(orders::service(style)).http(orders::router)))
        // Popular articles are hot rows: one record at a time in two functions at once loses few
        // races.
        .service(styled(Deployed::new(inventory::service(style)).handlers(1).invocations(2)))
        .service(styled(
            // A duplicate that waits for a lease uses up receives, and a payment must not be given up for it.
            Deployed::new(payment::service(style, gateway)).max_receives(10).parameter(
                Parameter::new("PAYMENT_GATEWAY_URL", "the base URL of the payment gateway")
                    .on_localstack("http://127.0.0.1:8089"),
            ),
        ))
        .service(styled(Deployed::new(shipping::service(style))))
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
        // The shop's page of parcels, another team's, shows them.
        .handled_elsewhere("package.shipped")
        .handled_elsewhere("package.scanned");
    match style {
        Style::Choreography => app,
        Style::Orchestration => app
            .service(Deployed::new(fulfilment::service(deadlines)).http(fulfilment::router))
            // It rings the people on call.
            .handled_elsewhere("fulfilment.stuck")
            .templates_in("infra/orchestration"),
    }
}
