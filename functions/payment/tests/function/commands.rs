//! `payment` in orchestration: the charge of `fulfilment`, its undo in every state, and returns.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use http::{Request, Response};
use order_events::{
    ChargeCard, Currency, PaymentCaptured, PaymentDeclined, PaymentRefunded, PaymentVoided, RefundCard,
    StockRestocked, Style,
};
use payment::{Gateway, Payment};
use serde_json::{Value, json};
use waxseal::{BoxError, Engine, Envelope, Message, Outcome, Raw, Timestamp, UNDOES, Undoes, lock::Lock};
use waxseal_testing::{Fixture, of_kind, raw};

/// A gateway that remembers charges by key, and reverses them by key.
#[derive(Default, Clone)]
struct Stand {
    charges: Arc<Lock<BTreeMap<String, u64>>>,
    /// The paths of the requests.
    requests: Arc<Lock<Vec<String>>>,
    /// Whether the next answer is lost after the act.
    losing: Arc<AtomicBool>,
}

impl Gateway for Stand {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, BoxError> {
        let key = request.headers()["idempotency-key"].to_str()?.to_owned();
        let body: Value = serde_json::from_slice(request.body())?;
        self.requests.lock().push(request.uri().path().to_owned());
        let (status, answer) = match (request.uri().path(), body["token"].as_str()) {
            ("/charges", Some("tok_declined")) => (402, json!({ "reason": "insufficient_funds" })),
            ("/charges", _) => {
                self.charges.lock().insert(key, body["amount"].as_u64().unwrap_or_default());
                (201, json!({ "chargeId": "ch_1" }))
            }
            ("/reversals", _) => {
                let charge = self.charges.lock().remove(body["chargeKey"].as_str().unwrap_or_default());
                (201, charge.map_or_else(|| json!({}), |_| json!({ "refundId": "re_reversed" })))
            }
            _ => {
                self.charges.lock().clear();
                (201, json!({ "refundId": "re_1" }))
            }
        };
        if self.losing.swap(false, Ordering::SeqCst) {
            return Err("connection reset by peer".into());
        }
        Ok(Response::builder().status(status).body(Bytes::from(answer.to_string()))?)
    }
}

fn engine(fixture: &Fixture, stand: &Stand) -> Engine {
    fixture.engine(payment::service(Style::Orchestration, stand.clone()))
}

fn sent<M: Message>(id: &str, data: M) -> Raw {
    Envelope::starting(id, "fulfilment", Timestamp::UNIX_EPOCH, data).into_raw().unwrap()
}

fn charge(amount: u64, token: &str) -> Raw {
    let (currency, payment_token) = (Currency::EUR, token.to_owned());
    sent("charge-1", ChargeCard { order_id: "ørdre-1".into(), amount, currency, payment_token })
}

fn undo(id: &str, amount: u64) -> Raw {
    let mut undo = sent(id, RefundCard { order_id: "ørdre-1".into(), amount, currency: Currency::EUR });
    let undoes = Undoes {
        id: "charge-1".into(),
        source: "fulfilment".into(),
        sent: Timestamp::UNIX_EPOCH,
        is_acknowledged: false,
    };
    undo.metadata.insert(UNDOES.to_owned(), serde_json::to_value(undoes).unwrap());
    undo
}

#[tokio::test]
async fn an_undo_refunds_what_was_captured_once_and_answers_each_time() {
    let (fixture, stand) = (Fixture::default(), Stand::default());
    let engine = engine(&fixture, &stand);
    engine.handle(&charge(2500, "tok_visa")).await.unwrap();
    assert_eq!(of_kind::<PaymentCaptured>(&fixture.table.take_emitted())[0].amount, 2500);
    for id in ["u-1", "u-1", "u-2"] {
        engine.handle(&undo(id, 2500)).await.unwrap();
    }
    assert!(stand.charges.lock().is_empty());
    assert_eq!(*stand.requests.lock(), ["/charges", "/refunds"]);
    let emitted = fixture.table.take_emitted();
    let refunded = of_kind::<PaymentRefunded>(&emitted);
    assert_eq!((refunded.len(), refunded[0].amount), (1, 2500));
    // The second undo found nothing to give back, and says so.
    assert_eq!(of_kind::<PaymentVoided>(&emitted).len(), 1);
}

