//! The stand-in for the payment gateway. It honours idempotency keys, declines, and loses answers.
//!
//! It speaks the gateway's HTTP, so `payment` calls it exactly as it calls the real one. Its book
//! is the truth about money: `payment` may not know yet of an amount that the gateway captured.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, MutexGuard},
    time::Duration,
};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use order_events::Currency;
use serde::Deserialize;
use serde_json::{Value, json};
use waxseal::{BoxError, lock::Lock};
use waxseal_local::{Clock, Random};

/// The gateway. Clones are the same one.
#[derive(Debug, Clone)]
pub struct Gateway {
    clock: Arc<Clock>,
    random: Arc<Random>,
    book: Arc<Lock<Book>>,
}

/// Its memory.
#[derive(Debug, Default)]
struct Book {
    /// The request with each key and its answer, for ever.
    answers: BTreeMap<String, (Value, StatusCode, Value)>,
    captured: BTreeMap<Currency, u64>,
    refunded: BTreeMap<Currency, u64>,
    /// The amount that each order has paid and not got back.
    paid: BTreeMap<String, u64>,
    /// Orders whose first answer was lost.
    lost: BTreeSet<String>,
    /// The keys of charges that went back, or are never to be made.
    reversed: BTreeSet<String>,
    requests: u64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Charge {
    order_id: String,
    amount: u64,
    currency: Currency,
    token: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Refund {
    order_id: String,
    amount: u64,
    currency: Currency,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reversal {
    charge_key: String,
}

/// The answer was lost on the way: the caller cannot know the outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the gateway did not answer in time")]
pub struct LostAnswer;

impl Gateway {
    /// A gateway with an empty book.
    #[must_use]
    pub fn new(clock: Arc<Clock>, random: Arc<Random>) -> Self {
        Self { clock, random, book: Arc::default() }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock()
    }

    /// The captured amounts per currency, without refunds.
    #[must_use]
    pub fn captured(&self) -> BTreeMap<Currency, u64> {
        let book = self.book();
        let net = |(currency, captured): (&Currency, &u64)| {
            let refunded = book.refunded.get(currency).copied().unwrap_or_default();
            (*currency, captured.saturating_sub(refunded))
        };
        book.captured.iter().map(net).filter(|(_, net)| *net > 0).collect()
    }

    /// The refunded amounts per currency.
    #[must_use]
    pub fn refunded(&self) -> BTreeMap<Currency, u64> {
        self.book().refunded.clone()
    }

    /// What an order has paid and not got back.
    #[must_use]
    pub fn paid(&self, order_id: &str) -> u64 {
        self.book().paid.get(order_id).copied().unwrap_or_default()
    }

    /// The number of requests, repeats included.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.book().requests
    }

    /// Answers at once. The last value says whether the answer is lost on the way.
    #[must_use]
    pub fn decide(&self, request: &Request<Bytes>) -> (StatusCode, Value, bool) {
        let bad = |detail: &str| (StatusCode::BAD_REQUEST, json!({ "reason": detail }), false);
        let mut book = self.book();
        book.requests += 1;
        let Some(key) = request.headers().get("idempotency-key").and_then(|key| key.to_str().ok()) else {
            return bad("Idempotency-Key is missing");
        };
        let Ok(asked) = serde_json::from_slice::<Value>(request.body()) else {
            return bad("the body is not JSON");
        };
        if book.reversed.contains(key) {
            return (StatusCode::CONFLICT, json!({ "reason": "this key was reversed" }), false);
        }
        if let Some((before, status, answer)) = book.answers.get(key) {
            if *before != asked {
                let reason = json!({ "reason": "this key was used for another request" });
                return (StatusCode::UNPROCESSABLE_ENTITY, reason, false);
            }
            return (*status, answer.clone(), false);
        }
        let id = self.random.uuid();
        let (status, answer, lost) = match (request.method(), request.uri().path()) {
            (&Method::POST, "/charges") => match serde_json::from_value::<Charge>(asked.clone()) {
                Ok(charge) => book.charge(&charge, &id),
                Err(error) => return bad(&error.to_string()),
            },
            (&Method::POST, "/refunds") => match serde_json::from_value::<Refund>(asked.clone()) {
                Ok(refund) => book.refund(&refund, &id),
                Err(error) => return bad(&error.to_string()),
            },
            (&Method::POST, "/reversals") => match serde_json::from_value::<Reversal>(asked.clone()) {
                Ok(reversal) => book.reverse(reversal, &id),
                Err(error) => return bad(&error.to_string()),
            },
            _ => {
                let reason = json!({ "reason": "POST /charges, /refunds or /reversals" });
                return (StatusCode::NOT_FOUND, reason, false);
            }
        };
        book.answers.insert(key.to_owned(), (asked, status, answer.clone()));
        (status, answer, lost)
    }
}

impl payment::Gateway for Gateway {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, BoxError> {
        // A card takes 40 to 240 ms.
        self.clock.sleep(Duration::from_millis(40 + self.random.below(200))).await;
        let (status, body, lost) = self.decide(&request);
        if lost {
            self.clock.sleep(Duration::from_secs(2)).await;
            return Err(LostAnswer.into());
        }
        let mut response = Response::new(Bytes::from(body.to_string()));
        *response.status_mut() = status;
        Ok(response)
    }
}

impl Book {
    fn charge(&mut self, charge: &Charge, id: &str) -> (StatusCode, Value, bool) {
        if charge.token == "tok_declined" {
            return (StatusCode::PAYMENT_REQUIRED, json!({ "reason": "card_declined" }), false);
        }
        *self.captured.entry(charge.currency).or_default() += charge.amount;
        *self.paid.entry(charge.order_id.clone()).or_default() += charge.amount;
        // The gateway captures, but the first answer is lost.
        let lost = charge.token == "tok_timeout" && self.lost.insert(charge.order_id.clone());
        (StatusCode::CREATED, json!({ "chargeId": format!("ch_{id}") }), lost)
    }

    fn refund(&mut self, refund: &Refund, id: &str) -> (StatusCode, Value, bool) {
        let paid = self.paid.entry(refund.order_id.clone()).or_default();
        let Some(rest) = paid.checked_sub(refund.amount) else {
            let reason = json!({ "reason": "more than was captured" });
            return (StatusCode::UNPROCESSABLE_ENTITY, reason, false);
        };
        *paid = rest;
        *self.refunded.entry(refund.currency).or_default() += refund.amount;
        (StatusCode::CREATED, json!({ "refundId": format!("re_{id}") }), false)
    }

    /// The charge with a key goes back, where there was one. No charge is made with the key any more.
    fn reverse(&mut self, reversal: Reversal, id: &str) -> (StatusCode, Value, bool) {
        let charge = match self.answers.get(&reversal.charge_key) {
            Some((charge, StatusCode::CREATED, _)) => serde_json::from_value::<Refund>(charge.clone()).ok(),
            _ => None,
        };
        self.reversed.insert(reversal.charge_key);
        match charge {
            Some(charge) => self.refund(&charge, id),
            None => (StatusCode::CREATED, json!({}), false),
        }
    }
}

#[cfg(test)]
mod tests {
    use waxseal_local::Local;

    use super::*;

    fn post(gateway: &Gateway, path: &str, key: &str, body: Value) -> (StatusCode, Value) {
        let request = Request::post(path).header("idempotency-key", key);
        let (status, answer, _) = gateway.decide(&request.body(Bytes::from(body.to_string())).unwrap());
        (status, answer)
    }

    #[test]
    fn a_reversal_gives_back_by_key_and_no_charge_is_made_with_the_key_again() {
        let local = Local::builder().build();
        let gateway = Gateway::new(local.clock().clone(), local.random().clone());
        let charge = json!({"orderId": "o-1", "amount": 2500, "currency": "EUR", "token": "tok_visa"});
        let reversal = |key: &str| json!({"orderId": "o-1", "chargeKey": key});
        assert_eq!(post(&gateway, "/charges", "c-1", charge.clone()).0, StatusCode::CREATED);
        assert_eq!(gateway.paid("o-1"), 2500);
        let (status, answer) = post(&gateway, "/reversals", "r-1", reversal("c-1"));
        assert!(status == StatusCode::CREATED && answer["refundId"].is_string(), "{answer}");
        assert_eq!(post(&gateway, "/reversals", "r-1", reversal("c-1")), (status, answer), "the same key");
        // One that was never made.
        assert_eq!(post(&gateway, "/reversals", "r-2", reversal("c-2")), (StatusCode::CREATED, json!({})));
        for key in ["c-1", "c-2"] {
            assert_eq!(post(&gateway, "/charges", key, charge.clone()).0, StatusCode::CONFLICT);
        }
        assert_eq!((gateway.paid("o-1"), gateway.captured().len()), (0, 0));
    }
}
