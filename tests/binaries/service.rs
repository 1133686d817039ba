//! The six binaries: the variables of each, an event that it takes, and the effect of that event.

use serde_json::{Value, json};
use waxseal_tests::{
    aws::Aws,
    deliveries::{self, failures, sqs},
    outside::{Gateway, MailServer},
    runtime_api::{Lambda, Variables},
};

pub(crate) const PLACE_ORDER: &str = include_str!("../../functions/orders/samples/place-order.json");

/// One function.
pub(crate) struct Service {
    pub(crate) name: &'static str,
    /// An event that it takes, in an SQS delivery.
    sample: &'static str,
    /// The variables that it needs besides those of every function on a table.
    pub(crate) own: &'static [&'static str],
    /// Prepares its table for the sample.
    pub(crate) prepare: fn(&mut Lambda),
    /// The effect of the sample.
    pub(crate) effect: fn(&World) -> Value,
    pub(crate) once: fn() -> Value,
}

/// The binaries that handle events. The relay publishes and handles none.
pub(crate) const SERVICES: [Service; 5] = [
    Service {
        name: "orders",
        sample: include_str!("../../functions/orders/samples/payment-captured.json"),
        own: &[],
        prepare: |lambda| {
            let answer = lambda.invoke(PLACE_ORDER).unwrap();
            let answer: Value = serde_json::from_slice(&answer).unwrap();
            assert_eq!(answer["statusCode"], 202, "{answer}");
        },
        effect: |world| {
            let order = world.aws.entity("order", "ord-2026-104711");
            json!([order["status"], order["version"], order["total"]])
        },
        once: || json!(["confirmed", 2, 5230]),
    },
    Service {
        name: "inventory",
        sample: include_str!("../../functions/inventory/samples/order-placed.json"),
        own: &[],
        prepare: |lambda| {
            let stock = |sku: &str| {
                json!({
                    "eventId": format!("delivery-{sku}"), "eventType": "receive-stock", "eventVersion": 1,
                    "timestamp": "2026-11-21T08:00:00Z", "source": "warehouse", "correlationId": "lorry-7",
                    "data": {"sku": sku, "quantity": 40},
                })
                .to_string()
            };
            let batch = sqs(&[("s-1", stock("tee-organic-m")), ("s-2", stock("mug-stoneware-grün"))]);
            assert_eq!(text(lambda.invoke(batch).unwrap()), failures(&[]));
        },
        effect: |world| {
            let stock = |sku| world.aws.entity("stock", sku);
            json!([stock("tee-organic-m"), stock("mug-stoneware-grün")])
        },
        once: || json!([{"onHand": 38, "reserved": 2}, {"onHand": 39, "reserved": 1}]),
    },
    Service {
        name: "payment",
        sample: include_str!("../../functions/payment/samples/stock-reserved.json"),
        own: &["PAYMENT_GATEWAY_URL"],
        prepare: |_| {},
        effect: |world| {
            let charges: Vec<Value> = world.gateway.charges().into_values().collect();
            json!([charges, world.gateway.requests(), world.aws.entity("money", "ord-2026-104711")["state"]])
        },
        once: || {
            let charge = json!({
                "orderId": "ord-2026-104711", "amount": 5230, "currency": "EUR", "token": "tok_visa", "chargeId": "ch_1",
            });
            let payment =
                json!({"status": "captured", "amount": 5230, "currency": "EUR", "chargeId": "ch_1"});
            json!([[charge], 1, payment])
        },
    },
    Service {
        name: "notification",
        sample: include_str!("../../functions/notification/samples/order-confirmed.json"),
        own: &["SMTP_URL", "MAIL_FROM"],
        prepare: |_| {},
        effect: |world| {
            let mails = world.mail.mails();
            mails.iter().map(|mail| json!([mail.from, mail.to])).collect()
        },
        once: || json!([["orders@waxseal.example", ["zoe.nunez@example.es"]]]),
    },
    Service {
        name: "analytics",
        sample: include_str!("../../functions/analytics/samples/bus-and-topic.json"),
        own: &[],
        prepare: |_| {},
        effect: |world| {
            let tallies = world
                .aws
                .items()
                .into_iter()
                .filter(|item| item.key.sort.starts_with("row#placed/"))
                .map(|item| serde_json::from_str(item.get_text("data").unwrap()).unwrap());
            Value::Array(tallies.collect())
        },
        once: || json!([{"orders": 1, "sum": 5230}]),
    },
];

pub(crate) fn service(name: &str) -> &'static Service {
    SERVICES.iter().find(|service| service.name == name).unwrap()
}

impl Service {
    /// The sample's body.
    pub(crate) fn body(&self) -> String {
        deliveries::body(self.sample)
    }
}

/// The surroundings of one function.
pub(crate) struct World {
    pub(crate) aws: Aws,
    pub(crate) gateway: Gateway,
    pub(crate) mail: MailServer,
}

impl World {
    pub(crate) fn new() -> Self {
        Self { aws: Aws::start("shop"), gateway: Gateway::start(), mail: MailServer::start() }
    }

    /// A world that is prepared for `service`'s sample, and the function in it.
    pub(crate) fn with(service: &Service) -> (Self, Lambda) {
        let world = Self::new();
        let mut lambda = world.start(service.name);
        lambda.ready();
        (service.prepare)(&mut lambda);
        (world, lambda)
    }

    /// Asserts that `service`'s sample took effect, once.
    pub(crate) fn assert_effect(&self, service: &Service) {
        assert_eq!((service.effect)(self), (service.once)(), "{}", service.name);
    }

    /// The variables that the binary of this name needs, and no others.
    pub(crate) fn variables(&self, name: &str) -> Variables {
        let mut variables = self.aws.variables();
        let own: &[(&str, String)] = match name {
            "payment" => &[("PAYMENT_GATEWAY_URL", self.gateway.url())],
            "notification" => &[
                ("SMTP_URL", self.mail.url()),
                ("MAIL_FROM", "Wachssiegel-Läden <orders@waxseal.example>".to_owned()),
            ],
            "relay" => &[
                ("WAXSEAL_BUS", "shop".to_owned()),
                ("WAXSEAL_TOPIC_STOCK", "arn:aws:sns:eu-central-1:123456789012:stock".to_owned()),
            ],
            _ => &[],
        };
        variables.extend(own.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        variables
    }

    pub(crate) fn start(&self, name: &str) -> Lambda {
        Lambda::start(name, &self.variables(name))
    }
}

pub(crate) fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

/// The lines of a log about one record.
pub(crate) fn lines_about(log: &[String], record: &str) -> Vec<Value> {
    log.iter()
        .map(|line| serde_json::from_str::<Value>(line).unwrap_or_else(|_| panic!("not JSON: {line}")))
        .filter(|line| line["record"] == record)
        .collect()
}

/// Asserts that no log line holds a customer's data.
pub(crate) fn assert_no_payload(log: &[String]) {
    for line in log {
        for secret in ["zoe.nunez", "Núñez", "tok_visa", "Wachssiegel"] {
            assert!(!line.contains(secret), "a payload in a log line: {line}");
        }
    }
}
