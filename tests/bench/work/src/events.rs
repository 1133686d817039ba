//! The deliveries: SQS batches of EventBridge events of 1.3 KB each, all distinct.

use serde_json::{Value, json};

/// One event with the facts for the books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Unique.
    pub id: String,
    /// The ledger that it is booked to.
    pub account: String,
    /// In minor units.
    pub amount: i64,
}

/// The number of accounts. It is so large that no batch has one twice: peers that handle records
/// concurrently would only race with themselves.
pub const ACCOUNTS: usize = 500;

/// The price of all lines but the first.
const REST: i64 = 1250 + 3 * 990 + 4990;

/// Makes an endless sequence of events.
#[derive(Debug, Default)]
pub struct Feed {
    count: usize,
}

impl Feed {
    /// The next events.
    pub fn take(&mut self, count: usize) -> Vec<Event> {
        (0..count)
            .map(|_| {
                self.count += 1;
                let number = self.count;
                Event {
                    id: format!("6f0c0b0e-8f0a-8c9d-b1b4-{number:012x}"),
                    account: format!("acc-{:05}", number % ACCOUNTS),
                    amount: 2 * unit_price(number) + REST,
                }
            })
            .collect()
    }
}

fn unit_price(number: usize) -> i64 {
    i64::try_from(number % 4000).unwrap_or_default() + 1
}

/// The payload of one invocation.
pub fn batch(events: &[Event]) -> Vec<u8> {
    json!({"Records": events.iter().map(record).collect::<Vec<_>>()}).to_string().into_bytes()
}

fn record(event: &Event) -> Value {
    let suffix = &event.id[event.id.len() - 12..];
    json!({
        "messageId": format!("059f36b4-87a3-44ab-83d2-{suffix}"),
        "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a+bGcvb4SxbVtOaAMmnEzgzwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
        "body": body(event, suffix).to_string(),
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1795253401512",
            "SenderId": "AIDAIE5QJ7NXMBKGEV2SS",
            "ApproximateFirstReceiveTimestamp": "1795253401530",
        },
        "messageAttributes": {},
        "md5OfBody": "7b270e59b47ff90a553787216d55d91d",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:payments",
        "awsRegion": "eu-central-1",
    })
}

/// An EventBridge event around Waxseal's envelope.
fn body(event: &Event, suffix: &str) -> Value {
    json!({
        "version": "0",
        "id": format!("17793124-05d4-b198-2fde-{suffix}"),
        "detail-type": "payment.captured",
        "source": "payment",
        "account": "123456789012",
        "time": "2026-11-21T09:30:01Z",
        "region": "eu-central-1",
        "resources": [],
        "detail": envelope(event, suffix),
    })
}

/// The envelope alone.
#[must_use]
pub fn envelope_of(event: &Event) -> Value {
    envelope(event, &event.id[event.id.len() - 12..])
}

fn envelope(event: &Event, suffix: &str) -> Value {
    json!({
            "eventId": event.id,
            "eventType": "payment.captured",
            "eventVersion": 1,
            "timestamp": "2026-11-21T09:30:00.123Z",
            "source": "payment",
            "correlationId": format!("web-{suffix}"),
            "causationId": format!("web-{suffix}"),
            "data": {
                "account": event.account,
                "amount": event.amount,
                "currency": "EUR",
                "orderId": format!("ord-2026-{suffix}"),
                "customer": {
                    "id": format!("c-{suffix}"),
                    "name": "Zoë Núñez-Peña",
                    "email": "zoe.nunez@example.es",
                    "address": ["Calle de la Cruz 17, 3º izq.", "Escalera B, timbre 12, portería", "28012 Madrid", "España"],
                },
                "lines": [
                    {
                        "sku": "tee-organic-m",
                        "title": "T-shirt, organic cotton, size M, forest green",
                        "quantity": 2,
                        "unitPrice": (event.amount - REST) / 2,
                    },
                    {
                        "sku": "mug-stoneware-grün",
                        "title": "Mug, stoneware, 0,33 l, hand glazed, grün",
                        "quantity": 1,
                        "unitPrice": 1250,
                    },
                    {
                        "sku": "candle-beeswax-12",
                        "title": "Candle, pure beeswax, 12 cm, burns for nine hours",
                        "quantity": 3,
                        "unitPrice": 990,
                    },
                    {
                        "sku": "throw-merino-grey",
                        "title": "Throw, merino wool, 130 × 180 cm, light grey",
                        "quantity": 1,
                        "unitPrice": 4990,
                    },
                ],
            },
            "metadata": {
                "tenant": "zürich",
                "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            },
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_body_has_1300_bytes_and_its_lines_add_up() {
        let mut feed = Feed::default();
        for event in feed.take(4100) {
            let payload: Value = serde_json::from_slice(&batch(std::slice::from_ref(&event))).unwrap();
            let body = payload["Records"][0]["body"].as_str().unwrap();
            assert!((1_280..=1_320).contains(&body.len()), "{}", body.len());
            let body: Value = serde_json::from_str(body).unwrap();
            let lines = body["detail"]["data"]["lines"].as_array().unwrap();
            let sum: i64 = lines
                .iter()
                .map(|line| line["quantity"].as_i64().unwrap() * line["unitPrice"].as_i64().unwrap())
                .sum();
            assert_eq!(sum, event.amount);
            assert!(sum > 0);
        }
    }

    #[test]
    fn no_id_comes_twice_and_no_account_twice_in_a_batch() {
        let mut feed = Feed::default();
        let mut ids = BTreeSet::new();
        for _ in 0..20 {
            let batch = feed.take(100);
            assert_eq!(batch.iter().map(|event| &event.account).collect::<BTreeSet<_>>().len(), 100);
            assert!(batch.into_iter().all(|event| ids.insert(event.id)));
        }
    }
}