#[tokio::test]
async fn an_undo_of_a_declined_charge_or_of_none_asks_for_nothing() {
    for (amount, token) in [(2500, "tok_declined"), (0, "tok_visa")] {
        let (fixture, stand) = (Fixture::default(), Stand::default());
        let engine = engine(&fixture, &stand);
        engine.handle(&charge(amount, token)).await.unwrap();
        assert_eq!(of_kind::<PaymentDeclined>(&fixture.table.take_emitted()).len(), usize::from(amount > 0));
        let asked = stand.requests.lock().len();
        engine.handle(&undo("u-1", amount)).await.unwrap();
        assert_eq!(stand.requests.lock().len(), asked);
        let emitted = fixture.table.take_emitted();
        let answers = of_kind::<PaymentVoided>(&emitted).len() + of_kind::<PaymentRefunded>(&emitted).len();
        assert_eq!(answers, 1);
    }
}

#[tokio::test]
async fn s72_an_undo_reverses_a_charge_whose_answer_was_lost() {
    let (fixture, stand) = (Fixture::default(), Stand::default());
    stand.losing.store(true, Ordering::SeqCst);
    assert!(!engine(&fixture, &stand).handle(&charge(2500, "tok_visa")).await.unwrap_err().is_permanent());
    assert_eq!(stand.charges.lock().len(), 1, "the money is taken, and no record says so");
    fixture.host.set(Timestamp::from_second(45).unwrap());
    engine(&fixture, &stand).handle(&undo("u-1", 2500)).await.unwrap();
    assert!(stand.charges.lock().is_empty());
    assert_eq!(of_kind::<PaymentRefunded>(&fixture.table.take_emitted())[0].amount, 2500);
    let payment = engine(&fixture, &stand).state_of::<Payment>("ørdre-1").await.unwrap().state;
    assert!(matches!(payment, Some(Payment::Refunded { amount: 2500, .. })), "{payment:?}");
    let late = engine(&fixture, &stand).handle(&charge(2500, "tok_visa")).await.unwrap();
    assert_eq!((late, stand.charges.lock().len()), (Outcome::Duplicate, 0));
}

#[tokio::test]
async fn s72_an_undo_that_overtakes_its_charge_leaves_nothing_charged() {
    let (fixture, stand) = (Fixture::default(), Stand::default());
    let engine = engine(&fixture, &stand);
    engine.handle(&undo("u-1", 2500)).await.unwrap();
    assert_eq!(of_kind::<PaymentVoided>(&fixture.table.take_emitted()).len(), 1);
    assert_eq!(engine.handle(&charge(2500, "tok_visa")).await.unwrap(), Outcome::Duplicate);
    assert_eq!(*stand.requests.lock(), ["/reversals"]);
}

#[tokio::test]
async fn a_returned_order_is_refunded_once_and_one_that_paid_nothing_is_refused() {
    for style in Style::ALL {
        let (fixture, stand) = (Fixture::default(), Stand::default());
        let engine = fixture.engine(payment::service(style, stand.clone()));
        let restocked = |id: &str| raw(id, StockRestocked { order_id: "ørdre-1".into() });
        assert!(engine.handle(&restocked("r-0")).await.unwrap_err().is_permanent(), "{style}");
        match style {
            Style::Choreography => {
                let (total, currency) = (2500, Currency::EUR);
                let (order_id, payment_token) = ("ørdre-1".to_owned(), "tok_visa".to_owned());
                let reserved = order_events::StockReserved { order_id, total, currency, payment_token };
                engine.handle(&raw("e-1", reserved)).await.unwrap();
            }
            Style::Orchestration => drop(engine.handle(&charge(2500, "tok_visa")).await.unwrap()),
        }
        for id in ["r-1", "r-1", "r-2"] {
            engine.handle(&restocked(id)).await.unwrap();
        }
        assert_eq!(*stand.requests.lock(), ["/charges", "/refunds"], "{style}");
        assert_eq!(of_kind::<PaymentRefunded>(&fixture.table.take_emitted())[0].amount, 2500, "{style}");
    }
}
